"""Each sentence of the procedure that Headcount was built from, and the test that shows it holds.

`PROCEDURE` has every sentence, in our own words, with its tests. A sentence without a test and a
test without a sentence both fail. Steps that are only clicks in Okta's dashboard have a page that
says them with our values.
"""

import sys
from collections.abc import Callable, Iterator, Mapping

import pytest
from click.testing import CliRunner

from headcount.cli import main
from headcount.store.model import Policy, UsernameFormat
from tests.docs.pages import ENTRA, OKTA, README, Page
from tests.okta_procedure.app import GROUP, USER, App, Json, person
from tests.okta_procedure.clicks import CLICKS
from tests.serving import Office, Site, serving, settle

ROLES = ("owner", "administrator", "moderator", "member", "guest")

PROCEDURE: Mapping[str, tuple[str, ...]] = {
    # the introduction and its limitations
    "SCIM brings and takes away accounts and groups": ("test_accounts_and_groups_are_offered",),
    "groups are not provisioned yet - untrue here": ("test_groups_are_provisioned",),
    "only Okta has been tried - untrue here": ("test_entra_is_served_too",),
    "help is there for whoever configures it": ("test_the_page_explains_what_may_go_wrong",),
    "a larger plan has to be bought - untrue here": ("test_nothing_has_to_be_bought",),
    # the steps
    "ask for the bearer token that authenticates": ("test_a_token_is_issued_and_authenticates",),
    "open Applications and browse the catalogue": ("test_the_page_says_what_to_click",),
    "find SCIM and take the test app with header auth": ("test_the_page_says_what_to_click",),
    "add it and choose a label": ("test_the_page_says_what_to_click",),
    "leave SAML under the sign-on options": ("test_the_page_says_what_to_click",),
    "this app signs nobody in; SAML is another app": ("test_the_page_says_what_to_click",),
    "application username format is Email": (
        "test_the_page_says_what_to_click",
        "test_the_username_is_an_email_address",
    ),
    "update the username on create and update": (
        "test_the_page_says_what_to_click",
        "test_the_username_is_sent_at_create_and_follows_an_update",
    ),
    "configure and enable the API integration": ("test_the_page_says_what_to_click",),
    "the base URL is the organisation's own": (
        "test_the_page_says_what_to_click",
        "test_the_base_url_is_the_organisations_own",
    ),
    "the API token is the word Bearer and the token": (
        "test_the_page_says_what_to_click",
        "test_the_api_token_is_taken_with_and_without_the_word",
    ),
    "going on makes Okta verify the details": (
        "test_okta_verifies_the_details",
        "test_wrong_details_are_told_apart",
    ),
    "enable Create Users": ("test_the_page_says_what_to_click", "test_users_are_created"),
    "enable Update User Attributes": (
        "test_the_page_says_what_to_click",
        "test_attributes_are_updated",
    ),
    "enable Deactivate Users": ("test_the_page_says_what_to_click", "test_users_are_deactivated"),
    "map userName, givenName and familyName alone": (
        "test_the_page_says_what_to_click",
        "test_three_mapped_attributes_are_enough",
        "test_what_is_not_mapped_survives_an_update",
    ),
    "the role may be synced by a custom attribute": ("test_the_page_says_what_to_click",),
    "the attribute is a text called role in the core namespace": (
        "test_the_page_says_what_to_click",
        "test_the_schema_lists_role_as_a_text_with_five_values",
        "test_role_arrives_as_a_key_beside_the_username",
    ),
    "the attribute is set for one person or by a mapping": (
        "test_the_page_says_what_to_click",
        "test_a_role_is_set_at_create_and_changed_later",
    ),
    "the valid values are five": (
        "test_each_of_the_five_values_is_taken",
        "test_another_value_is_refused_with_the_five_named",
    ),
    "assign people, now that it is ready": ("test_the_page_says_what_to_click",),
    "assigning looks whether the account is there": ("test_an_account_that_is_there_is_adopted",),
    "a missing account is created": ("test_an_account_that_is_missing_is_created",),
    "changes of e-mail and name arrive": ("test_changes_of_email_and_name_arrive",),
    "unassigning deactivates": ("test_unassigning_deactivates_and_keeps_everything",),
    "assigning again brings the account back": ("test_assigning_again_reactivates_the_same",),
    "consider SAML once it is done": ("test_the_page_says_what_to_click",),
}


@pytest.fixture
def app(site: Site) -> App:
    return App(site.base_url, f"Bearer {site.token}")


# ---- the table itself


def test_every_sentence_has_its_tests_and_every_test_its_sentence() -> None:
    here = vars(sys.modules[__name__])
    written = {name for name in here if name.startswith("test_") and callable(here[name])}
    named = {name for tests in PROCEDURE.values() for name in tests}
    own = {"test_every_sentence_has_its_tests_and_every_test_its_sentence"}
    assert all(PROCEDURE.values())
    assert named == written - own
    clicked = {
        one for one, tests in PROCEDURE.items() if "test_the_page_says_what_to_click" in tests
    }
    assert clicked == set(CLICKS)


# ---- the introduction and its limitations


def test_accounts_and_groups_are_offered(app: App) -> None:
    listed = app.send("GET", "/ResourceTypes").body["Resources"]
    assert {one["name"]: one["endpoint"] for one in listed} == {
        "User": "/Users",
        "Group": "/Groups",
    }


def test_groups_are_provisioned(app: App) -> None:
    """Push Groups: create, fill, rename, take somebody out, link an existing one, unlink."""
    ada, grace = (app.assign(person(f"{name}@acme.test")) for name in ("ada", "grace"))
    created = app.send(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "Pioneers", "members": []}
    )
    assert created.status == 201
    group = f"/Groups/{created.body['id']}"
    joining = [{"value": one} for one in (ada, grace)]
    filled = app.patch(group, {"op": "add", "path": "members", "value": joining})
    assert filled.status in {200, 204}
    assert [one["display"] for one in app.read(grace)["groups"]] == ["Pioneers"]
    app.patch(
        group,
        {"op": "replace", "value": {"id": created.body["id"], "displayName": "Founders"}},
        {"op": "remove", "path": f'members[value eq "{ada}"]'},
    )
    linked = app.send("GET", "/Groups", filter='displayName eq "founders"').body["Resources"]
    assert [[one["value"] for one in found["members"]] for found in linked] == [[grace]]
    assert app.send("DELETE", group).status == 204
    assert "groups" not in app.read(grace)


def test_entra_is_served_too(app: App) -> None:
    """Entra's own dialect: capitals in `op`, a boolean as a text, a member with an empty `$ref`."""
    body: Json = {"schemas": [USER], **person("grace@acme.test"), "externalId": "0a21", "roles": []}
    grace = app.send("POST", "/Users", body).body["id"]
    group = app.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "Pioneers"}).body["id"]
    member = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": grace}]}
    assert app.patch(f"/Groups/{group}", member).status in {200, 204}
    off = app.patch(f"/Users/{grace}", {"op": "Replace", "path": "active", "value": "False"})
    assert (off.status, off.body["active"]) == (200, False)
    assert [one["value"] for one in off.body["groups"]] == [group]
    assert "**Tenant URL**: `https://yourorganisation.example.com/scim/v2`" in ENTRA.text


def test_the_page_explains_what_may_go_wrong() -> None:
    """`test_refusals.py` holds every row of that table against what the server really says."""
    assert len(OKTA.rows("What Okta says")) >= 10


def test_nothing_has_to_be_bought(app: App, site: Site) -> None:
    assert site.organisation.policy.seats is None
    for number in range(20):
        app.assign(person(f"person{number}@acme.test"))
    assert site.organisation.counts.active == 20


# ---- the token, and the clicks


def test_a_token_is_issued_and_authenticates(site: Site, database: str) -> None:
    words = ["token", "issue", site.slug, "--label", "okta", "--database", database]
    printed = CliRunner().invoke(main, words).output
    token = next(word for word in printed.split() if word.startswith("headcount_"))
    assert App(site.base_url, f"Bearer {token}").verify().status == 200
    assert App(site.base_url, f"Bearer {token[:-1]}").verify().status == 401


@pytest.mark.parametrize("page", [OKTA, README], ids=str)
@pytest.mark.parametrize("sentence", CLICKS)
def test_the_page_says_what_to_click(sentence: str, page: Page) -> None:
    text = " ".join(page.prose.split())
    assert [words for words in CLICKS[sentence] if words not in text] == []


# ---- the credentials and the connection


def test_the_username_is_an_email_address(settled: Callable[[Policy], Site]) -> None:
    strict = settled(Policy(username_format=UsernameFormat.EMAIL))
    app = App(strict.base_url, f"Bearer {strict.token}")
    assert app.create(person("grace@acme.test")).body["userName"] == "grace@acme.test"
    refused = app.create(person("grace"))
    assert (refused.status, refused.body["scimType"]) == (400, "invalidValue")
    assert "e-mail address" in refused.body["detail"]


def test_the_username_is_sent_at_create_and_follows_an_update(app: App) -> None:
    grace = app.assign(person("grace@acme.test"))
    assert app.read(grace)["userName"] == "grace@acme.test"
    assert app.push(grace, person("grace.hopper@acme.test")).status == 200
    assert app.find("grace@acme.test") is None
    assert (app.find("grace.hopper@acme.test") or {})["id"] == grace


@pytest.fixture(scope="module")
def hosts(another_database: Callable[[], str]) -> Iterator[tuple[str, Office]]:
    """A server whose organisations have host names, as behind a proxy that speaks TLS."""
    database = another_database()
    with serving(database, HEADCOUNT_BASE_DOMAIN="example.com") as base_url:
        office = Office(database)
        yield base_url, office
        office.close()


def test_the_base_url_is_the_organisations_own(hosts: tuple[str, Office]) -> None:
    ours, theirs = settle(*hosts), settle(*hosts)
    proxied = {"Host": f"{ours.slug}.example.com", "X-Forwarded-Proto": "https"}
    app = App(ours.base_url, f"Bearer {ours.token}", proxied)
    assert app.verify().status == 200
    told = app.create(person("grace@acme.test")).body["meta"]["location"]
    assert told.startswith(f"https://{ours.slug}.example.com/scim/v2/Users/")
    assert App(ours.base_url, f"Bearer {theirs.token}", proxied).verify().status == 401


@pytest.mark.parametrize("typed", ["Bearer {}", "bearer {}", "{}", " Bearer  {} "])
def test_the_api_token_is_taken_with_and_without_the_word(site: Site, typed: str) -> None:
    assert App(site.base_url, typed.format(site.token)).verify().status == 200


def test_okta_verifies_the_details(app: App) -> None:
    for name in ("ada", "grace", "mary"):
        app.assign(person(f"{name}@acme.test"))
    answer = app.verify()
    assert answer.status == 200
    numbers = {key: answer.body[key] for key in ("totalResults", "startIndex", "itemsPerPage")}
    assert numbers == {"totalResults": 3, "startIndex": 1, "itemsPerPage": 2}
    assert all(type(number) is int for number in numbers.values())
    assert len(answer.body["Resources"]) == 2


@pytest.mark.parametrize(
    ("typed", "below", "status"),
    [("", "", 401), ("Bearer nonsense", "", 401), ("Bearer {}", "/v3", 404)],
)
def test_wrong_details_are_told_apart(site: Site, typed: str, below: str, status: int) -> None:
    answer = App(site.base_url + below, typed.format(site.token)).verify()
    assert (answer.status, answer.body["status"]) == (status, str(status))
    assert answer.body["detail"]


# ---- provisioning to the app


def test_users_are_created(app: App, site: Site) -> None:
    answer = app.create(person("grace@acme.test"))
    assert answer.status == 201
    assert answer.body["active"] is True
    assert site.events() == ["account.created"]


def test_attributes_are_updated(app: App, site: Site) -> None:
    grace = app.assign(person("grace@acme.test"))
    assert app.push(grace, person("grace@acme.test", family="Murray Hopper")).status == 200
    assert app.read(grace)["name"]["familyName"] == "Murray Hopper"
    assert site.events() == ["account.created", "account.updated"]


def test_users_are_deactivated(app: App, site: Site) -> None:
    grace = app.assign(person("grace@acme.test"))
    assert app.set_active(grace, active=False).status == 200
    assert app.read(grace)["active"] is False
    assert site.events() == ["account.created", "account.deactivated"]


# ---- the attributes that are mapped


def test_three_mapped_attributes_are_enough(app: App) -> None:
    answer = app.send("POST", "/Users", {"schemas": [USER], **person("grace@acme.test")})
    assert answer.status == 201
    shown = {key: answer.body[key] for key in ("userName", "name", "displayName", "role", "active")}
    assert shown == {
        **person("grace@acme.test"),
        "displayName": "Grace Hopper",
        "role": "member",
        "active": True,
    }


def test_what_is_not_mapped_survives_an_update(app: App) -> None:
    """A PUT of the three alone, without `role` and `active`, leaves both as they are."""
    grace = app.assign(person("grace@acme.test", role="moderator"))
    app.set_active(grace, active=False)
    alone = {"schemas": [USER], **person("grace@acme.test", family="Murray Hopper")}
    for body in (alone, alone | {"role": ""}):
        answer = app.send("PUT", f"/Users/{grace}", body)
        assert (answer.status, answer.body["role"]) == (200, "moderator")
        assert answer.body["active"] is False
        assert answer.body["name"]["familyName"] == "Murray Hopper"


# ---- the role


def test_the_schema_lists_role_as_a_text_with_five_values(app: App) -> None:
    schema = app.send("GET", f"/Schemas/{USER}").body
    role = next(one for one in schema["attributes"] if one["name"] == "role")
    assert (role["type"], role["multiValued"]) == ("string", False)
    assert role["canonicalValues"] == list(ROLES)


def test_role_arrives_as_a_key_beside_the_username(app: App) -> None:
    grace = app.assign(person("grace@acme.test", role="moderator"))
    account = app.read(grace)
    assert account["role"] == "moderator"
    assert account["schemas"] == [USER]


def test_a_role_is_set_at_create_and_changed_later(app: App, site: Site) -> None:
    grace = app.assign(person("grace@acme.test", role="guest"))
    assert app.push(grace, person("grace@acme.test", role="administrator")).status == 200
    assert app.read(grace)["role"] == "administrator"
    assert site.events() == ["account.created", "account.role_changed"]


@pytest.mark.parametrize("value", ROLES)
def test_each_of_the_five_values_is_taken(app: App, value: str) -> None:
    grace = app.assign(person("grace@acme.test", role=value))
    assert app.read(grace)["role"] == value


def test_another_value_is_refused_with_the_five_named(app: App, site: Site) -> None:
    grace = app.assign(person("grace@acme.test", role="guest"))
    before = app.read(grace)
    wrong = person("grace@acme.test", family="Murray Hopper", role="emperor")
    for refused in (app.push(grace, wrong), app.create({**wrong, "userName": "new@acme.test"})):
        assert (refused.status, refused.body["scimType"]) == (400, "invalidValue")
        assert "emperor" in refused.body["detail"]
        assert all(value in refused.body["detail"] for value in ROLES)
    assert app.read(grace) == before
    assert site.events() == ["account.created"]


# ---- people are assigned


def test_an_account_that_is_there_is_adopted(app: App, site: Site) -> None:
    there = app.create(person("Grace@Acme.test", role="owner")).body["id"]
    assert app.assign(person("grace@acme.test")) == there
    assert app.read(there)["role"] == "owner"
    assert site.organisation.counts.users == 1


def test_an_account_that_is_missing_is_created(app: App) -> None:
    assert app.find("grace@acme.test") is None
    grace = app.assign(person("grace@acme.test"))
    assert (app.find("grace@acme.test") or {})["id"] == grace


def test_changes_of_email_and_name_arrive(app: App, site: Site) -> None:
    grace = app.assign(person("grace@acme.test"))
    answer = app.push(grace, person("murray@acme.test", "Grace Brewster", "Murray Hopper"))
    shown = {key: answer.body[key] for key in ("id", "userName", "name")}
    assert shown == {"id": grace, **person("murray@acme.test", "Grace Brewster", "Murray Hopper")}
    assert site.events() == ["account.created", "account.updated"]


def test_unassigning_deactivates_and_keeps_everything(app: App) -> None:
    grace = app.assign(person("grace@acme.test", role="moderator"))
    group = app.send("POST", "/Groups", {"displayName": "Pioneers", "members": [{"value": grace}]})
    before = app.read(grace)
    app.set_active(grace, active=False)
    after = app.read(grace)
    assert {key for key in before if before[key] != after[key]} == {"active", "meta"}
    assert (app.find("grace@acme.test") or {})["active"] is False
    assert [one["value"] for one in group.body["members"]] == [grace]


def test_assigning_again_reactivates_the_same(app: App, site: Site) -> None:
    grace = app.assign(person("grace@acme.test", role="moderator"))
    group = app.send("POST", "/Groups", {"displayName": "Pioneers", "members": [{"value": grace}]})
    before = app.read(grace)
    app.set_active(grace, active=False)
    assert app.assign(person("grace@acme.test")) == grace
    after = app.read(grace)
    assert {key for key in before if before[key] != after[key]} == {"meta"}
    assert [one["value"] for one in after["groups"]] == [group.body["id"]]
    assert site.events()[-2:] == ["account.deactivated", "account.reactivated"]
