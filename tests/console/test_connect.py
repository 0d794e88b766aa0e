"""The page Connect of a real server: what it shows and issues, and what it tells as it comes."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import NamedTuple
from urllib.parse import urljoin

import pytest
from click.testing import CliRunner

from headcount.bootstrap import clock
from headcount.cli import main
from headcount.console.guides import shelf
from headcount.store.model import Policy, UsernameFormat
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, Followed, signed_in
from tests.serving import Office, Site, address_of, serving, settle, start
from tests.web.client import Client, client

TOKEN = re.compile(r"headcount_\w{49}")
FOLLOW = re.compile(r'data-follow="([^"]*)"')
ALL = re.compile(r"\s+")


def text_of(html: str) -> str:
    """What people read."""
    return unescape(ALL.sub(" ", re.sub(r"<[^>]*>", "", html)))


def connect(site: Site, reach: Reach = Reach.SET_UP, provider: str = "okta") -> Browser:
    """Somebody who looks at the page."""
    browser = signed_in(site.base_url, site.office, reach, site.slug)
    return browser.open(f"/o/{site.slug}/connect" + (f"?provider={provider}" if provider else ""))


def follow(browser: Browser) -> Followed:
    """What comes while the page is open."""
    (path,) = FOLLOW.findall(browser.text)
    return Followed(browser, unescape(path))


class Alone(NamedTuple):
    """An organisation that has a server for itself."""

    site: Site
    token: str


@pytest.fixture(scope="module")
def alone(another_database: Callable[[], str]) -> Iterator[Alone]:
    database = another_database()
    with serving(database) as base_url:
        office = Office(database)
        site = settle(base_url, office, Policy(username_format=UsernameFormat.EMAIL))
        yield Alone(site, site.token)
        office.close()


def test_the_providers_are_offered(site: Site) -> None:
    browser = connect(site, provider="")
    for key, guide in shelf().items():
        assert f"?provider={key}&amp;" in browser.text
        assert guide.title in browser.text
    assert connect(site, provider="nobody").text.count('class="providers"') == 1


@pytest.mark.parametrize("provider", shelf())
def test_every_guide_is_a_page_with_the_values_of_the_organisation(
    provider: str, site: Site
) -> None:
    browser = connect(site, Reach.ORGANISATION, provider)
    assert browser.status == 200
    assert f'data-copy="{site.base_url}"' in browser.text
    assert "yourorganisation" not in browser.text
    assert browser.heading.startswith("Connect ")
    assert provider == "generic" or shelf()[provider].title in browser.heading


def test_what_the_organisation_allows_stands_there(settled: Callable[[Policy], Site]) -> None:
    policy = Policy(UsernameFormat.EMAIL, ("acme.test", "acme.example"), 250)
    text = text_of(connect(settled(policy)).text)
    assert "E-mail addresses only" in text
    assert "acme.test, acme.example" in text
    assert "250 active accounts at most" in text


def test_a_token_is_issued_in_place_and_shown_once(site: Site) -> None:
    browser = connect(site)
    assert not TOKEN.search(browser.text)
    browser.submit("/connect")
    (token,) = set(TOKEN.findall(browser.text))
    assert f'data-copy="Bearer {token}"' in browser.text
    assert Client(site.base_url, token)("GET", "/Users").status == 200
    assert token not in browser.open(f"/o/{site.slug}/connect?provider=okta").text
    tokens = site.office.do(lambda runtime: runtime.organisations.tokens(site.slug))
    kept = next(one for one in tokens if one.label.startswith("okta"))
    assert kept.expires is not None
    assert timedelta(days=364) < kept.expires - clock() <= timedelta(days=365)
    org = site.organisation.id
    (entry,) = [
        one
        for one in site.office.do(lambda runtime: runtime.store.audited(org, None, 20))
        if one.action == "token.issued" and one.actor.startswith("set-up:")
    ]
    assert entry.data["label"] == kept.label


def test_only_okta_gets_the_word_in_front(site: Site) -> None:
    browser = connect(site, Reach.ORGANISATION, "entra")
    browser.submit("/connect")
    (token,) = set(TOKEN.findall(browser.text))
    assert f'data-copy="{token}"' in browser.text
    assert f"Bearer {token}" not in browser.text
    assert site.kept("entra")


def test_a_set_up_link_issues_a_handful_and_sees_no_others(site: Site) -> None:
    site.issue("of-the-operator")
    browser = connect(site)
    page = f"/o/{site.slug}/connect?provider=okta"
    for _ in range(5):
        browser.open(page).submit("/connect")
        assert TOKEN.search(browser.text)
    assert "as many tokens as it may" in browser.open(page).text
    fields = {"csrf": re.findall(r'name="csrf" value="(\w+)"', browser.text)[0]}
    browser.post(page, fields)
    assert browser.status == 403
    assert "issues no more" in browser.text
    assert not TOKEN.search(browser.text)
    assert "of-the-operator" not in browser.text
    assert "okta (set-up link" in browser.text
    other = connect(site)  # by a link of its own
    assert "okta (set-up link" not in other.text
    other.submit("/connect")
    assert TOKEN.search(other.text)


def test_a_set_up_link_leads_to_no_other_page(site: Site) -> None:
    browser = connect(site)
    assert "<nav" not in browser.text
    inside = [one for one in re.findall(r'href="(/[^"]*)"', browser.text) if "static" not in one]
    assert {one.split("?")[0] for one in inside} <= {
        "/console/",
        f"/console/o/{site.slug}/connect",
    }
    for page in ("tokens", "settings", "", "activity"):
        assert browser.open(f"/o/{site.slug}/{page}").status in {403, 404}


def test_an_administrator_is_led_to_the_set_up_links(site: Site) -> None:
    browser = connect(site, Reach.ORGANISATION)
    assert f"/o/{site.slug}/settings#links" in browser.text


def test_waiting_turns_into_reached_by_itself(site: Site) -> None:
    browser = connect(site)
    assert "Waiting for the first request" in browser.text
    live = follow(browser)
    asked = {"User_Agent": "Okta SCIM Client 1.0.0"}
    client(site)("GET", "/Users?startIndex=1&count=2", **asked)
    told = text_of(live.until("reached us"))
    assert re.search(
        r"Okta reached us at \d\d:\d\d:\d\d UTC \(just now\): read the first users", told
    )
    assert "everything is right" in told
    live.close()
    (again,) = re.findall(r'<noscript><p><a href="([^"]*)">Look again</a>', browser.text)
    browser.open(urljoin(browser.url, unescape(again)))  # as without JavaScript
    assert "everything is right" in text_of(browser.text)


def test_waiting_turns_into_what_is_wrong_and_how_to_mend_it(alone: Alone) -> None:
    site = alone.site
    browser = connect(site)
    live = follow(browser)
    client_of_okta = {"User_Agent": "Okta SCIM Client 1.0.0"}
    Client(site.base_url, "headcount_wrong")("GET", "/Users", **client_of_okta)
    told = text_of(live.until("refused"))
    assert "none that this server has issued" in told
    assert "API Token (Provisioning, Integration)" in told
    Client(site.base_url.removesuffix("/scim/v2"), alone.token)("GET", "/Users", **client_of_okta)
    told = text_of(live.until("/scim/v2"))
    assert "Base URL" in told
    ask = Client(site.base_url, alone.token)
    ask("POST", "/Users", {"userName": "grace"}, **client_of_okta)
    told = text_of(live.until("e-mail address"))
    assert "Application username format" in told
    ask("GET", "/Users?startIndex=1&count=2", **client_of_okta)
    told = text_of(live.until("That was right"))
    assert "What else was refused" in told
    assert "none that this server" not in told  # whoever gets in has the right token
    ask("POST", "/Users", {"userName": "ada@acme.test"}, **client_of_okta)
    live.close()


def test_where_there_are_several_organisations_nobody_is_told_of_unknown_ones(site: Site) -> None:
    settle(site.base_url, site.office)
    browser = connect(site)
    live = follow(browser)
    Client(site.base_url, "headcount_wrong")("GET", "/Users")
    client(site)("GET", "/Users?count=1")
    told = text_of(live.until("reached us"))
    assert "none that this server" not in told
    assert "everything is right" in told
    live.close()


def test_the_attributes_that_arrived_are_held_against_the_expected(site: Site) -> None:
    body = {"userName": "ada", "name": {"givenName": "Ada"}, "colour": "red", "title": "Countess"}
    assert client(site)("POST", "/Users", body).status == 201
    browser = connect(site)
    deadline = time.monotonic() + 10
    while "Countess" not in browser.text and time.monotonic() < deadline:
        browser.open(f"/o/{site.slug}/connect?provider=okta")
    rows = [text_of(row) for row in re.findall(r"<tr>.*?</tr>", browser.text, re.DOTALL)]
    by_name = {row.split()[0]: row for row in rows if row.strip()}
    assert "Understood" in by_name["name.givenName"]
    assert "Kept" in by_name["title"]
    assert "Passed over" in by_name["colour"]
    assert "Not sent" in by_name["externalId"]


@pytest.mark.parametrize(
    ("provider", "name"), [("okta", "Okta"), ("entra", "Microsoft Entra ID, simulated")]
)
def test_the_page_alone_is_enough_to_connect(provider: str, name: str, site: Site) -> None:
    browser = connect(site, provider=provider)
    live = follow(browser)
    browser.submit("/connect")
    copied = [unescape(value) for value in re.findall(r'data-copy="([^"]*)"', browser.text)]
    address = next(value for value in copied if value.endswith("/scim/v2"))
    token = next(value for value in copied if "headcount_" in value).removeprefix("Bearer ")
    words = ["simulate", provider, "--base-url", address, "--token", token]
    played = CliRunner().invoke(main, words)
    assert played.exit_code == 0, played.output
    assert f"{name} reached us" in text_of(live.until("reached us"))
    live.close()


def test_whoever_is_signed_out_sees_no_more(site: Site) -> None:
    browser = connect(site)
    path = unescape(FOLLOW.findall(browser.text)[0])
    browser.submit("/leave")
    answer = Followed(browser, path).answer
    assert answer.status == 303
    answer.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_open_pages_do_not_hold_up_the_end_of_the_server(
    workers: str, another_database: Callable[[], str]
) -> None:
    database = another_database()
    server = start(database, "--workers", workers)
    office = Office(database)
    try:
        site = settle(address_of(server), office)
        browser = connect(site)
        live = [follow(browser) for _ in range(4)]
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(15)
        assert time.monotonic() - begun < 6
        assert all(one.is_over() for one in live)
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()
        office.close()
