"""Groups in the console: found page by page, and their members a page at a time."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from headcount.store.model import Policy
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.test_accounts import ANY_POLICY, HOSTILE, harmless, turn
from tests.serving import Site
from tests.store.crowd import joins
from tests.web.client import client, patch

LARGE = 100_000


@pytest.fixture
def browser(site: Site) -> Browser:
    return signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)


def shown(browser: Browser) -> list[tuple[str, int]]:
    """The names in the list of the page, and how many members."""
    found = re.findall(
        r'href="[^"]*/groups/[^"]*">([^<]*)</a></td>\s*<td class="right">([\d,]+)<', browser.text
    )
    return [(unescape(name), int(number.replace(",", ""))) for name, number in found]


def test_where_there_are_no_groups_the_page_says_how_they_come(
    site: Site, browser: Browser
) -> None:
    browser.open(f"/o/{site.slug}/groups")
    assert (browser.status, browser.heading) == (200, "Groups")
    assert "No groups yet" in browser.text


def test_groups_are_found_by_name_with_the_number_of_members(site: Site, browser: Browser) -> None:
    call = client(site)
    people = [call.create(name) for name in ("ada", "bob")]
    for number in range(60):
        call.create_group(f"Group {number:02}", *people[: number % 3])
    wanted = [(f"Group {number:02}", number % 3) for number in range(60)]
    browser.open(f"/o/{site.slug}/groups")
    assert "60 groups" in browser.text
    assert shown(browser) == wanted[:50]
    assert shown(turn(browser, "next")) == wanted[50:]
    assert shown(turn(browser, "prev")) == wanted[:50]
    assert shown(browser.open(f"/o/{site.slug}/groups?order=new")) == wanted[:9:-1]
    assert shown(browser.open(f"/o/{site.slug}/groups?q=GROUP+1")) == wanted[10:20]
    assert "10 found" in browser.text
    assert "No group fits" in browser.open(f"/o/{site.slug}/groups?q=none").text


def test_a_group_tells_its_members_and_what_happened(site: Site, browser: Browser) -> None:
    call = client(site)
    ada, bob = call.create("ada", displayName="Ada King"), call.create("bob", active=False)
    inner = call.create_group("inner", bob)
    group = call.create_group("Engineering", ada, inner)
    call(
        "PATCH", f"/Groups/{group}", patch({"op": "remove", "path": f'members[value eq "{inner}"]'})
    )
    call(
        "PATCH",
        f"/Groups/{group}",
        patch({"op": "add", "path": "members", "value": [{"value": bob}]}),
    )
    call(
        "PATCH", f"/Groups/{group}", patch({"op": "replace", "path": "displayName", "value": "R&D"})
    )
    browser.open(f"/o/{site.slug}/groups/{group}")
    assert browser.heading == "<bdi>R&amp;D</bdi>"
    members = browser.text.partition('id="members"')[2].partition('id="attributes"')[0]
    assert re.findall(r'/accounts/([^"]+)">(.*?)</a>', members) == [(ada, "Ada King"), (bob, "bob")]
    assert inner not in members
    told = browser.text.partition('id="timeline"')[2]
    words = re.findall(r"<strong>(.*?)</strong>", told)
    assert words[:3] == ["Changed", "Member added:", "Member removed:"]
    assert sorted(words[3:]) == ["Created", "Member added:", "Member added:"]
    assert "<del>Engineering</del>" in told
    assert "<ins>R&amp;D</ins>" in told
    assert f'/groups/{inner}"><bdi>inner' in told
    call("DELETE", f"/Users/{bob}")
    browser.open(f"/o/{site.slug}/groups/{group}")
    assert "one that is gone" in browser.text


def test_members_of_a_large_group_come_in_pages(
    site: Site, browser: Browser, database: str
) -> None:
    call = client(site)
    group = call.create_group("all", call.create("ada"))
    crowd = joins(database, group, LARGE)
    browser.open(f"/o/{site.slug}/groups/{group}")
    assert "100,001" in browser.text
    found = re.findall(r"<td><code>(crowd-\d+)</code>", browser.text)
    for _ in range(2):
        link = re.search(r'rel="next" href="([^"]*)"', browser.text)
        assert link is not None
        browser.open(browser.url.partition("?")[0] + unescape(link[1]).partition("#")[0])
        found += re.findall(r"<td><code>(crowd-\d+)</code>", browser.text)
    assert found == crowd[: len(found)]
    assert len(found) in {299, 300}
    browser.open(f"/o/{site.slug}/groups/{group}?after={crowd[-2]}")
    assert 'rel="next"' not in browser.text
    assert browser.open(f"/o/{site.slug}/groups/{group}?after=%00").status == 200


def test_what_clients_send_is_harmless_on_every_page_of_groups(
    site: Site, browser: Browser
) -> None:
    call = client(site)
    for text in HOSTILE:
        ada = call.create(text, displayName=text)
        answer = call(
            "POST",
            "/Groups",
            {"displayName": text, "externalId": text, "members": [{"value": ada, "display": text}]},
        )
        assert answer.status == 201
        harmless(browser.open(f"/o/{site.slug}/groups/{answer.json()['id']}"))
        harmless(browser.open(f"/o/{site.slug}/accounts/{ada}"))
    harmless(browser.open(f"/o/{site.slug}/groups"))
    assert len(shown(browser)) == len(HOSTILE)
    for wrong in ("%22%3E%3Cscript%3E", "%00", "x" * 1_000, "'", "%E2%80%AE"):
        assert browser.open(f"/o/{site.slug}/groups/{wrong}").status == 404
        assert "<script>" not in browser.text


def test_nobody_sees_a_group_of_another_organisation(
    site: Site, browser: Browser, settled: Callable[[Policy], Site]
) -> None:
    other = settled(ANY_POLICY)
    theirs = client(other).create_group("secret-group", client(other).create("secret-name"))
    for slug in (site.slug, other.slug):
        browser.open(f"/o/{slug}/groups/{theirs}")
        assert browser.status == 404
        assert "secret-" not in browser.text
        assert "secret-group" not in browser.open(f"/o/{slug}/groups?q=secret").text
    assert (
        "no group begins with" in browser.open(f"/o/{site.slug}/accounts?group=secret").text.lower()
    )
