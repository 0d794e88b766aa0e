"""The list of requests: what a line says, what is found, how one pages through it."""

import re
from html import unescape
from typing import Any

import pytest

from headcount.store.model import Kind
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.happenings import a_failure, an_exchange, happen
from tests.console.lines import Line, awaited, lines_of, text_of
from tests.serving import Site, settle
from tests.web.client import Client, client, patch

OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}


@pytest.fixture
def browser(site: Site) -> Browser:
    return administrator(site)


def administrator(site: Site) -> Browser:
    return signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)


def listed(browser: Browser, site: Site, query: str = "") -> list[Line]:
    """The lines of the list."""
    return lines_of(browser.open(f"/o/{site.slug}/activity?{query}"))


def turned(browser: Browser, name: str) -> list[Line]:
    """The lines of the page to which the button of this name leads."""
    found = re.search(rf'<a class="button" href="([^"]*)">{name}</a>', browser.text)
    assert found is not None, name
    return lines_of(browser.open(browser.root.removesuffix("/console") + unescape(found[1])))


def converse(site: Site) -> None:
    """What an identity provider does in a minute."""
    ask = Client(site.base_url, site.token, OKTA)
    ask("GET", "/Users?filter=userName%20eq%20%22grace@acme.test%22")
    grace = ask.create("grace@acme.test", password="geheim")
    eve = ask.create("Eve@acme.test")
    ask.create_group("Engineering", grace)
    ask("POST", "/Users", {"userName": "GRACE@acme.test"})
    ask("PATCH", f"/Users/{grace}", patch({"op": "replace", "value": {"active": "False"}}))
    ask("DELETE", f"/Users/{eve}")
    Client(site.base_url, site.token, {"User-Agent": "curl/8"})("GET", f"/Users/{eve}")


CONVERSATION = [
    ("Okta", "looked up grace@acme.test (nobody has it)", "GET", 200, ""),
    ("Okta", "created grace@acme.test", "POST", 201, ""),
    ("Okta", "created Eve@acme.test", "POST", 201, ""),
    ("Okta", "created the group Engineering", "POST", 201, ""),
    ("Okta", "tried to create GRACE@acme.test", "POST", 409, "Another account has the userName"),
    ("Okta", "deactivated grace@acme.test", "PATCH", 200, ""),
    ("Okta", "deleted Eve@acme.test", "DELETE", 204, ""),
    ("curl", "tried to read Eve@acme.test", "GET", 404, "The account was deleted here"),
]


def test_where_nothing_has_arrived_the_page_says_how_it_comes(site: Site, browser: Browser) -> None:
    assert listed(browser, site) == []
    assert browser.heading == "Activity"
    assert "Nothing has arrived yet" in browser.text
    assert f'href="/console/o/{site.slug}/connect"' in browser.text
    assert "<select" not in browser.text  # there is nothing to choose from
    assert "No request fits" in browser.open(f"/o/{site.slug}/activity?status=400").text


def test_a_line_says_who_did_what_to_whom_and_what_came_of_it(site: Site, browser: Browser) -> None:
    converse(site)
    awaited(lambda: len(listed(browser, site)) == len(CONVERSATION))
    lines = listed(browser, site)[::-1]
    told = [(line.provider, line.words, line.method, line.status) for line in lines]
    assert told == [one[:4] for one in CONVERSATION]
    for line, (*_, cause) in zip(lines, CONVERSATION, strict=True):
        assert line.cause.startswith(cause)
        assert bool(line.cause) is bool(cause)
    assert len({line.address for line in lines}) == len(lines)
    assert len(re.findall(r"[\d.]+ (?:ms|s)\s*</span>", browser.text)) == len(lines)
    assert len(re.findall(r'<time datetime="[^"]+" title="[^"]+ UTC">', browser.text)) == len(lines)


def test_whoever_is_here_still_is_led_to_and_nobody_else(site: Site, browser: Browser) -> None:
    converse(site)
    awaited(lambda: len(listed(browser, site)) == len(CONVERSATION))
    lines = listed(browser, site)
    about = {line.words: line.about for line in lines}
    assert "/accounts/" in about["created grace@acme.test"]
    assert "/groups/" in about["created the group Engineering"]
    assert about["created Eve@acme.test"] == about["deleted Eve@acme.test"] == ""
    assert about["tried to read Eve@acme.test"] == ""
    for line in lines:
        for address in filter(None, (line.about, line.address)):
            assert browser.open(address).status == 200


FILTERS = {
    "": "7 6 5 4 3 2 1 0",
    "failures=yes": "7 4",
    "failures=no": "7 6 5 4 3 2 1 0",
    "person=EVE": "7 6 2",
    "person=%20engin": "3",
    "person=nobody": "",
    "person=%25": "",
    "method=delete": "6",
    "method=KING": "7 6 5 4 3 2 1 0",
    "status=201": "3 2 1",
    "status=+404+": "7",
    "status=abc": "7 6 5 4 3 2 1 0",
    "status=99999": "7 6 5 4 3 2 1 0",
    "before=abc": "7 6 5 4 3 2 1 0",
    "alike=none": "7 6 5 4 3 2 1 0",
    "before=0": "",
    "failures=yes&method=GET&person=eve&status=404": "7",
    "failures=yes&method=PATCH": "",
}


def test_what_is_looked_for_is_found(site: Site, browser: Browser) -> None:
    converse(site)
    awaited(lambda: len(listed(browser, site)) == len(CONVERSATION))
    for query, places in FILTERS.items():
        wanted = [CONVERSATION[int(place)][1] for place in places.split()]
        assert [line.words for line in listed(browser, site, query)] == wanted, query
        nothing = re.search("No request fits|There are no older requests", browser.text)
        assert (nothing is None) is bool(wanted)
    grace = listed(browser, site, "person=grace")[0].about.rpartition("/")[2]
    about = [line.words for line in listed(browser, site, f"resource={grace}")]
    assert about == ["deactivated grace@acme.test", "created grace@acme.test"]
    assert "Only requests about one account or group" in browser.text


def test_the_form_keeps_what_was_chosen(site: Site, browser: Browser) -> None:
    happen(site, a_failure(site, "ada", method="PATCH", resource="u1", kind=Kind.USER))
    query = "failures=yes&person=%22a%3Cb&method=PATCH&status=400&resource=u1"
    listed(browser, site, query)
    text = browser.text
    assert '<option value="yes" selected>' in text
    assert "<option selected>PATCH</option>" in text
    assert 'name="person" type="search" value="&#34;a&lt;b"' in text
    assert 'name="status" inputmode="numeric" value="400"' in text
    assert '<input type="hidden" name="resource" value="u1">' in text


def test_one_pages_to_the_end_while_more_arrives(site: Site, browser: Browser) -> None:
    happen(site, *(an_exchange(site, detail=f"number {one}") for one in range(120)))
    pages = [listed(browser, site)]
    assert "data-follow=" in browser.text
    assert ">Newest</a>" not in browser.text
    happen(site, *(an_exchange(site, detail="meanwhile") for _ in range(7)))
    pages.append(turned(browser, "Older"))
    assert "data-follow=" not in browser.text  # what is new belongs on the first page
    pages.append(turned(browser, "Older"))
    assert ">Older</a>" not in browser.text
    words = [line.words for page in pages for line in page]
    assert words == [f"number {one}" for one in range(119, -1, -1)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert turned(browser, "Newest")[0].words == "meanwhile"


def test_pages_keep_what_is_looked_for(site: Site, browser: Browser) -> None:
    both = [(a_failure(site, f"Ada {one}"), an_exchange(site, person="ada")) for one in range(60)]
    happen(site, *(exchange for pair in both for exchange in pair))
    first = listed(browser, site, "failures=yes&person=ada&status=400&method=POST")
    second = turned(browser, "Older")
    assert [len(first), len(second)] == [50, 10]
    assert {line.status for line in (*first, *second)} == {400}
    assert turned(browser, "Newest") == first


def test_what_failed_for_one_reason_is_found_by_one_that_did(site: Site, browser: Browser) -> None:
    taken = "the userName {!r} belongs to another User of this organisation"
    happen(
        site,
        a_failure(site, "ada", detail=taken.format("ada"), refusal="Taken", status=409),
        *(a_failure(site, f"no {one}") for one in range(55)),
        a_failure(site, "bob", detail=taken.format("bob"), refusal="Taken", status=409),
        a_failure(site, "cy", detail="title must be text, not 5"),
        an_exchange(site),
    )
    browser.open(listed(browser, site, "person=bob")[0].address)
    found = re.search(r'href="([^"]*)">All that failed for this reason', browser.text)
    assert found is not None
    lines = lines_of(browser.open(browser.root.removesuffix("/console") + unescape(found[1])))
    assert [line.words for line in lines] == ["tried to create bob", "tried to create ada"]
    assert "Another account has the userName" in text_of(browser.text)
    number = listed(browser, site, "person=no")[0].address.rpartition("/")[2]
    pages = [listed(browser, site, f"alike={number}"), turned(browser, "Older")]
    assert [len(page) for page in pages] == [50, 5]
    assert {line.cause for page in pages for line in page} == {
        "Okta sent 'perhaps' as active, which means neither yes nor no."
    }


def test_who_is_looked_for_among_very_many_is_looked_for_further(
    site: Site, browser: Browser
) -> None:
    """A page comes at once: it looks through some thousand and says that it was not the end."""
    happen(site, a_failure(site, "ada", refusal="LastOwner", status=409, detail="x"))
    number = listed(browser, site)[0].address.rpartition("/")[2]
    happen(site, *[a_failure(site, "bob")] * 2_600)
    assert listed(browser, site, f"alike={number}") == []
    assert "There are older ones" in text_of(browser.text)
    assert "No request fits" not in browser.text
    assert [line.words for line in turned(browser, "Older")] == ["tried to create ada"]
    assert ">Older</a>" not in browser.text


@pytest.mark.parametrize("page", ["activity/{}", "activity?alike={}"])
def test_a_request_of_another_organisation_is_not_here(
    page: str, site: Site, browser: Browser
) -> None:
    other = settle(site.base_url, site.office)
    happen(site, a_failure(site, "ada"))
    happen(other, a_failure(other, "a-secret-name"))
    happen(site, a_failure(site, org=None, person="nobodys-name"))
    theirs = listed(administrator(other), other)[0].address.rpartition("/")[2]
    ours = listed(browser, site)[0].address.rpartition("/")[2]
    nobodys = str(int(theirs) + 1)
    assert browser.open(f"/o/{site.slug}/{page.format(ours)}").status == 200
    for number in (theirs, nobodys, "0", "9" * 18):
        browser.open(f"/o/{site.slug}/{page.format(number)}")
        assert browser.status == 404
        assert "no exchange with the number" in browser.text
        assert "secret" not in browser.text
    assert "secret" not in str(listed(browser, site))


def test_what_is_nobodys_is_for_administrators_of_the_server(site: Site, browser: Browser) -> None:
    settle(site.base_url, site.office)  # else it would be that of the only organisation
    Client(site.base_url, "headcount_of-another-server", OKTA)("GET", f"/Users/{site.slug}")
    root = signed_in(site.base_url, site.office, Reach.SERVER)

    def newest() -> list[Line]:
        lines = lines_of(root.open("/unclaimed"))
        return [one for one in lines if site.slug in root.open(one.address).text]

    (line,) = awaited(newest)
    assert (line.status, line.about) == (401, "")
    assert root.open("/organisations").text.count('href="/console/unclaimed"') == 1
    assert "came with a token that nobody here has" in text_of(root.text)
    for path in ("/unclaimed", line.address, "/unclaimed/live"):
        assert browser.open(path).status == 403
    assert "unclaimed" not in browser.open("/").text
    assert listed(browser, site) == []


HOSTILE: list[dict[str, Any]] = [
    {"person": "<script>alert(1)</script>", "client": "<b>x", "detail": "\u202e{{ 7 * 7 }}"},
    {"path": "/Users/<img src=x>", "method": "<i>", "query": "'\"><i>", "detail": "<i>\u200f"},
]


@pytest.mark.parametrize("given", HOSTILE)
def test_what_clients_say_is_harmless(given: dict[str, Any], site: Site, browser: Browser) -> None:
    happen(site, a_failure(site, **given), an_exchange(site, **given))
    for line in [*listed(browser, site), *listed(browser, site, "failures=yes")]:
        for path in (f"/o/{site.slug}/activity", line.address, f"/o/{site.slug}/"):
            browser.open(path)
            assert browser.status == 200
            assert browser.text.count("<script") == 1
            for mark in ("<img", "<i>", "<b>", "\u202e", "\u200f", ">49"):
                assert mark not in browser.text


def test_a_request_is_listed_once_it_was_answered(site: Site, browser: Browser) -> None:
    client(site)("GET", "/Users?startIndex=1&count=100")
    (line,) = awaited(lambda: listed(browser, site))
    assert line.words == "read page 1 of the users"
