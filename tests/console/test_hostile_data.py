"""Whatever people and providers call things: no page of the console becomes anything else by it."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser as Chromium, expect

from headcount.console.application import ALL_PAGES
from headcount.console.visits import Page
from headcount.store.visitors import Reach
from tests.console.browsing import Form
from tests.console.chromium import OPEN, Watched, launched
from tests.console.estates import QUERIES, Estate, addresses, asking, build
from tests.console.reading import Reading, read
from tests.console.wording import (
    CONTROLS,
    DRAWN_OUT,
    HOSTILE,
    LONG,
    MARK,
    MARKED,
    MARKUP,
    TAME,
    TURNING,
    Words,
    digits_of,
)
from tests.databases import SQLITE, fresh
from tests.serving import Office, serving, settle
from tests.web.client import client

DRAWN = [page for page in ALL_PAGES if page.method == "GET" and not page.path.endswith(".csv")]
DONE = [
    page
    for page in ALL_PAGES
    if page.method == "POST" and page.path != "/leave"  # which signs out whoever comes after
]
HOLDS_DATA = frozenset(
    {"value", "title", "href", "action", "aria-label", "data-copy", "data-confirm", "data-follow"}
)
LEADS = frozenset({"href", "src", "action", "data-follow"})
INSIDE = re.compile(r"/console([/?]|$)|[?#]|https://[a-z.]+/")
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ENTITY = re.compile(r"&(#\d+|lt|gt|quot|amp);")
FROM_BODIES = {"/o/{slug}/connect", "/o/{slug}/activity/{number:int}"}
"""Pages that show what bodies hold; those of very much are not kept whole."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CLIENT = digits_of("client")
OIDC = {
    "HEADCOUNT_OIDC_ISSUER": "http://127.0.0.1:9/",  # where nothing answers
    "HEADCOUNT_OIDC_CLIENT_ID": "headcount",
    "HEADCOUNT_OIDC_CLIENT_SECRET": "secret",
}


@pytest.fixture(scope="module")
def estates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Estate]]:
    """An organisation on a server where names are harmless, and some on one where they are not."""
    found: dict[str, Estate] = {}
    with ExitStack() as stack:
        for all_words in ((TAME,), HOSTILE):
            database = fresh(SQLITE, tmp_path_factory.mktemp("database"))
            name = {
                "HEADCOUNT_OIDC_NAME": MARKED.header("") if HOSTILE is all_words else "Provider"
            }
            base_url = stack.enter_context(serving(database, **OIDC, **name))
            office = Office(database)
            stack.callback(office.close)
            settle(base_url, office)  # where there is one alone, nobody's requests are its own
            for words in all_words:
                found[words.name] = build(settle(base_url, office), words)
        yield found


def readings(page: Page, estate: Estate) -> Iterator[tuple[str, Reading]]:
    """A page at all of its addresses, as everybody sees it to whom it is open."""
    for reach in page.open_to or (None,):
        browser = estate.browsers[reach]
        for path in addresses(page, estate):
            yield path, Reading(read(browser, path))
            assert browser.status in {200, 303, 400, 404, 429, 503}, path
        if page.path.endswith("/live"):
            continue
        for path in addresses(page, estate)[:3]:
            yield path, Reading(read(browser, path.partition("?")[0] + asking(estate)))


def check(reading: Reading) -> None:
    """Nothing in it does what it should not."""
    for tag, name, value in reading.attributes:
        assert not MARK.search(value) or name in HOLDS_DATA, (tag, name, value)
        assert name not in LEADS or INSIDE.match(value), (tag, name, value)
        assert name not in {"data-confirm", "aria-label"} or not TURNS.search(value), value
    for tag, text in reading.texts:
        assert tag not in {"title", "option"} or not TURNS.search(text), text
    assert not ENTITY.search(reading.text)
    for mark in MARK.finditer(reading.text):
        behind = reading.text[mark.end() : mark.end() + 7]
        whole = mark[2] == MARKED.name[0] and mark[1] != CLIENT  # of which the name alone is shown
        assert not whole or behind in {"{{7*7}}", "%7B%7B7"}, behind


FIELDS = (
    *("email", "organisation", "name", "slug", "username_format", "allowed_domains", "seats"),
    *("days", "label", "lifetime", "profile", "overlap", "active", "role", "resource", "type"),
    *("namespace", "multi_valued", "canonical", "description", "secret", "disabled", "csrf"),
    *("do", "group", "seen", "new-role", "url", "types", "other", "begin", "first", "last"),
)
"""Every field that a form of the console has."""


def answers(page: Page, estate: Estate) -> Iterator[Reading]:
    """What a form is answered in which everything is called so, even what it is about."""
    reach = Reach.SERVER if page.open_to else None
    browser = estate.browsers[reach]
    form = {name: estate.words(f"form {name}", 3_000) for name in FIELDS}
    if reach is not None:
        form |= Form(browser.open("/administrators").text).forms[0][1]
    named = quote(estate.words("named in an address", 200, "/"), safe="")
    ids = (named, estate.ids["leaver"]) if "{id}" in page.path else (named,)
    for one in ids:
        path = page.path.replace("{slug}", estate.slug).replace("{id}", one)
        for wrong in (form, {**form, "csrf": estate.words("no secret")}):
            yield Reading(browser.post(path + asking(estate), wrong, follow=False).text)
            assert browser.status in {200, 303, 400, 403, 404, 409}, path


@pytest.mark.parametrize("page", DONE, ids=lambda page: page.path)
def test_no_form_is_answered_with_what_was_typed(page: Page, estates: dict[str, Estate]) -> None:
    shapes = {shape for one in answers(page, estates[TAME.name]) for shape in one.shapes}
    for words in HOSTILE:
        for reading in answers(page, estates[words.name]):
            assert reading.shapes <= shapes
            check(reading)


@pytest.mark.parametrize("page", DRAWN, ids=lambda page: page.path or "/")
def test_no_page_becomes_what_its_data_says(page: Page, estates: dict[str, Estate]) -> None:
    plain = [reading for _, reading in readings(page, estates[TAME.name])]
    shapes = {shape for reading in plain for shape in reading.shapes}
    marks = {mark[1] for reading in plain for mark in MARK.finditer(reading.text)}
    assert not [name for _, name in shapes if name.startswith("on") or name == "style"]
    for words in HOSTILE:
        seen: set[str] = set()
        for path, reading in readings(page, estates[words.name]):
            assert reading.shapes <= shapes, path
            check(reading)
            seen.update(mark[1] for mark in MARK.finditer(reading.text) if mark[2] == words.name[0])
        if words is not DRAWN_OUT or page.path not in FROM_BODIES:
            assert marks - {CLIENT} <= seen, words.name


def test_all_that_a_page_asks_for_is_tried() -> None:
    console = Path(str(files("headcount.console")))
    sources = [one.read_text() for kind in ("py", "html") for one in console.rglob(f"*.{kind}")]
    for asks, tried in ((r"asked\([\"'](\w+)", QUERIES), (r"form\.get\([\"']([\w-]+)", FIELDS)):
        assert {name for text in sources for name in re.findall(asks, text)} <= set(tried)


def test_an_export_runs_nothing(estates: dict[str, Estate]) -> None:
    for words in (TAME, *HOSTILE):
        estate = estates[words.name]
        browser = estate.browsers[Reach.SERVER].open(f"/o/{estate.slug}/accounts.csv")
        text = browser.text.removeprefix("\ufeff")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == 3  # with the head
        assert len({len(row) for row in rows}) == 1
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(FORMULA)]
        for place in ("account userName", "leaver", "account externalId"):
            name = words(place, 300 if "Id" in place else LONG)
            assert [cell for cell in cells if cell.removeprefix("'") == name], place


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with launched("what hostile data does") as browser:
        yield browser


TAIL = MARKUP + TURNING + CONTROLS
ALONE = """(tail) => {
    const turns = /[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/;
    const isolates = (element) => {
        const style = getComputedStyle(element);
        return style.display !== "inline" || /isolate|plaintext/.test(style.unicodeBidi);
    };
    const bare = (text) => text.replace(/[\\s\\x85]/g, "");
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), wrong = [];
    while (texts.nextNode()) {
        let element = texts.currentNode.parentElement;
        if (!turns.test(texts.currentNode.data)) continue;
        while (!isolates(element)) element = element.parentElement;
        const told = bare(element.textContent).replace(/…(\\([\\d,]+characters\\))?$/, "");
        if (/^(organisation-\\d+\\.)?m[0-9a-f]{8}mm\\S*@acme\\.test$/.test(told)) continue;
        const [mark] = /^m[0-9a-f]{8}mm/.exec(told) || [""];
        if (!mark || !bare(tail).startsWith(told.slice(mark.length))) wrong.push(told);
    }
    return wrong;
}"""
"""Texts that turn their neighbours round: those that stand beside anything else."""


def walk(estate: Estate) -> Iterator[tuple[Reach | None, str]]:
    """Each page at some of its addresses, as whoever may see most of it."""
    for page in DRAWN:
        if not page.path.endswith("/live"):
            paths = addresses(page, estate)
            for path in dict.fromkeys([*paths[:2], *paths[2 :: len(paths) // 4 + 1]]):
                yield (Reach.SERVER if page.open_to else None), path


@pytest.mark.parametrize("words", [MARKED, DRAWN_OUT], ids=lambda words: words.name)
def test_nothing_happens_in_a_browser(
    words: Words, estates: dict[str, Estate], chromium: Chromium
) -> None:
    estate = estates[words.name]
    root = estate.browsers[None].root
    window = Watched(chromium, root, viewport={"width": 390, "height": 800})
    wrong = []
    for reach, path in walk(estate):
        window.become(estate.browsers[reach])
        answer = window.page.goto(root + path)
        window.page.evaluate(OPEN)
        if (width := window.page.evaluate("document.documentElement.scrollWidth")) > 390:
            wrong.append(f"{path} is {width} wide")
        wrong += [f"{path}: {text}" for text in window.page.evaluate(ALONE, TAIL)]
        wrong += [f"{path}: {told}" for told in window.told(answer)]
    window.close()
    assert wrong == []


def test_what_arrives_on_an_open_page_is_harmless_too(
    estates: dict[str, Estate], chromium: Chromium
) -> None:
    estate = estates[MARKED.name]
    browser = estate.browsers[Reach.SERVER]
    window = Watched(chromium, browser.root, viewport={"width": 390, "height": 800})
    window.become(browser)
    for path, arrived in (("activity", "#requests"), ("connect", ".told")):
        window.page.goto(f"{browser.root}/o/{estate.slug}/{path}")
        mark = MARKED(path)[:11]
        client(estate.site)("POST", "/Users", {"userName": MARKED(path), "role": MARKED(path)})
        expect(window.page.locator(arrived)).to_contain_text(mark)
        assert window.page.evaluate(ALONE, TAIL) == []
        assert window.page.evaluate("document.documentElement.scrollWidth") == 390
    window.close()
    assert window.troubles == []
