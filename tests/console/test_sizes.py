"""Each page of the console where nobody is yet, where a few are, and where very many are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser as Chromium, Page as Window

from headcount.console.application import ALL_PAGES
from headcount.console.visits import Page
from headcount.store.visitors import Reach
from tests.console.browsing import root_of, signed_in
from tests.console.chromium import OPEN, Watched, launched
from tests.console.crowds import settle_in
from tests.console.estates import Estate, addresses, build
from tests.console.wording import TAME
from tests.databases import SQLITE, fresh
from tests.serving import Office, serving, settle
from tests.store.crowd import write
from tests.web.client import client

Scheme = Literal["light", "dark"]

NOBODY, FEW, SOME, VERY_MANY = 0, 10, 200, 100_000
DRAWN = [
    page
    for page in ALL_PAGES
    if page.method == "GET" and page.open_to and not page.path.endswith((".csv", "/live"))
]
OF_ONE = [page for page in DRAWN if "{slug}" in page.path]
LISTS = [page for page in OF_ONE if "{" not in page.path.replace("{slug}", "")]
OF_ALL = [page for page in DRAWN if page not in OF_ONE]
EVERYBODY = """INSERT INTO member (org, grp, member, kind)
        SELECT org, '{group}', id, 1 FROM resource WHERE org = {org} AND id LIKE 'crowd-%';
    UPDATE resource SET member_count = {count} WHERE kind = 2 AND id = '{group}'"""


@pytest.fixture(scope="module")
def estates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Estate]]:
    """An organisation of each size, on one server."""
    database = fresh(SQLITE, tmp_path_factory.mktemp("database"))
    with serving(database) as base_url:
        office = Office(database)
        found = {}
        for size in (NOBODY, FEW, SOME, VERY_MANY):
            site = settle(base_url, office)
            if size:
                settle_in(database, site.organisation, size - 2)  # and two with everything
                estate = build(site, TAME)
                group = client(site).create_group("Everybody")
                org = site.organisation.id
                write(database, EVERYBODY.format(group=group, org=org, count=size - 2))
                estate.ids["group"] = group
            else:
                estate = Estate(site, TAME)
                for reach in Reach:
                    estate.browsers[reach] = signed_in(base_url, office, reach, site.slug)
            found[size] = estate
        yield found
        office.close()


def most_of(page: Page) -> Reach:
    """Whose page it is mostly."""
    return Reach.ORGANISATION if Reach.ORGANISATION in page.open_to else Reach.SERVER


@pytest.mark.parametrize("page", OF_ONE, ids=lambda page: page.path)
def test_no_page_grows_with_the_accounts(page: Page, estates: dict[int, Estate]) -> None:
    lengths = {}
    for size in (FEW, SOME, VERY_MANY):
        estate = estates[size]
        browser = estate.browsers[most_of(page)].open(addresses(page, estate)[0])
        assert browser.status == 200
        lengths[size] = len(browser.text)
    assert lengths[VERY_MANY] < 1.05 * lengths[SOME]


NEXT = {
    "/o/{slug}/": "Connect an identity provider",
    "/o/{slug}/connect": "Waiting for the first request",
    "/o/{slug}/accounts": "Connect an identity provider",
    "/o/{slug}/groups": "Connect an identity provider",
    "/o/{slug}/roles": "Add the first rule below",
    "/o/{slug}/activity": "Connect an identity provider",
    "/o/{slug}/tokens": "Issue a token",
    "/o/{slug}/webhooks": "Add its address below",
    "/o/{slug}/keys": "With a key your application reads",
    "/o/{slug}/connectors": "It is added in a shell",
    "/o/{slug}/settings": "Make a set-up link",
}
"""What a page says where there is nothing to see yet."""


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.path)
def test_where_nobody_is_yet_a_page_says_what_to_do_next(
    page: Page, estates: dict[int, Estate]
) -> None:
    estate = estates[NOBODY]
    browser = estate.browsers[Reach.SERVER].open(addresses(page, estate)[0])
    assert browser.status == 200
    assert NEXT[page.path] in browser.text.partition("<main")[2]


def test_where_no_organisation_is_yet_the_page_says_what_to_do_next(tmp_path: Path) -> None:
    database = fresh(SQLITE, tmp_path)
    with serving(database) as base_url:
        office = Office(database)
        browser = signed_in(base_url, office, Reach.SERVER)
        assert browser.heading == "Organisations"
        assert "Create the first one" in browser.text
        office.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with launched("what people see or click otherwise") as browser:
        yield browser


EVERYTHING = {"resultTypes": ["violations"], "preload": False}
COLOURS = {**EVERYTHING, "runOnly": ["color-contrast"]}
RUN = """(options) => axe.run(
    {exclude: ["tbody > tr:nth-child(n + 9)", "ol > li:nth-child(n + 13)"]}, options)"""
"""Of what repeats itself the first ones: axe-core takes long over the colours of many rows."""

WAYS: Mapping[int, Sequence[tuple[int, Scheme, Mapping[str, Any]]]] = {
    NOBODY: [(1280, "light", EVERYTHING), (390, "dark", EVERYTHING)],
    FEW: [
        (1280, "light", EVERYTHING),
        (1280, "dark", COLOURS),
        (390, "light", EVERYTHING),
        (390, "dark", COLOURS),
    ],
    VERY_MANY: [(1280, "dark", EVERYTHING), (390, "light", EVERYTHING)],
}
"""How wide, in which colours, and what is looked at: light and dark differ in colours alone."""


def violations(window: Window, size: int) -> Iterator[str]:
    """What people who see or click otherwise would miss on a page."""
    window.evaluate(OPEN)
    window.evaluate(AXE_SCRIPT)
    for width, scheme, options in WAYS[size]:
        window.set_viewport_size({"width": width, "height": 800})
        window.emulate_media(color_scheme=scheme)
        for one in window.evaluate(RUN, options)["violations"]:
            for node in one["nodes"]:
                yield f"{window.url}, {width}, {scheme}, {one['id']}: {node['html'][:200]}"


@pytest.mark.parametrize(
    ("size", "pages"),
    [(NOBODY, LISTS), (FEW, OF_ONE), (FEW, OF_ALL), (VERY_MANY, OF_ONE)],
    ids=["nobody", "few", "server", "very many"],
)
def test_everybody_can_use_every_page(
    size: int, pages: Sequence[Page], estates: dict[int, Estate], chromium: Chromium
) -> None:
    estate = estates[size]
    window = Watched(chromium, root_of(estate.site.base_url))
    window.become(estate.browsers[Reach.SERVER])
    wrong: list[str] = []
    for page in pages:
        window.page.goto(window.root + addresses(page, estate)[0])
        wrong += violations(window.page, size)
    window.close()
    assert wrong == []


def test_everybody_can_come_in(estates: dict[int, Estate], chromium: Chromium) -> None:
    estate = estates[FEW]
    window = Watched(chromium, root_of(estate.site.base_url))
    link = f"/enter/{estate.ids['set-up link']}"
    wrong: list[str] = []
    for path in ("/sign-in", link, "/enter/nothing", "/nothing"):
        window.page.goto(window.root + path)
        wrong += violations(window.page, FEW)
    window.page.goto(window.root + link)
    window.page.get_by_role("button", name="Begin").click()
    wrong += violations(window.page, FEW)
    window.close()
    assert wrong == []
