"""Accounts, groups, links, organisations and tokens over HTTP."""

from typing import Any

import pytest

from tests.api.client import Client, client, refused
from tests.serving import Site
from tests.web.client import Client as ScimClient, client as scim_client


def pages(api: Client, path: str, name: str, limit: int = 2, **asked: str) -> list[list[Any]]:
    """What each page of a list holds."""
    found: list[list[Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.here(path, limit=limit, cursor=cursor, **asked)
        found.append(page[name])
        cursor = page["next_cursor"]
    return found


def test_accounts_are_paged_the_oldest_first(api: Client, scim: ScimClient) -> None:
    ids = [scim.create(f"person-{number}@acme.test") for number in range(5)]
    found = pages(api, "/accounts", "accounts")
    assert [[one["id"] for one in page] for page in found] == [ids[:2], ids[2:4], ids[4:]]
    assert api.here("/accounts", limit=1)["total"] == 5


def test_accounts_are_filtered_as_in_scim(api: Client, scim: ScimClient) -> None:
    scim.create("ada@acme.test", active=False)
    bob = scim.create("bob@acme.test", active=True)
    found = api.here("/accounts", filter='active eq true and userName co "acme"')
    assert [one["id"] for one in found["accounts"]] == [bob]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"filter": "active"}, "filter"),
        ({"filter": 'shoeSize eq "9"'}, "shoeSize"),
        ({"cursor": "nonsense"}, "the cursor does not belong to this list"),
        ({"limit": 0}, "limit should be greater than or equal to 1"),
        ({"startIndex": 1}, "'startIndex' is no parameter of this address"),
    ],
)
def test_what_no_list_is_is_told_in_a_sentence(
    site: Site, api: Client, asked: dict[str, Any], said: str
) -> None:
    assert said in refused(api("GET", f"/organisations/{site.slug}/accounts", **asked), 400)


def test_an_account_is_told_as_in_scim_with_its_groups(api: Client, scim: ScimClient) -> None:
    ada = scim.create("ada@acme.test", title="Countess", externalId="00u1")
    group = scim.create_group("Pioneers", ada)
    told = api.here(f"/accounts/{ada}")
    assert (told["id"], told["userName"], told["title"]) == (ada, "ada@acme.test", "Countess")
    assert told["groups"] == [{"value": group, "type": "direct", "display": "Pioneers"}]
    assert set(told["meta"]) == {"resourceType", "created", "lastModified", "version"}
    assert api.here("/accounts")["accounts"] == [told]


def test_a_group_is_told_without_its_members_who_are_paged(api: Client, scim: ScimClient) -> None:
    people = [scim.create(f"person-{number}@acme.test") for number in range(3)]
    inner = scim.create_group("Inner")
    group = scim.create_group("Outer", *people, inner)
    told = api.here(f"/groups/{group}")
    assert told["displayName"] == "Outer"
    assert "members" not in told
    assert told in api.here("/groups")["groups"]
    found = [one for page in pages(api, f"/groups/{group}/members", "members") for one in page]
    kinds = dict.fromkeys(people, "User") | {inner: "Group"}
    assert found == [{"value": one, "type": kinds[one]} for one in sorted(kinds)]


@pytest.mark.parametrize(
    "path",
    ["/accounts/{}", "/groups/{}", "/groups/{}/members", "/accounts/{}/link", "/nothing"],
)
@pytest.mark.parametrize("name", ["nobody", "...", "%00", "%ED%A0%80", "a/b"])
def test_what_is_not_there_is_told_so(site: Site, api: Client, path: str, name: str) -> None:
    answer = api("GET", f"/organisations/{site.slug}{path.format(name)}")
    refused(answer, 400 if name == "%00" and "{}" in path else 404)


def test_people_are_matched_by_whatever_is_known_of_them(api: Client, scim: ScimClient) -> None:
    ada = scim.create(
        "ada@acme.test", externalId="00u1", emails=[{"value": "Ada@mail.test", "type": "work"}]
    )
    bob = scim.create("bob@acme.test")
    path = f"/organisations/{api.slug}/accounts/{bob}/link"
    assert api("PUT", path, {"application_id": "17"}).status == 200
    for asked, by, who in (
        ({"external_id": "00u1"}, "external_id", [ada]),
        ({"user_name": "ADA@acme.test"}, "user_name", [ada]),
        ({"email": "ada@MAIL.test"}, "email", [ada]),
        ({"external_id": "x", "user_name": "bob@acme.test", "email": "y"}, "user_name", [bob]),
        ({"application_id": "17", "external_id": "00u1"}, "application_id", [bob]),
        ({"application_id": "18", "user_name": 'a"b\\'}, None, []),
    ):
        told = api.here("/accounts/match", **asked)
        assert (told["by"], [one["id"] for one in told["accounts"]]) == (by, who)
    said = refused(api("GET", f"/organisations/{api.slug}/accounts/match"), 400)
    assert said == "say whom to look for: application_id, external_id, user_name or email"


def test_an_account_is_linked_to_what_the_application_calls_it(
    api: Client, scim: ScimClient
) -> None:
    ada, bob = scim.create("ada@acme.test"), scim.create("bob@acme.test")
    path = f"/organisations/{api.slug}/accounts"
    link = api("PUT", f"{path}/{ada}/link", {"application_id": "user/17 ä"}).json()
    assert (link["account"], link["application_id"]) == (ada, "user/17 ä")
    assert api.here(f"/accounts/{ada}/link") == link
    assert api.here("/link", application_id="user/17 ä") == link
    said = refused(api("PUT", f"{path}/{bob}/link", {"application_id": "user/17 ä"}), 409)
    assert "is linked to another account" in said
    refused(api("PUT", f"{path}/nobody/link", {"application_id": "18"}), 404)
    assert b"user/17" not in scim("GET", f"/Users/{ada}").data
    assert scim("DELETE", f"/Users/{ada}").status == 204
    assert api.here("/link", application_id="user/17 ä") == link
    assert api.here("/accounts/match", application_id="user/17 ä")["accounts"] == []
    assert api("PUT", f"{path}/{bob}/link", {"application_id": "user/17 ä"}).status == 200
    assert api("DELETE", f"{path}/{bob}/link").status == 204
    refused(api("DELETE", f"{path}/{bob}/link"), 404)
    refused(api("GET", f"/organisations/{api.slug}/link", application_id="user/17 ä"), 404)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body must be one JSON object"),
        (b"{", "the body is not JSON"),
        (b"[]", "the body"),
        (b"[" * 100_000, "the body"),
        (b"\xff", "the body"),
        ({}, "application_id is missing in the body"),
        ({"application_id": ""}, "application_id"),
        ({"application_id": "x" * 201}, "application_id"),
        ({"application_id": "a\nb"}, "application_id"),
        ({"application_id": "a\0b"}, "the character U+0000"),
        ({"application_id": 17}, "application_id should be a valid string, not '17'"),
        ({"application_id": "17", "note": 1}, "'note' is nothing that belongs into the body"),
        (b'{"application_id": "\\ud800"}', "application_id"),
    ],
)
def test_a_body_that_is_not_what_belongs_there_is_told_in_a_sentence(
    api: Client, scim: ScimClient, body: Any, said: str
) -> None:
    ada = scim.create("ada@acme.test")
    answer = api("PUT", f"/organisations/{api.slug}/accounts/{ada}/link", body)
    assert said in refused(answer, 400)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Client) -> None:
    answer = api("POST", "/organisations", b" " * (10 * 1024 * 1024 + 1))
    assert "larger than 10485760 bytes" in refused(answer, 413)


def test_an_organisation_is_created_changed_disabled_and_enabled(site: Site) -> None:
    api = client(site, everywhere=True)
    slug = f"{site.slug}-new"
    made = api("POST", "/organisations", {"slug": slug, "name": "New", "seats": 5})
    assert made.status == 201
    assert (made.json()["seats"], made.json()["disabled"]) == (5, False)
    refused(api("POST", "/organisations", {"slug": slug, "name": "New"}), 409)
    path = f"/organisations/{slug}"
    changed = api("PATCH", path, {"allowed_domains": ["new.test"], "disabled": True}).json()
    assert (changed["allowed_domains"], changed["seats"], changed["disabled"]) == (
        ["new.test"],
        5,
        True,
    )
    enabled = api("PATCH", path, {"seats": None, "disabled": False}).json()
    assert (enabled["seats"], enabled["disabled"], enabled["name"]) == (None, False, "New")
    assert api("GET", path).json() == enabled
    noted = site.office.do(lambda runtime: runtime.store.audited(None, None, 9))
    assert {one.actor.partition(":")[0] for one in noted[:4]} == {"key"}


def test_organisations_are_paged_by_slug(site: Site) -> None:
    api = client(site, everywhere=True)
    for name in "abc":
        api("POST", "/organisations", {"slug": f"{site.slug}-{name}", "name": name})
    found, cursor = [], site.slug
    while cursor is not None and cursor.startswith(site.slug):
        page = api("GET", "/organisations", limit=2, cursor=cursor).json()
        found += [one["slug"] for one in page["organisations"]]
        cursor = page["next_cursor"]
    ours = [slug for slug in found if slug.startswith(f"{site.slug}-")]
    assert ours == [f"{site.slug}-{name}" for name in "abc"]


def test_what_an_application_may_read_goes_on_while_the_organisation_is_disabled(
    site: Site, api: Client, scim: ScimClient
) -> None:
    ada = scim.create("ada@acme.test")
    site.office.change(lambda runtime: runtime.organisations.set_disabled(site.slug, disabled=True))
    assert scim("GET", "/Users").status == 403
    assert api.here(f"/accounts/{ada}")["id"] == ada
    assert len(api.here("/accounts")["accounts"]) == 1
    assert len(api.here("/events")["events"]) == 1


def test_tokens_are_issued_listed_and_revoked(site: Site, api: Client) -> None:
    made = api("POST", f"/organisations/{site.slug}/tokens", {"label": "okta"})
    assert made.status == 201
    token = made.json()
    scim = scim_client(Site(site.base_url, token["token"], site.slug, site.office))
    site.office.change(lambda runtime: runtime.store.ready())
    assert scim("GET", "/Users").status == 200
    listed = [one for page in pages(api, "/tokens", "tokens", limit=1) for one in page]
    assert [one["label"] for one in listed] == ["test", "okta"]
    assert token["token"] not in str(listed)
    ended = api("DELETE", f"/organisations/{site.slug}/tokens/{token['id']}").json()
    assert ended["revoked"] is not None
    site.office.change(lambda runtime: runtime.store.ready())
    assert scim("GET", "/Users").status == 401
    refused(api("DELETE", f"/organisations/{site.slug}/tokens/nobody"), 404)
