"""Who gets in, where, and what they can never see."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from headcount.directory.tokens import written
from headcount.store.model import Policy
from tests.serving import Office, Site, serving, settle
from tests.web.client import Client, client, patch, refused

pytestmark = pytest.mark.shows("F4", "F5", "RFC 7644 2", "RFC 7644 6")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YWRhOnNlY3JldA==",
        "Bearer wrong",
        "Bearer \xff\xfe",
        "Bearer " + written(b"\0" * 32),
        written(b"\0" * 32),
    ],
)
def test_without_a_token_of_ours_nobody_gets_in(site: Site, header: str | None) -> None:
    ask = Client(site.base_url, None, {} if header is None else {"Authorization": header})
    for method, path in [("GET", "/Users"), ("POST", "/Users"), ("GET", "/nowhere")]:
        answer = ask(method, path)
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER  {}", "{}"])
def test_the_word_before_the_token_may_be_written_in_any_way(site: Site, form: str) -> None:
    ask = Client(site.base_url, None, {"Authorization": form.format(site.token)})
    assert ask("GET", "/Users").status == 200


def test_a_revoked_token_opens_nothing_from_the_next_request_on(site: Site) -> None:
    token = site.issue("old")
    ask = Client(site.base_url, token)
    assert ask("GET", "/Users").status == 200
    kept = site.kept("old")
    site.office.change(lambda runtime: runtime.organisations.revoke(site.slug, kept.id))
    assert "revoked" in refused(ask("GET", "/Users"), 401)
    assert client(site)("GET", "/Users").status == 200


def test_the_last_use_of_a_token_is_noted(site: Site) -> None:
    ask = Client(site.base_url, site.issue("used"))
    assert ask("GET", "/Users").status == 200
    until = time.monotonic() + 20
    while site.kept("used").last_used is None:
        assert time.monotonic() < until, "it was never noted"


def test_a_read_only_token_reads_and_changes_nothing(site: Site) -> None:
    ada = client(site).create("ada")
    ask = Client(site.base_url, site.issue(read_only=True))
    assert ask("GET", f"/Users/{ada}").status == 200
    assert ask("POST", "/Users/.search", {}).json()["totalResults"] == 1
    for method, path, body in [
        ("POST", "/Users", {"userName": "bob"}),
        ("PUT", f"/Users/{ada}", {"userName": "bob"}),
        ("PATCH", f"/Users/{ada}", patch()),
        ("DELETE", f"/Users/{ada}", None),
        ("POST", "/Groups", {"displayName": "g"}),
    ]:
        assert "only read" in refused(ask(method, path, body), 403)
    assert site.events() == ["account.created"]


def test_a_disabled_organisation_is_closed_until_it_is_enabled(site: Site) -> None:
    ask = client(site)
    ask.create("ada")
    for disabled, status in ((True, 403), (False, 200)):
        _set_disabled(site, disabled=disabled)
        for path in ("/Users", "/Schemas", "/Users?count=0"):
            assert ask("GET", path).status == status
    _set_disabled(site, disabled=True)
    assert "switched off" in refused(ask("POST", "/Users", {"userName": "bob"}), 403)


def _set_disabled(site: Site, *, disabled: bool) -> None:
    slug = site.slug
    site.office.change(lambda runtime: runtime.organisations.set_disabled(slug, disabled=disabled))


def test_nothing_of_another_organisation_can_be_seen_or_touched(
    site: Site, settled: Callable[[Policy], Site]
) -> None:
    mine, theirs = client(site), client(settled(Policy()))
    ada = theirs.create("ada", externalId="7", emails=[{"value": "a@x.test"}])
    group = theirs.create_group("pioneers", ada)
    for kind, known in (("Users", ada), ("Groups", group)):
        for method, body in (
            ("GET", None),
            ("PUT", {"userName": "x", "displayName": "x"}),
            ("PATCH", patch({"op": "replace", "path": "displayName", "value": "x"})),
            ("DELETE", None),
        ):
            one = refused(mine(method, f"/{kind}/{known}", body), 404)
            other = refused(mine(method, f"/{kind}/nobody", body), 404)
            assert one.replace(known, "nobody") == other
    for path in (
        "/Users",
        "/Groups",
        f'/Users?filter=id eq "{ada}"',
        '/Users?filter=externalId eq "7"',
        '/Users?filter=emails.value eq "a@x.test"',
        f'/Users?filter=groups.value eq "{group}"',
        f'/Groups?filter=members.value eq "{ada}"',
    ):
        assert mine("GET", path.replace(" ", "%20")).json()["totalResults"] == 0
    assert mine("POST", "/.search", {}).json()["totalResults"] == 0
    body = {"displayName": "mine", "members": [{"value": ada}]}
    assert ada in refused(mine("POST", "/Groups", body), 400, "invalidValue")
    mine.create("ada")  # their names are not taken here
    assert theirs("GET", f"/Users/{ada}").json()["groups"][0]["value"] == group


@pytest.fixture(scope="module")
def by_host(another_database: Callable[[], str]) -> Iterator[tuple[Site, Site]]:
    database = another_database()
    with serving(database, HEADCOUNT_BASE_DOMAIN="example.com") as base_url:
        office = Office(database)
        yield settle(base_url, office), settle(base_url, office)
        office.close()


def test_a_host_name_names_the_organisation(by_host: tuple[Site, Site]) -> None:
    site, other = by_host
    ask = client(site)
    for host in (f"{site.slug}.example.com", f"{site.slug.upper()}.EXAMPLE.com:443", "example.com"):
        answer = ask("GET", "/ServiceProviderConfig", Host=host)
        assert answer.status == 200
        location = f"http://{host}/scim/v2/ServiceProviderConfig"
        assert answer.json()["meta"]["location"] == location
    for host in (f"{other.slug}.example.com", "nobody.example.com", "a.b.example.com"):
        assert "another organisation" in refused(ask("GET", "/Users", Host=host), 401)


def test_a_host_name_is_never_written_into_an_answer_unchecked(by_host: tuple[Site, Site]) -> None:
    ask = client(by_host[0])
    for host in ('"x', "a b", "<script>", "x/y", "é"):
        answer = ask("GET", "/ServiceProviderConfig", Host=host)
        assert answer.status in {200, 400}
        if answer.status == 200:
            assert answer.json()["meta"]["location"].startswith("http://localhost/scim/v2")


def test_a_proxy_on_this_machine_may_tell_the_scheme(by_host: tuple[Site, Site]) -> None:
    answer = client(by_host[0])("GET", "/Schemas", Host="example.com", X_Forwarded_Proto="https")
    assert answer.json()["Resources"][0]["meta"]["location"].startswith("https://example.com/")


def test_secrets_are_in_no_answer_and_no_event(site: Site) -> None:
    ask = client(site)
    body = {"userName": "ada", "password": "correct horse", "active": True}
    ada = ask.create(name="ada", password="correct horse")
    answers = [
        ask("GET", f"/Users/{ada}"),
        ask("PUT", f"/Users/{ada}", body),
        ask("PATCH", f"/Users/{ada}", patch({"op": "add", "path": "password", "value": "hor"})),
        ask("PATCH", f"/Users/{ada}", patch({"op": "add", "path": "password", "value": ["horse"]})),
        ask("POST", "/Users", {"userName": "bob", "password": {"x": "horse"}}),
        ask("GET", '/Users?filter=password%20eq%20"correct%20horse"'),
        ask("GET", "/Users?attributes=password"),
    ]
    for answer in answers:
        assert b"horse" not in answer.data or answer.status == 400
        assert site.token.encode() not in answer.data
    assert not any(b"horse" in answer.data for answer in answers[:4])
    assert not any("horse" in str(replace(one)) for one in site.feed())
