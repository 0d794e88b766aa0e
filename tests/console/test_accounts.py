"""Accounts in the console: found page by page, exported, looked at, switched off and on."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from headcount.bootstrap import Runtime
from headcount.directory.tokens import Wish
from headcount.store.model import Kind, Policy
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.console.crowds import settle_in
from tests.serving import Office, Site, settle
from tests.store.estate import NAMES
from tests.web.client import Client, client, patch

MANY = 10_000
HOSTILE = (
    *NAMES,
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eevil\u202c \u200f",
    '=HYPERLINK("http://x.test")',
    "javascript:alert(1)",
)
ANY_POLICY = Policy()


@pytest.fixture
def browser(site: Site) -> Browser:
    return administrator(site)


def administrator(site: Site) -> Browser:
    return signed_in(site.base_url, site.office, Reach.ORGANISATION, site.slug)


def shown(browser: Browser) -> list[str]:
    """The user names in the list of the page."""
    rows = re.findall(
        r"<tr>\s*<td><a class=\"clip\" href=\"[^\"]*/accounts/[^>]*>.*?</tr>",
        browser.text,
        re.DOTALL,
    )
    return [
        unescape(re.findall(r"<span class=\"clip soft\"[^>]*>([^<]*)</span>", row)[0])
        for row in rows
    ]


def turn(browser: Browser, rel: str) -> Browser:
    """To the next page, or to the previous one."""
    found = re.search(rf'rel="{rel}" href="([^"]*)"', browser.text)
    assert found is not None, rel
    return browser.open(browser.url.partition("?")[0] + unescape(found[1]))


def exported(browser: Browser, site: Site, query: str = "") -> list[dict[str, str]]:
    """The rows of the export."""
    browser.open(f"/o/{site.slug}/accounts.csv{query}")
    assert browser.status == 200, browser.text
    assert browser.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(browser.text.removeprefix("\ufeff"), newline="")))


def test_where_nobody_is_yet_the_page_says_how_they_come(site: Site, browser: Browser) -> None:
    browser.open(f"/o/{site.slug}/accounts")
    assert (browser.status, browser.heading) == (200, "Accounts")
    assert "No accounts yet" in browser.text
    assert f"/o/{site.slug}/connect" in browser.text
    assert exported(browser, site) == []


def create(call: Client, user_name: str, more: dict[str, Any]) -> str:
    """A new account; its id."""
    answer = call("POST", "/Users", {"userName": user_name, **more})
    assert answer.status == 201, answer.data
    return str(answer.json()["id"])


PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"name": {"givenName": "Ada", "familyName": "Lovelace"}, "role": "owner"},
    "bob": {"emails": [{"value": "Robert@x.test"}], "externalId": "00u7"},
    "cy@x.test": {"displayName": "Straße", "active": False},
    "dan": {"role": "guest"},
    "eve": {"active": False, "role": "guest"},
}
FOUND = {
    "": ["ada", "bob", "cy@x.test", "dan", "eve"],
    "order=name-down": ["eve", "dan", "cy@x.test", "bob", "ada"],
    "order=old": ["ada", "bob", "cy@x.test", "dan", "eve"],
    "order=new": ["eve", "dan", "cy@x.test", "bob", "ada"],
    "order=none-such&state=asleep&role=king": ["ada", "bob", "cy@x.test", "dan", "eve"],
    "q=ADA": ["ada"],
    "q=ada+l": ["ada"],
    "q=love": ["ada"],
    "q=rob": ["bob"],
    "q=00u7": ["bob"],
    "q=00u": [],
    "q=strasse": ["cy@x.test"],
    "q=zoe": [],
    "q=%00": [],
    "q=%25": [],
    "state=inactive": ["cy@x.test", "eve"],
    "state=active": ["ada", "bob", "dan"],
    "role=guest": ["dan", "eve"],
    "role=guest&state=active": ["dan"],
    "role=member": ["bob", "cy@x.test"],
    "q=e&state=inactive&role=guest": ["eve"],
    "group=Engineering": ["ada", "eve"],
    "group=eng&role=guest": ["eve"],
    "group=eng&q=a": ["ada"],
    "group=none+such": [],
    "after=nobody": ["ada", "bob", "cy@x.test", "dan", "eve"],
    "after=%00&before=%00": ["ada", "bob", "cy@x.test", "dan", "eve"],
}


def test_a_search_finds_whom_it_says(site: Site, browser: Browser) -> None:
    call = client(site)
    made = {name: create(call, name, more) for name, more in PEOPLE.items()}
    call.create_group("Engineering", made["ada"], made["eve"])
    for query, names in FOUND.items():
        browser.open(f"/o/{site.slug}/accounts?{query}")
        assert browser.status == 200
        assert shown(browser) == names, query
        if "none+such" not in query:
            assert [row["userName"] for row in exported(browser, site, f"?{query}")] == names or (
                "after" in query
            )
    browser.open(f"/o/{site.slug}/accounts")
    assert "5 accounts, 3 of them active" in browser.text
    call.create_group("England")
    browser.open(f"/o/{site.slug}/accounts?group=eng")
    assert "such as Engineering, England" in browser.text


@pytest.fixture(scope="module")
def crowded(server: str, office: Office, database: str) -> Site:
    """An organisation of very many."""
    site = settle(server, office)
    settle_in(database, site.organisation, MANY)
    return site


def names(first: int, last: int, step: int = 1) -> list[str]:
    return [f"person{number:06}@acme.test" for number in range(first, last, step)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", names(1, MANY + 1)),
        ("order=new", names(MANY, 0, -1)),
        ("state=inactive", names(10, MANY + 1, 10)),
        ("role=owner", names(7, MANY + 1, 100)),
        ("q=person00", names(1, MANY)),
        ("q=person+0001", names(100, 200)),
    ],
)
def test_pages_lead_there_and_back(crowded: Site, query: str, wanted: list[str]) -> None:
    browser = administrator(crowded).open(f"/o/{crowded.slug}/accounts?{query}")
    pages = [shown(browser)]
    while 'rel="next"' in browser.text and len(pages) < 4:
        pages.append(shown(turn(browser, "next")))
    assert [name for page in pages for name in page] == wanted[: 50 * len(pages)]
    for page in pages[-2::-1]:
        assert shown(turn(browser, "prev")) == page
    assert 'rel="prev"' not in browser.text
    assert ("10,000 accounts, 9,000 of them active" in browser.text) is (query in {"", "order=new"})


def test_everybody_is_exported(crowded: Site) -> None:
    browser = administrator(crowded)
    rows = exported(browser, crowded)
    assert browser.headers["content-type"] == "text/csv; charset=utf-8"
    assert browser.headers["content-disposition"] == (
        f'attachment; filename="{crowded.slug}-accounts.csv"'
    )
    assert [row["userName"] for row in rows] == names(1, MANY + 1)
    assert {row["active"] for row in rows} == {"true", "false"}
    inactive = exported(browser, crowded, "?state=inactive&q=person")
    assert [row["userName"] for row in inactive] == names(10, MANY + 1, 10)


def body_of(text: str) -> dict[str, Any]:
    return {
        "displayName": text,
        "title": text,
        "externalId": text[:300],
        "name": {"familyName": text, "givenName": text},
        "emails": [{"value": text, "type": text}, {"display": text}],
        "addresses": [{"streetAddress": text}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": text},
    }


def harmless(browser: Browser) -> None:
    """No text of a client has become a part of the page."""
    assert browser.status == 200
    scripts = re.findall(r"<script[^>]*>", browser.text)
    assert len(scripts) == 1
    assert "/static/console.js" in scripts[0]
    assert "<img" not in browser.text
    assert ">49 " not in browser.text
    assert " onerror=" not in re.sub(r'"[^"]*"', "", re.sub(r">[^<]*<", "><", browser.text))
    assert not re.search(r'href="javascript', browser.text)
    assert "\x00" not in browser.text


def test_what_clients_send_is_harmless_on_every_page(site: Site, browser: Browser) -> None:
    call = client(site)
    made = [create(call, text, body_of(text)) for text in HOSTILE]
    for one in made:
        change = {"op": "replace", "path": "title", "value": "<b>after</b>"}
        assert call("PATCH", f"/Users/{one}", patch(change)).status == 200
    call.create_group("<script>alert(2)</script>", *made)
    browser.open(f"/o/{site.slug}/accounts")
    harmless(browser)
    assert len(shown(browser)) == len(HOSTILE)
    for one, text in zip(made, HOSTILE, strict=True):
        browser.open(f"/o/{site.slug}/accounts/{one}")
        harmless(browser)
        assert "&lt;b&gt;after" in browser.text
        assert "&lt;script&gt;alert(2)" in browser.text
        assert len(browser.text) < 100_000 + 40 * len(text)
    rows = exported(browser, site)
    assert sorted(row["userName"].removeprefix("'") for row in rows) == sorted(HOSTILE)
    assert not [row for row in rows if row["displayName"][:1] in {"=", "+", "-", "@", "\t", "\r"}]
    for text in HOSTILE:
        browser.open(f"/o/{site.slug}/accounts?{urlencode({'q': text})}")
        harmless(browser)
    for wrong in ("%22%3E%3Cscript%3E", "%00", "x" * 1_000, "'", "%E2%80%AE"):
        assert browser.open(f"/o/{site.slug}/accounts/{wrong}").status == 404
        assert "<script>" not in browser.text


def test_nobody_sees_an_account_of_another_organisation(
    site: Site, settled: Callable[[Policy], Site]
) -> None:
    other = settled(ANY_POLICY)
    theirs = client(other).create("secret-name", title="secret-title")
    browser = administrator(site)
    for slug in (site.slug, other.slug):
        browser.open(f"/o/{slug}/accounts/{theirs}")
        assert browser.status == 404
        assert "secret-" not in browser.text
        for path in ("accounts?q=secret", "accounts.csv?q=secret"):
            assert "secret-name" not in browser.open(f"/o/{slug}/{path}").text
    client(site).create("ours")
    form = token_of(browser.open(f"/o/{site.slug}/tokens"))
    for slug in (site.slug, other.slug):
        for action, fields in (("active", {"active": "no"}), ("role", {"role": "owner"})):
            browser.post(f"/o/{slug}/accounts/{theirs}/{action}", {**form, **fields})
            assert browser.status == 404
    assert client(other)("GET", f"/Users/{theirs}").json()["active"] is True
    server = signed_in(site.base_url, site.office, Reach.SERVER)
    assert server.open(f"/o/{site.slug}/accounts/{theirs}").status == 404
    assert server.open(f"/o/{other.slug}/accounts/{theirs}").status == 200


def token_of(browser: Browser) -> dict[str, str]:
    """The hidden field that every form of a session carries."""
    found = re.search(r'name="csrf" value="([^"]*)"', browser.text)
    assert found is not None
    return {"csrf": found[1]}


def test_an_account_is_switched_off_and_on_and_given_a_role(site: Site, browser: Browser) -> None:
    call = client(site)
    one = call.create("ada")
    page = f"/o/{site.slug}/accounts/{one}"
    browser.open(page).submit("/active")
    assert "Deactivated." in browser.text
    assert call("GET", f"/Users/{one}").json()["active"] is False
    browser.submit("/active")
    assert "Reactivated." in browser.text
    assert call("GET", f"/Users/{one}").json()["active"] is True
    browser.submit("/role", role="guest")
    assert "The role was changed." in browser.text
    assert call("GET", f"/Users/{one}").json()["role"] == "guest"
    browser.submit("/role", role="guest")  # which changes nothing
    assert site.events()[1:] == [
        "account.deactivated",
        "account.reactivated",
        "account.role_changed",
    ]
    actor = f"administrator:admin@{site.slug}.test"
    assert {one.actor for one in site.feed()[1:]} == {actor}
    org = site.organisation.id
    noted = site.office.do(lambda runtime: runtime.store.audited(org, None, 3))
    assert [(entry.action, entry.actor) for entry in noted] == [
        ("account.role_changed", actor),
        ("account.reactivated", actor),
        ("account.deactivated", actor),
    ]
    assert noted[0].data == {"account": one, "name": "ada", "role": ["member", "guest"]}


def test_what_may_not_be_is_refused_in_a_sentence(
    settled: Callable[[Policy], Site],
) -> None:
    site = settled(Policy(seats=2))
    call = client(site)
    owner, asleep = call.create("owner", role="owner"), call.create("asleep", active=False)
    call.create("third")
    browser = administrator(site)
    page = f"/o/{site.slug}/accounts/{owner}"
    assert browser.open(page).submit("/active").status == 409
    assert "This account is the last active owner" in browser.text
    assert browser.open(page).submit("/role", role="guest").status == 409
    assert "This account is the last active owner" in browser.text
    assert browser.open(page).submit("/role", role="king").status == 400
    assert "king" in browser.text
    assert browser.open(page).submit("/active", active="perhaps").status == 400
    page = f"/o/{site.slug}/accounts/{asleep}"
    assert browser.open(page).submit("/active").status == 403
    assert "All 2 seats of the organisation are taken" in browser.text
    slug = site.slug
    site.office.change(lambda runtime: runtime.organisations.set_disabled(slug, disabled=True))
    assert browser.open(page).submit("/role", role="guest").status == 403
    assert "Provisioning is switched off" in browser.text
    assert site.events() == ["account.created"] * 3
    assert browser.post(f"{page}/active", {"active": "yes"}).status == 403


def test_an_account_tells_who_set_what_and_what_will_be_set_again(
    site: Site, browser: Browser
) -> None:
    call = client(site)
    one = create(call, "ada", {"title": "Engineer", "name": {"familyName": "King"}})
    change = {"op": "replace", "path": "title", "value": "Chief"}
    call("PATCH", f"/Users/{one}", patch(change))
    inner = call.create_group("Inner circle", one)
    outer = call.create_group("Outer circle", inner)
    browser.open(f"/o/{site.slug}/accounts/{one}")
    assert browser.text.count("The identity provider sets this again") == 2
    assert re.search(r"<del>Engineer</del>.*<ins>Chief</ins>", browser.text)
    assert f"/o/{site.slug}/activity?resource={one}" in browser.text
    for group, told in ((inner, "</li>"), (outer, "through another group")):
        assert re.search(rf'/groups/{group}"><bdi>.*?</a>\s*(<span[^>]*>)?{told}', browser.text)
    browser.submit("/role", role="guest")
    row = re.search(r'<tr><td title="role">.*?</tr>', browser.text, re.DOTALL)
    assert row is not None
    assert f"admin@{site.slug}.test" in row[0]
    row = re.search(r'<tr><td title="title">.*?</tr>', browser.text, re.DOTALL)
    assert row is not None
    assert "Provider" in row[0]
    assert "<bdi>test" in row[0]


def test_what_no_provider_wrote_is_not_said_to_be_set_again(site: Site, browser: Browser) -> None:
    caller = site.operator

    async def make(runtime: Runtime) -> str:
        outcome = await runtime.directory.create(caller, Kind.USER, {"userName": "by-hand"})
        return str(outcome.stored.id)

    one = site.office.do(make)
    browser.open(f"/o/{site.slug}/accounts/{one}")
    assert "The identity provider sets this again" not in browser.text
    assert "Command line" in browser.text


def test_a_long_life_is_told_in_pages(site: Site, browser: Browser) -> None:
    call = client(site)
    one = call.create("ada")
    for number in range(70):
        change = {"op": "replace", "path": "title", "value": f"Title {number}"}
        call("PATCH", f"/Users/{one}", patch(change))
    browser.open(f"/o/{site.slug}/accounts/{one}")
    told: list[str] = []
    for _ in range(3):
        told += re.findall(r"<ins>(Title \d+)</ins>", browser.text)
        found = re.search(r'href="(\?before=\d+)#timeline"', browser.text)
        if found:
            browser.open(browser.url.partition("?")[0] + found[1])
    assert told == [f"Title {number}" for number in range(69, -1, -1)]
    assert found is None
    for wrong in ("0", "-1", "x", "9" * 40):
        assert browser.open(f"/o/{site.slug}/accounts/{one}?before={wrong}").status == 200


def test_accounts_are_found_by_the_provider_that_wrote_them(site: Site, browser: Browser) -> None:
    call = client(site)
    call.create("ada")
    token, _ = site.office.change(
        lambda runtime: runtime.organisations.issue(site.slug, Wish("entra"))
    )
    client(replace(site, token=token)).create("grace")
    browser.open(f"/o/{site.slug}/accounts?provider=entra")
    assert shown(browser) == ["grace"]
    assert '<option value="entra" selected>' in browser.text
    browser.open(f"/o/{site.slug}/accounts?provider=nobody")
    assert shown(browser) == []
    assert "Nobody fits" in browser.text
    assert sorted(shown(browser.open(f"/o/{site.slug}/accounts"))) == ["ada", "grace"]
