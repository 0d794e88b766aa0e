"""The list of requests while it is open: what comes is shown, to whom it is, for as long."""

import re
import signal
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from headcount.bootstrap import Runtime
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, Followed, signed_in
from tests.console.happenings import a_failure, an_exchange, happen
from tests.console.lines import awaited, lines_of
from tests.serving import Office, Site, address_of, settle, start
from tests.web.client import Client, client

OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}


def opened(site: Site, query: str = "", reach: Reach = Reach.ORGANISATION) -> Browser:
    """Somebody who looks at the list."""
    browser = signed_in(site.base_url, site.office, reach, site.slug)
    return browser.open(f"/o/{site.slug}/activity?{query}")


def followed(browser: Browser, **headers: str) -> Followed:
    """What comes while the page is open."""
    (path,) = re.findall(r'data-follow="([^"]*)"', browser.text)
    return Followed(browser, unescape(path), **headers)


def words_in(event: str) -> list[str]:
    """What the lines in an event say."""
    return [line.words for line in lines_of(event)]


def test_a_request_appears_by_itself(site: Site) -> None:
    browser = opened(site)
    live = followed(browser)
    assert live.answer.headers["content-type"].startswith("text/event-stream")
    assert live.answer.headers["cache-control"] == "no-store"
    ask = Client(site.base_url, site.token, OKTA)
    ask.create("grace@acme.test")
    event = live.until("created grace@acme.test")
    assert re.search(r"^event: first$", event, re.MULTILINE)
    (line,) = lines_of(event)
    assert (line.provider, line.method, line.status) == ("Okta", "POST", 201)
    assert browser.open(line.address).status == 200
    assert browser.open(line.about).status == 200
    ask("POST", "/Users", {"userName": "GRACE@acme.test"})
    assert "Another account has the userName" in live.until("tried to create")
    live.close()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["PATCH a", "GET b", "tried to create a", "tried to create b"]),
        ("failures=yes", ["tried to create a", "tried to create b"]),
        ("person=A", ["PATCH a", "tried to create a"]),
        ("method=GET", ["GET b"]),
        ("status=409", ["tried to create b"]),
        ("alike=", ["tried to create a"]),
    ],
)
def test_what_is_not_looked_for_does_not_appear(query: str, shown: list[str], site: Site) -> None:
    happen(site, a_failure(site, "first"))
    (line,) = lines_of(opened(site))
    live = followed(opened(site, query.replace("alike=", f"alike={line.address.split('/')[-1]}")))
    taken: dict[str, Any] = {"status": 409, "refusal": "Taken", "detail": "belongs to another User"}
    happen(
        site,
        an_exchange(site, method="PATCH", person="a", detail="PATCH a"),
        an_exchange(site, person="b", detail="GET b"),
        a_failure(site, "a"),
        a_failure(site, "b", **taken),
    )
    assert words_in(live.until('class="request"')) == shown[::-1]
    happen(site, a_failure(site, "ada", method="GET", **taken))
    assert words_in(live.until("event: ")) == (
        [] if "alike" in query else ["tried to read the users"]
    )
    live.close()


def test_after_very_many_the_newest_are_shown(site: Site) -> None:
    live = followed(opened(site))
    happen(site, *(an_exchange(site, detail=f"number {one}") for one in range(450)))
    event = live.until("number 449")
    assert re.search(r"^event: whole$", event, re.MULTILINE)
    assert words_in(event) == [f"number {one}" for one in range(449, 399, -1)]
    happen(site, an_exchange(site, detail="number 450"))
    assert words_in(live.until('class="request"')) == ["number 450"]
    live.close()


def test_a_browser_that_comes_back_misses_nothing(site: Site) -> None:
    happen(site, an_exchange(site, detail="before"))
    browser = opened(site)
    live = followed(browser)
    happen(site, an_exchange(site, detail="first"))
    (known,) = re.findall(r"^id: (\S+)$", live.until("first"), re.MULTILINE)
    live.close()
    happen(site, an_exchange(site, detail="second"))
    again = followed(browser, **{"last-event-id": known})
    assert words_in(again.until('class="request"')) == ["second"]
    again.close()
    late = followed(browser, **{"last-event-id": f"{known.split('/')[0]}/1000"})
    assert "event: end" in late.rest()  # it was opened long ago: whoever looks may load it again


def test_what_another_organisation_does_does_not_appear(site: Site) -> None:
    other = settle(site.base_url, site.office)
    live = followed(opened(site))
    happen(other, an_exchange(other, detail="theirs"))
    client(other)("GET", "/Users")
    happen(site, an_exchange(site, detail="ours"))
    assert words_in(live.until('class="request"')) == ["ours"]
    live.close()


def test_what_is_nobodys_appears_to_administrators_of_the_server(site: Site) -> None:
    settle(site.base_url, site.office)
    happen(site, an_exchange(site, org=None))
    root = signed_in(site.base_url, site.office, Reach.SERVER).open("/unclaimed")
    live = followed(root)
    Client(site.base_url, "headcount_wrong", OKTA)("GET", f"/Schemas/{site.slug}")
    assert site.slug in live.until(site.slug)
    live.close()


def leave(browser: Browser, site: Site) -> None:
    """They sign out."""
    browser.submit("/leave")


def signed_out(browser: Browser, site: Site) -> None:
    """Somebody else ends their session."""
    org = site.organisation.id

    async def end(at: Runtime) -> None:
        for one in await at.store.sessions(org):
            await at.store.end_session(one.id)

    site.office.do(end)


def removed(browser: Browser, site: Site) -> None:
    """They are an administrator no more."""
    site.office.do(lambda at: at.visiting.remove(f"admin@{site.slug}.test", "cli"))


@pytest.mark.parametrize("how", [leave, signed_out, removed])
def test_whoever_is_out_sees_no_more(how: Callable[[Browser, Site], None], site: Site) -> None:
    browser = opened(site)
    (path,) = re.findall(r'data-follow="([^"]*)"', browser.text)
    live = followed(browser)
    happen(site, an_exchange(site, detail="while in"))
    assert words_in(live.until('class="request"')) == ["while in"]
    cookies = dict(browser.cookies)
    how(browser, site)
    happen(site, an_exchange(site, detail="once out"))
    assert "once out" not in live.rest()
    browser.cookies = cookies
    again = Followed(browser, unescape(path), accept="text/event-stream")
    assert again.answer.status == 204  # which tells a browser to ask no more
    assert again.is_over()


def test_it_ends_with_the_server(another_database: Callable[[], str]) -> None:
    database = another_database()
    server = start(database)
    office = Office(database)
    try:
        site = settle(address_of(server), office)
        live = followed(opened(site))
        client(site).create("grace@acme.test")
        live.until("created grace@acme.test")
        server.send_signal(signal.SIGTERM)
        assert live.is_over()
        server.wait(20)
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()
        office.close()


def test_the_page_says_what_came_before_it_was_followed(site: Site) -> None:
    """What arrives between the list and the first look at what is new is shown once."""
    browser = opened(site)
    happen(site, an_exchange(site, detail="in between"))
    assert awaited(lambda: words_in(browser.open(browser.url).text)) == ["in between"]
    live = followed(browser)
    happen(site, an_exchange(site, detail="afterwards"))
    assert words_in(live.until('class="request"')) == ["afterwards"]
    live.close()
