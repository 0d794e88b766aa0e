"""Overview: whether the connection is healthy, who is there, what happened, what to do."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from headcount.bootstrap import Runtime, clock
from headcount.console.pages import overview
from headcount.directory.tokens import Wish
from headcount.store.activity import Done
from headcount.store.model import Kind, Policy
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.crowds import settle_in
from tests.console.happenings import a_failure, an_exchange, happen
from tests.console.lines import awaited, lines_of, section_of, text_of
from tests.serving import Site
from tests.web.client import Client, client, patch

OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}
TAKEN = "the userName {!r} belongs to another User of this organisation"


@pytest.fixture
def browser(site: Site) -> Browser:
    return administrator(site)


def administrator(site: Site, reach: Reach = Reach.ORGANISATION) -> Browser:
    return signed_in(site.base_url, site.office, reach, site.slug)


def looked_at(browser: Browser, site: Site) -> str:
    """The overview, as people read it."""
    browser.open(f"/o/{site.slug}/")
    assert browser.status == 200, browser.text
    return text_of(browser.text)


def figures(browser: Browser) -> dict[str, str]:
    """The large numbers of the page, and where each leads."""
    cards = re.findall(r'<a class="card figure" href="([^"]*)">(.*?)</a>', browser.text, re.DOTALL)
    found = {}
    for address, card in cards:
        name, value = re.findall(r"<(?:span|strong)>(.*?)</(?:span|strong)>", card)[:2]
        assert browser.open(browser.root.removesuffix("/console") + unescape(address)).status == 200
        found[name] = value
    return found


def troubles(browser: Browser) -> list[str]:
    """What needs attention, as people read it."""
    found = re.search(r'<ul class="troubles">(.*?)</ul>', browser.text, re.DOTALL)
    return (
        [text_of(one) for one in re.findall(r"<li>.*?</li>", found[1], re.DOTALL)] if found else []
    )


# ---- is it healthy?


def test_where_nobody_has_reached_us_the_page_leads_to_connect(
    site: Site, browser: Browser
) -> None:
    text = looked_at(browser, site)
    assert "No identity provider has reached us yet" in text
    assert f'<a class="button primary" href="/console/o/{site.slug}/connect">' in browser.text
    assert "Needs attention" not in text
    assert "Accounts by role" not in text
    assert "Nothing was created, changed or refused." in text
    assert "<svg" not in browser.text


def test_a_healthy_connection_is_told_so(site: Site, browser: Browser) -> None:
    happen(site, an_exchange(site, timedelta(hours=3)), a_failure(site, "ada", timedelta(days=2)))
    happen(site, an_exchange(site, timedelta(minutes=5)))
    text = looked_at(browser, site)
    assert "Okta reached us 5 minutes ago ; nothing was refused today." in text
    assert '<p class="notice good" role="status">' in browser.text


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1 request was refused today"), (2, "2 requests were refused today")]
)
def test_errors_of_today_are_told_and_lead_to_the_list(
    number: int, words: str, site: Site, browser: Browser
) -> None:
    happen(site, *(a_failure(site, f"ada{one}") for one in range(number)), an_exchange(site))
    text = looked_at(browser, site)
    assert f"Okta reached us just now ; {words} ." in text
    assert '<p class="notice warn" role="status">' in browser.text
    assert f'href="/console/o/{site.slug}/activity?failures=yes">{words}</a>' in browser.text


def test_it_is_told_who_has_to_switch_provisioning_on(site: Site, browser: Browser) -> None:
    site.office.change(lambda at: at.organisations.set_disabled(site.slug, disabled=True))
    assert "Ask whoever runs this server to switch it on." in looked_at(browser, site)
    root = administrator(site, Reach.SERVER)
    assert "Provisioning is switched off" in looked_at(root, site)
    assert f'href="/console/o/{site.slug}/settings#off">Switch it on</a>' in root.text


def test_tokens_that_end_need_attention(site: Site, browser: Browser) -> None:
    happen(site, an_exchange(site))
    wish = Wish("<okta>", timedelta(days=9))
    site.office.do(lambda at: at.organisations.issue(site.slug, wish))
    wish = Wish("much later", timedelta(days=90))
    site.office.do(lambda at: at.organisations.issue(site.slug, wish))
    looked_at(browser, site)
    (told,) = troubles(browser)
    assert told.startswith("The token <okta> expires in 8 days . Rotate it before that")

    async def revoke_all(at: Runtime) -> None:
        for one in await at.organisations.tokens(site.slug):
            await at.organisations.revoke(site.slug, one.id)

    site.office.do(revoke_all)
    looked_at(browser, site)
    assert [told[:15] for told in troubles(browser)] == ["No token works."]
    assert f'href="/console/o/{site.slug}/tokens">one is issued</a>' in browser.text


# ---- who is there?


def test_accounts_are_told_by_state_and_role_and_lead_to_their_lists(
    settled: Callable[[Policy], Site],
) -> None:
    site = settled(Policy(seats=12))
    ask = client(site)
    roles = ("owner", "owner", "administrator", "member", "member", "member", "guest")
    for number, role in enumerate(roles):
        ask.create(f"n{number}", role=role, active=number not in {1, 5})
    ask.create_group("Staff")
    browser = administrator(site)
    text = looked_at(browser, site)
    assert "5 of 7 in all" in text
    assert "7 of 12" in text
    assert "1 owner is active; the last active one cannot be removed." in text
    told = section_of(browser, "Accounts by role")
    assert "Owner 2 Administrator 1 Moderator 0 Member 3 Guest 1" in told
    lists = re.findall(r'<li><a href="/console([^"]*)">(\w+)</a> <strong>(\d+)', browser.text)
    assert len(lists) == 5
    for address, name, number in lists:
        found = browser.open(unescape(address)).text
        assert found.count('<a class="clip"') == int(number), name
    looked_at(browser, site)
    assert figures(browser) == {
        "Active accounts": "5",
        "Deactivated": "2",
        "Seats left": "7",
        "Groups": "1",
    }
    deactivated = re.findall(
        r'href="/console([^"]*state=inactive)"', browser.open(f"/o/{site.slug}/").text
    )
    assert browser.open(deactivated[0]).text.count('<a class="clip"') == 2


def test_where_there_are_no_owners_and_no_seats_that_is_told(site: Site, browser: Browser) -> None:
    client(site).create("ada")
    text = looked_at(browser, site)
    assert "Seats left any there is no limit" in text
    assert "No owner is active." in text
    assert "Owner 0 Administrator 0 Moderator 0 Member 1 Guest 0" in text


def test_a_role_that_very_many_have_is_counted_so_far(
    site: Site, browser: Browser, database: str
) -> None:
    settle_in(database, site.organisation, 1_000)  # ten of them are owners
    assert "Owner 10 Administrator 0 Moderator 0 Member 990 Guest 0" in looked_at(browser, site)
    assert overview.roles_of(1_000, [50_001, 3, 0, 0]) == [
        overview.Role("owner", 50_000, exactly=False),
        overview.Role("administrator", 3),
        overview.Role("moderator", 0),
        overview.Role("guest", 0),
    ]


# ---- what happened?


def test_thirty_days_are_drawn_and_told_in_numbers(site: Site, browser: Browser) -> None:
    days = [
        *[(0, Done.CREATED, 3), (0, Done.READ, 99), (29, Done.CREATED, 1_200)],
        *[(30, Done.CREATED, 9), (1, Done.CHANGED, 2), (1, Done.REACTIVATED, 1)],
        *[(2, Done.DEACTIVATED, 1), (2, Done.DELETED, 4), (3, Done.REFUSED, 7)],
    ]
    org, today = site.organisation.id, clock().date()
    tallies = {(org, (today - timedelta(ago)).isoformat(), did): times for ago, did, times in days}
    site.office.do(lambda at: at.store.add_exchanges([], tallies))
    looked_at(browser, site)
    told = section_of(browser, "The last 30 days")
    for lane in ("Created 1,203, at most 1,200", "Changed 3, at most 3", "Refused 7, at most 7"):
        assert f"{lane} a day" in told
    assert "Deactivated or deleted 5, at most 5 a day" in told
    assert f"{today}: 3" in told  # the bar says so to whoever points at it
    first = today - timedelta(29)
    assert f"{first} {today}, today" in told
    drawn = [ET.fromstring(one) for one in re.findall(r"<svg.*?</svg>", browser.text)]
    labels = [one.get("aria-label") for one in drawn]
    assert labels == [
        f"Created: 1,203 in 30 days, most on {first} with 1,200",
        f"Changed: 3 in 30 days, most on {today - timedelta(1)} with 3",
        f"Deactivated or deleted: 5 in 30 days, most on {today - timedelta(2)} with 5",
        f"Refused: 7 in 30 days, most on {today - timedelta(3)} with 7",
    ]
    assert all(one.get("role") == "img" for one in drawn)
    rows = re.findall(r'<tr>(<td class="fit">.*?)</tr>', browser.text)
    assert [text_of(row) for row in rows] == [
        f"{today} 3 0 0 0",
        f"{today - timedelta(1)} 0 3 0 0",
        f"{today - timedelta(2)} 0 0 5 0",
        f"{today - timedelta(3)} 0 0 0 7",
        f"{first} 1,200 0 0 0",
    ]


def test_what_identity_providers_do_is_counted(site: Site, browser: Browser) -> None:
    ask = Client(site.base_url, site.token, OKTA)
    grace = ask.create("grace@acme.test")
    ask("PATCH", f"/Users/{grace}", patch({"op": "replace", "path": "active", "value": False}))
    ask("POST", "/Users", {"userName": "GRACE@acme.test"})
    awaited(lambda: "Refused 1, at most 1 a day" in looked_at(browser, site))
    told = section_of(browser, "The last 30 days")
    assert "Created 1, at most 1 a day" in told
    assert "Deactivated or deleted 1, at most 1 a day" in told


# ---- what needs attention?


def test_failures_stand_together_by_what_has_to_be_done(site: Site, browser: Browser) -> None:
    group: dict[str, Any] = {"kind": Kind.GROUP, "method": "PATCH", "person": "Staff"}
    member = "members: this organisation has no account or group with the id 'x'"
    happen(
        site,
        a_failure(site, "long ago", timedelta(days=8), detail="role 'x' does not exist"),
        a_failure(site, detail="the body is not JSON: x", refusal="InvalidSyntax"),
        *(
            a_failure(site, name, timedelta(hours=1), detail=TAKEN.format(name), refusal="Taken",
                      status=409)
            for name in ("ada", "bob", "bob", "cy")
        ),
        a_failure(site, "ADA", timedelta(minutes=9)),
        a_failure(site, "ada", timedelta(minutes=7), detail="active must be true or false, not 7"),
        a_failure(site, "bob", timedelta(minutes=5)),
        a_failure(site, detail=member, **group),
    )  # fmt: skip
    looked_at(browser, site)
    first, second, third, fourth = troubles(browser)
    assert first.startswith(
        "Another account has the userName 'cy', and no two people can have one name. And 3 more"
        " like it. Find out whose account it is. If it is the same person, retry the task under"
        " Dashboard, Tasks: the account is found by its name and taken over. If not, give one of"
        " the two another value in Application username format (Sign On). 3 people affected, 4"
        " requests in 7 days, the last 1 hour ago from Okta . Look at the last one"
    )
    assert second.startswith(
        "Okta sent 'perhaps' as active, which means neither yes nor no. And 1 more like it."
        " Correct what is mapped to active in Attribute Mappings (Provisioning, To App): it must"
        " be true or false. 2 people affected, 3 requests in 7 days, the last 5 minutes ago"
    )
    assert third.startswith(
        "A member of the group has no account here: it was deleted here, or was never created."
        " Provision that person first, then push the group again; only who is assigned to the"
        " application can be a member. 1 group affected, 1 request in 7 days, the last just now"
    )
    assert fourth.startswith("What was sent is not JSON. Correct the template")
    assert ". 1 request in 7 days, the last just now from Okta . Look at the last one" in fourth


def test_each_of_them_leads_to_its_requests(site: Site, browser: Browser) -> None:
    taken: dict[str, Any] = {"refusal": "Taken", "status": 409}
    happen(
        site,
        *(a_failure(site, name, detail=TAKEN.format(name), **taken) for name in ("ada", "bob")),
        a_failure(site, "cy"),
    )
    looked_at(browser, site)
    last = re.findall(r'href="/console([^"]*)">Look at the last one', browser.text)
    whole = re.findall(r'href="/console([^"]*)">at all of them', browser.text)
    assert (len(last), len(whole)) == (2, 1)
    assert [line.words for line in lines_of(browser.open(whole[0]))] == [
        "tried to create bob",
        "tried to create ada",
    ]
    assert browser.open(last[0]).heading == "Tried to create bob"
    assert browser.open(last[1]).heading == "Tried to create cy"


def test_of_very_many_failures_those_of_few_people_are_told_too(
    site: Site, browser: Browser
) -> None:
    happen(
        site,
        a_failure(site, "early", timedelta(days=1), detail=TAKEN.format("early"), refusal="Taken",
                  status=409),
        *(a_failure(site, f"n{one % 40}", timedelta(hours=1)) for one in range(1_500)),
        *(a_failure(site, f"m{one}", detail=f"title must be text, not {one}") for one in range(30)),
    )  # fmt: skip
    looked_at(browser, site)
    told = troubles(browser)
    assert len(told) == 3
    assert "40 people affected, 1,500 requests in 7 days" in told[0]
    assert "30 people affected, 30 requests in 7 days" in told[1]
    assert "'early'" in told[2]


def test_no_more_than_twenty_are_shown(site: Site, browser: Browser) -> None:
    for number in range(25):
        detail = f"{'a' * (number + 1)} must be text, not 5"
        happen(site, *(a_failure(site, f"n{one}", detail=detail) for one in range(number + 1)))
    looked_at(browser, site)
    told = troubles(browser)
    assert len(told) == 20
    assert "25 people affected" in told[0]


def test_another_organisation_is_not_told_of(
    site: Site, browser: Browser, settled: Callable[[Policy], Site]
) -> None:
    other = settled(Policy())
    client(other).create("secret-name")
    happen(other, a_failure(other, "secret-name"), an_exchange(other))
    happen(site, replace(a_failure(site, "secret-name"), org=None))
    assert "No identity provider has reached us yet" in looked_at(browser, site)
    assert "secret-name" not in browser.text
    assert browser.open(f"/o/{other.slug}/").status == 404
