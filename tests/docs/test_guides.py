"""What a guide tells people to type is what the server uses; what it says we answer, we answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import urllib3

from headcount.directory.tokens import Wish
from headcount.scim.operations import read_target
from headcount.scim.schemas import ENTERPRISE_URN, ROLES, USER_TYPE, USER_URN
from headcount.simulate import PROVIDERS
from headcount.store.model import EventType, Policy, UsernameFormat
from headcount.tolerance import TOLERANT
from headcount.web.address import PREFIX
from tests.docs.pages import ERRORS, ROOT, Page
from tests.serving import Site
from tests.web.client import Client, client, patch

GUIDES = {
    path.stem: Page(path)
    for path in sorted((ROOT / "docs" / "connect").glob("*.md"))
    if path.stem not in {"README", "errors"}
}
URN = re.compile(r"urn:[\w:.-]+")
PATH = re.compile(r"(?:[a-z]\w+)(?:\.[a-z]\w+|\[[^\]]+\](?:\.\w+)?)")


def test_there_is_a_guide_for_every_provider_that_is_promised() -> None:
    expected = {"okta", "entra", "onelogin", "jumpcloud", "google", "ping", "keycloak"}
    assert set(GUIDES) == expected | {"authentik", "generic"}


@pytest.mark.parametrize("name", GUIDES)
def test_the_address_the_token_and_the_roles_are_ours(name: str) -> None:
    page = GUIDES[name]
    assert f"`https://yourorganisation.example.com{PREFIX}`" in page.text
    for role in ROLES:
        assert f"`{role}`" in page.text, role
    assert "headcount token issue yourorganisation --label" in page.text


@pytest.mark.parametrize("name", GUIDES)
def test_every_urn_and_path_of_a_guide_exists(name: str) -> None:
    spans = [*GUIDES[name].spans(), *re.findall(r"`([^`\n]+)`", GUIDES[name].text)]
    for span in spans:
        if URN.fullmatch(span):
            assert span in {USER_URN, ENTERPRISE_URN}, span
        elif span in set(EventType):
            continue
        elif PATH.fullmatch(span):
            assert read_target(span, USER_TYPE, TOLERANT) is not None, span


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_lets_its_provider_be_played(name: str) -> None:
    (played,) = re.findall(r"headcount simulate (\S+)", GUIDES[name].blocks("sh")[-1].text)
    assert played == name
    assert name == "okta" or name in PROVIDERS


ADA = {"userName": "ada@acme.test"}
Provoke = Callable[[Site, Client], urllib3.BaseHTTPResponse]


def _ended(site: Site, _: Client) -> urllib3.BaseHTTPResponse:
    token = site.issue("ended")
    kept = site.kept("ended")
    site.office.change(lambda runtime: runtime.organisations.revoke(site.slug, kept.id))
    return Client(site.base_url, token)("GET", "/Users")


def _expired(site: Site, _: Client) -> urllib3.BaseHTTPResponse:
    wish = Wish("short", timedelta(microseconds=1))
    token, _kept = site.office.do(lambda runtime: runtime.organisations.issue(site.slug, wish))
    return Client(site.base_url, token)("GET", "/Users")


def _disabled(site: Site, ask: Client) -> urllib3.BaseHTTPResponse:
    site.office.change(lambda runtime: runtime.organisations.set_disabled(site.slug, disabled=True))
    return ask("GET", "/Users")


def _limited(policy: Policy, body: dict[str, Any]) -> Provoke:
    def provoke(site: Site, ask: Client) -> urllib3.BaseHTTPResponse:
        site.office.change(lambda runtime: runtime.organisations.update(site.slug, None, policy))
        return ask("POST", "/Users", body)

    return provoke


def _twice(path: str, body: dict[str, Any]) -> Provoke:
    def provoke(_: Site, ask: Client) -> urllib3.BaseHTTPResponse:
        ask("POST", path, body)
        return ask("POST", path, body)

    return provoke


def _last_owner(_: Site, ask: Client) -> urllib3.BaseHTTPResponse:
    ada = ask.create("ada", role="owner")
    return ask("PATCH", f"/Users/{ada}", patch({"op": "replace", "value": {"active": False}}))


def _stale(_: Site, ask: Client) -> urllib3.BaseHTTPResponse:
    ada = ask.create("ada")
    return ask("PUT", f"/Users/{ada}", {"userName": "ada"}, If_Match='W/"7"')


PROVOKED: dict[str, Provoke] = {
    "the request carries no token": lambda site, _: Client(site.base_url, None)("GET", "/Users"),
    "the token is not known here": lambda site, _: Client(site.base_url, "x")("GET", "/Users"),
    "was revoked; ask for a new one": _ended,
    "has expired; ask for a new one": _expired,
    "provisioning is switched off": _disabled,
    "this token may only read": lambda site, _: Client(site.base_url, site.issue(read_only=True))(
        "POST", "/Users", ADA
    ),
    "seats of the organisation are taken": _limited(Policy(seats=0), ADA),
    "a SCIM base address ends in /scim/v2": lambda _, ask: ask("GET", "/Robots"),
    "there is no User with the id": lambda _, ask: ask("GET", "/Users/nobody"),
    "belongs to another User": _twice("/Users", ADA),
    "belongs to another Group": _twice("/Groups", {"displayName": "crew"}),
    "the last active owner": _last_owner,
    "does not exist; it must be one of": lambda _, ask: ask(
        "POST", "/Users", {**ADA, "role": "king"}
    ),
    "userName must be an e-mail address": _limited(
        Policy(username_format=UsernameFormat.EMAIL), {"userName": "ada"}
    ),
    "is not of a domain that this organisation allows": _limited(
        Policy(allowed_domains=("other.test",)), ADA
    ),
    "active must be true or false": lambda _, ask: ask("POST", "/Users", {**ADA, "active": "no"}),
    "userName is required and must not be empty": lambda _, ask: ask("POST", "/Users", {}),
    "has no account or group with the id": lambda _, ask: ask(
        "POST", "/Groups", {"displayName": "crew", "members": [{"value": "nobody"}]}
    ),
    "/Schemas lists what can be filtered": lambda _, ask: ask(
        "GET", "/Users?filter=mail%20eq%20%22a%22"
    ),
    "read it again and repeat the change": _stale,
}
ELSEWHERE = {
    "the token belongs to another organisation",  # tests/web/test_access.py: needs host names
    "send it in smaller parts",  # tests/web/test_protocol.py: needs ten megabytes
}


@pytest.mark.parametrize("sentence", PROVOKED)
def test_a_refusal_is_worded_as_the_page_says(site: Site, sentence: str) -> None:
    rows = {row[1]: row[0] for row in ERRORS.rows("Status")}
    answer = PROVOKED[sentence](site, client(site))
    assert str(answer.status) == rows[sentence]
    assert sentence in answer.json()["detail"]


def test_every_refusal_of_the_page_is_provoked() -> None:
    assert {row[1] for row in ERRORS.rows("Status")} == set(PROVOKED) | ELSEWHERE
