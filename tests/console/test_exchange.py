"""One request in detail: what came, what it meant, what came of it, and no secret."""

import re
import time
from typing import Any

import pytest

from headcount.scim.custom import CustomAttribute
from headcount.scim.schemas import USER_URN
from headcount.store.model import RoleRule
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.happenings import an_exchange, happen
from tests.console.lines import Line, awaited, facts_of, lines_of, section_of, text_of
from tests.serving import Site
from tests.web.client import Client, patch

OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}
SECRET = "geheim-0815"
_MILLISECOND = 0.002  # seconds in which one surely ends


@pytest.fixture
def browser(site: Site) -> Browser:
    return signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)


def ask_of(site: Site) -> Client:
    return Client(site.base_url, site.token, OKTA)


def listed(browser: Browser, site: Site, count: int) -> list[Line]:
    """The lines of the list, the first one first, once there are so many."""

    def lines() -> list[Line]:
        found = lines_of(browser.open(f"/o/{site.slug}/activity"))
        return found if len(found) >= count else []

    return awaited(lines)[::-1]


def told_of(browser: Browser, site: Site, count: int) -> dict[str, str]:
    """What the page of the last of so many requests says."""
    return facts_of(browser.open(listed(browser, site, count)[-1].address))


def test_the_page_of_a_request_says_everything_of_it(site: Site, browser: Browser) -> None:
    grace = ask_of(site).create("grace@acme.test", title="x")
    sent = patch({"op": "Replace", "path": "TITLE", "value": "Admiral"})
    ask_of(site)("PATCH", f"/Users/{grace}", sent, X_Request_Id="17")
    told = told_of(browser, site, 2)
    assert browser.heading == "Changed TITLE of grace@acme.test"
    assert told["Answer"] == "200"
    assert re.fullmatch(r"\d+(\.\d)? (ms|s)", told["Took"])
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", told["Arrived"])
    assert told["Provider"] == "Okta Okta SCIM Client 1.0.0"
    assert told["Token"] == "test"
    assert told["Address"] == f"PATCH /Users/{grace}"
    assert told["About"] == "grace@acme.test"
    assert f'href="/console/o/{site.slug}/accounts/{grace}"' in browser.text
    assert section_of(browser, "What changed") == ("What changed Account updated title x → Admiral")
    assert '"path": "title"' in section_of(browser, "What we understood")
    bodies = section_of(browser, "What came and what went back")
    assert '"path": "TITLE"' in bodies
    assert '"op": "Replace"' in bodies
    assert '"title": "Admiral"' in bodies
    assert told["x-request-id"] == "17"
    assert told["authorization"] == "Bearer (removed)"
    assert "Why it failed" not in told


def test_each_request_shows_what_came_of_it_alone(site: Site, browser: Browser) -> None:
    """However soon one follows the other, but in another millisecond: events tell no less."""
    ask = ask_of(site)
    grace = ask.create("grace@acme.test")
    time.sleep(_MILLISECOND)
    ask("PATCH", f"/Users/{grace}", patch({"op": "replace", "path": "active", "value": False}))
    time.sleep(_MILLISECOND)
    ask("PATCH", f"/Users/{grace}", patch({"op": "replace", "path": "active", "value": "False"}))
    group = ask.create_group("Staff", grace)
    time.sleep(_MILLISECOND)
    ask("PATCH", f"/Groups/{group}", patch({"op": "remove", "path": "members"}))
    eve = ask.create("eve")
    time.sleep(_MILLISECOND)
    ask("DELETE", f"/Users/{eve}")
    changed = [
        section_of(browser.open(line.address), "What changed").removeprefix("What changed ")
        for line in listed(browser, site, 7)
    ]
    assert changed == [
        "Account created userName grace@acme.test active true role member",
        "Account deactivated",
        "",
        "Group created displayName Staff Group member added member grace@acme.test",
        "Group member removed member grace@acme.test",
        "Account created userName eve active true role member",
        "Account deleted userName eve",
    ]


def test_very_many_members_are_counted(site: Site, browser: Browser) -> None:
    ask = ask_of(site)
    people = [ask.create(f"n{number}") for number in range(25)]
    ask.create_group("Staff", *people)
    told_of(browser, site, 26)
    changed = section_of(browser, "What changed")
    assert "Group member added, 25 times" in changed
    assert changed.count("member n") == 20


def test_whose_role_came_with_a_group_is_told(site: Site, browser: Browser) -> None:
    ask = ask_of(site)
    grace, eve = ask.create("grace"), ask.create("eve", role="owner")
    staff = ask.create_group("Staff")
    rules = [RoleRule(staff, "administrator")]
    org = site.organisation
    site.office.do(lambda at: at.role_rules.set(org, rules))
    ask.create("meanwhile", role="guest")
    joining = [{"value": grace}]
    ask("PATCH", f"/Users/{eve}", patch({"op": "replace", "path": "title", "value": "x"}))
    ask("PATCH", f"/Groups/{staff}", patch({"op": "add", "path": "members", "value": joining}))
    told_of(browser, site, 6)
    assert section_of(browser, "What changed") == (
        "What changed Group member added member grace"
        " Account role changed grace member → administrator"
    )
    ask("PATCH", f"/Groups/{staff}", patch({"op": "remove", "path": "members"}))
    told_of(browser, site, 7)
    assert section_of(browser, "What changed") == (
        "What changed Group member removed member grace"
        " Account role changed grace administrator → member"
    )


SECRETS: list[tuple[str, str, Any]] = [
    ("POST", "/Users", {"userName": "a", "password": SECRET}),
    ("POST", "/Users", {"userName": "grace@acme.test", "password": SECRET}),
    ("POST", "/Users", {"userName": "a", "role": "king", "password": SECRET}),
    ("POST", "/Users", {"userName": "a", "pinToken": SECRET}),
    ("POST", "/Users", {"userName": "a", "pinToken": SECRET, "password": SECRET}),
    ("POST", "/Users", f'{{"userName": "a", "password": "{SECRET}"'.encode()),
    ("PATCH", "/Users/{}", patch({"op": "replace", "path": "password", "value": SECRET})),
    ("PATCH", "/Users/{}", patch({"op": "replace", "value": {"password": SECRET}})),
    ("PATCH", "/Users/{}", patch({"op": "replace", "path": "pinToken", "value": SECRET})),
    ("PATCH", "/Users/{}", patch({"op": "add", "path": f'password[x eq "{SECRET}"', "value": 1})),
    ("PUT", "/Users/{}", {"userName": "grace@acme.test", "password": SECRET, "active": "x"}),
    ("GET", f"/Users?filter=password%20eq%20%22{SECRET}%22", None),
    ("GET", f"/Users?access_token={SECRET}", None),
    ("POST", "/Users/.search", {"filter": f'password eq "{SECRET}'}),
    ("POST", "/Bulk", {"Operations": [{"method": "POST", "path": "/Users", "bulkId": "a",
                                       "data": {"userName": "b", "pinToken": SECRET}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), SECRETS)
def test_no_secret_is_shown(
    method: str, path: str, body: Any, site: Site, browser: Browser
) -> None:
    site.declare(CustomAttribute("pinToken", USER_URN, type="boolean"))
    grace = ask_of(site).create("grace@acme.test")
    headers = {"X_Api_Key": SECRET, "Cookie": f"session={SECRET}", "X_Auth_Token": site.token}
    ask_of(site)(method, path.format(grace), body, **headers)
    told = told_of(browser, site, 2)
    assert told["x-api-key"] == told["cookie"] == told["x-auth-token"] == "(removed)"
    pages = [browser.text]
    pages += [browser.open(f"/o/{site.slug}/{one}").text for one in ("activity", "")]
    pages.append(browser.open(f"/o/{site.slug}/activity?person=grace").text)
    for page in pages:
        assert SECRET not in page
        assert SECRET[:6] not in page
        assert site.token not in page


def test_a_refusal_names_what_was_wrong_though_a_password_came_with_it(
    site: Site, browser: Browser
) -> None:
    body = {"userName": "grace@acme.test", "role": "king", "password": SECRET}
    ask_of(site)("POST", "/Users", body)
    told = told_of(browser, site, 1)
    assert (
        told["Why it failed"] == "Okta sent 'king' as role, which is none of the values that exist."
    )
    assert "'king'" in told["Answer"]
    assert SECRET not in browser.text
    assert '"password": "(removed)"' in text_of(browser.text)


def test_what_is_too_long_is_cut_and_said_to_be(site: Site, browser: Browser) -> None:
    people = [{"value": f"x{number}@acme.test"} for number in range(900)]
    ask_of(site)("POST", "/Users", {"userName": "grace@acme.test", "emails": people})
    told_of(browser, site, 1)
    assert "Not all of it is kept" in browser.text
    assert "not kept whole" in section_of(browser, "What we understood")
    assert len(browser.text) < 100_000


def test_one_goes_from_request_to_request(site: Site, browser: Browser) -> None:
    happen(site, *(an_exchange(site, detail=f"did {one}") for one in range(3)))
    first, second, third = [line.address for line in listed(browser, site, 3)]
    browser.open(second)
    assert browser.heading == "Did 1"
    assert f'<a class="button" href="/console{third}">Newer</a>' in browser.text
    assert f'<a class="button" href="/console{first}">Older</a>' in browser.text
    assert ">Newer</a>" not in browser.open(third).text
    assert ">Older</a>" not in browser.open(first).text
    assert f'href="/console/o/{site.slug}/activity">All requests</a>' in browser.text


def test_of_a_look_up_nothing_is_made_up(site: Site, browser: Browser) -> None:
    ask_of(site)("GET", "/Users?filter=USERNAME%20EQ%20%22ada%22")
    told = told_of(browser, site, 1)
    assert told["Address"].startswith("GET /Users?filter=USERNAME")
    assert "filter userName eq" in re.sub(
        r'["{},:]', "", section_of(browser, "What we understood")
    ).replace("\\", "")
    assert section_of(browser, "What changed") == ""
    assert "It had no body" in browser.text
