"""Every address with every key: what opens what is tried for each row of the table of routes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import urllib3

from headcount.api.routes import ORGANISATION, ROUTES, Route
from headcount.directory.keys import Scope
from headcount.store.model import Policy
from tests.api.client import Client, at, issue, refused
from tests.serving import Site
from tests.web.client import client as scim_client

NAMES = [f"{route.method} {route.path}" for route in ROUTES]

BODIES: dict[str, Any] = {
    "create_organisation": {"slug": "made-by-a-key", "name": "Made"},
    "change_organisation": {"name": "Changed"},
    "put_link": {"application_id": "user-17"},
    "issue_token": {"label": "okta"},
}
ASKED: dict[str, dict[str, str]] = {
    "match_accounts": {"user_name": "ada@acme.test"},
    "find_link": {"application_id": "user-17"},
}
"""What belongs into a request, so that it would succeed."""

EXPECTED = {
    "GET /organisations": Scope.ORGANISATIONS_READ,
    "POST /organisations": Scope.ORGANISATIONS_WRITE,
    "GET /organisations/{slug}": Scope.ORGANISATIONS_READ,
    "PATCH /organisations/{slug}": Scope.ORGANISATIONS_WRITE,
    "GET /organisations/{slug}/accounts": Scope.ACCOUNTS_READ,
    "GET /organisations/{slug}/accounts/match": Scope.ACCOUNTS_READ,
    "GET /organisations/{slug}/accounts/{id}": Scope.ACCOUNTS_READ,
    "GET /organisations/{slug}/accounts/{id}/link": Scope.ACCOUNTS_READ,
    "PUT /organisations/{slug}/accounts/{id}/link": Scope.ACCOUNTS_WRITE,
    "DELETE /organisations/{slug}/accounts/{id}/link": Scope.ACCOUNTS_WRITE,
    "GET /organisations/{slug}/link": Scope.ACCOUNTS_READ,
    "GET /organisations/{slug}/groups": Scope.GROUPS_READ,
    "GET /organisations/{slug}/groups/{id}": Scope.GROUPS_READ,
    "GET /organisations/{slug}/groups/{id}/members": Scope.GROUPS_READ,
    "GET /organisations/{slug}/tokens": Scope.TOKENS_READ,
    "POST /organisations/{slug}/tokens": Scope.TOKENS_WRITE,
    "DELETE /organisations/{slug}/tokens/{id}": Scope.TOKENS_WRITE,
    "GET /organisations/{slug}/events": Scope.EVENTS_READ,
    "GET /organisations/{slug}/events/stream": Scope.EVENTS_READ,
    "GET /organisations/{slug}/snapshot": Scope.EVENTS_READ,
}


@dataclass(frozen=True)
class Ground:
    """An organisation with one of each."""

    site: Site
    account: str
    group: str

    def send(self, client: Client, route: Route, slug: str) -> int:
        """The status of a request that has everything it needs but, perhaps, the right key."""
        resource = self.account
        if "/groups/" in route.path:
            resource = self.group
        if "/tokens/" in route.path:
            resource = self.site.kept("test").id
        path = route.path.format(slug=slug, id=resource)
        name = route.handler.__name__
        if name == "stream_events":
            with Client(client.base_url, client.key, slug).stream("/events/stream") as begun:
                return begun.status
        answer = client(route.method, path, BODIES.get(name), **ASKED.get(name, {}))
        if answer.status >= 400:
            refused(answer, answer.status)
        return int(answer.status)


@pytest.fixture
def ground(site: Site) -> Ground:
    scim = scim_client(site)
    account = scim.create("ada@acme.test")
    group = scim.create_group("Pioneers", account)
    everything = at(site, issue(site)[0])
    path = f"/organisations/{site.slug}/accounts/{account}/link"
    assert everything("PUT", path, {"application_id": "user-17"}).status == 200
    return Ground(site, account, group)


def test_each_address_has_its_row_and_its_scope() -> None:
    assert {name: route.scope for name, route in zip(NAMES, ROUTES, strict=True)} == EXPECTED
    written = {name for name, route in zip(NAMES, ROUTES, strict=True) if route.method != "GET"}
    assert {name for name, scope in EXPECTED.items() if scope.endswith(":write")} == written


def test_a_key_opens_what_its_scope_names_and_nothing_else(ground: Ground) -> None:
    for scope in Scope:
        client = at(ground.site, issue(ground.site, scope)[0])
        for route in ROUTES:
            if route.scope is not scope:
                assert ground.send(client, route, ground.site.slug) == 403, (scope, route)
        for route in ROUTES:
            if route.scope is scope:
                created = route.handler.__name__ == "create_organisation"  # by a key of one
                wanted = 403 if created else route.status
                assert ground.send(client, route, ground.site.slug) == wanted, (scope, route)


def test_a_key_of_one_organisation_sees_no_other(
    ground: Ground, settled: Callable[[Policy], Site]
) -> None:
    other = settled(Policy())
    client = at(ground.site, issue(other)[0])
    for route in ROUTES:
        if ORGANISATION in route.path:
            assert ground.send(client, route, ground.site.slug) == 404, route
            assert ground.send(client, route, "nobody") == 404, route
    listed = client("GET", "/organisations").json()["organisations"]
    assert [one["slug"] for one in listed] == [other.slug]


def test_what_is_no_key_or_opens_nothing_any_more_opens_nothing(ground: Ground) -> None:
    site = ground.site
    ended, kept = issue(site)
    site.office.change(lambda runtime: runtime.keys.revoke(kept.id))
    over, _ = issue(site, lifetime=timedelta(milliseconds=1))
    whole, _ = issue(site)
    for key in (None, "x", site.token, ended, over, whole[:-1], whole + "x", f"{whole} x"):
        for route in ROUTES:
            assert ground.send(at(site, key), route, site.slug) == 401, (key, route)


def test_why_a_key_opens_nothing_is_told(site: Site) -> None:
    ended, kept = issue(site)
    site.office.change(lambda runtime: runtime.keys.revoke(kept.id))
    over, _ = issue(site, lifetime=timedelta(milliseconds=1))
    for key, said in (
        (None, "the request carries no key"),
        (site.token, "this is a token of an identity provider, which opens /scim/v2 alone"),
        (ended, "the key 'test' was revoked"),
        (over, "the key 'test' has expired"),
        (ended[:-1], "the key is not known here"),
    ):
        answer = at(site, key)("GET", "/organisations")
        assert said in refused(answer, 401)
        assert answer.headers["www-authenticate"] == 'Bearer realm="Headcount"'


def test_a_key_opens_no_address_of_scim_and_is_told_so(site: Site) -> None:
    key, _ = issue(site)
    answer = urllib3.request(
        "GET", f"{site.base_url}/Users", headers={"Authorization": f"Bearer {key}"}
    )
    assert answer.status == 401
    assert "this is a key for the HTTP API at /api/v1" in answer.json()["detail"]


def test_a_key_for_all_opens_every_organisation(
    ground: Ground, settled: Callable[[Policy], Site]
) -> None:
    other = settled(Policy())
    client = at(ground.site, issue(ground.site, everywhere=True)[0])
    for slug in (ground.site.slug, other.slug):
        assert client("GET", f"/organisations/{slug}").json()["slug"] == slug


def test_when_a_key_was_last_used_is_noted(site: Site) -> None:
    key, kept = issue(site)
    assert at(site, key)("GET", "/organisations").status == 200
    found = site.office.do(lambda runtime: runtime.keys.all())
    assert next(one for one in found if one.id == kept.id).last_used is not None
