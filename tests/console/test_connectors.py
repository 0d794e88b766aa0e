"""Connectors on the console: checked, planned, applied, switched and removed by hand."""

import re
import time
from collections.abc import Callable

import pytest

from headcount.bootstrap import Runtime, clock
from headcount.connectors.managing import APPLYING, Managing, Wish
from headcount.store.followers import Follower
from headcount.store.visitors import Reach
from tests.connectors.conftest import KEYS, Chat, chat
from tests.console.browsing import Browser, signed_in
from tests.serving import Site, serving, settle
from tests.web.client import client

__all__ = ["chat"]

KEY = KEYS["iago@zulip.test"]


@pytest.fixture
def connected(site: Site, chat: Chat) -> Browser:
    """Somebody at the page of a connector to the Zulip; two people are to be written."""
    for name in ("ada@acme.test", "bob@acme.test"):
        client(site).create(name)
    connect(site, chat.site)
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    return browser.open(f"/o/{site.slug}/connectors/zulip")


def connect(site: Site, address: str) -> None:
    """Add a connector, as the command line does."""
    wish = Wish("zulip", address, KEY, email="iago@zulip.test", protected=["root@acme.test"])

    async def add(runtime: Runtime) -> None:
        await Managing(runtime.store, clock).add(site.slug, wish)

    site.office.do(add)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes about."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def shows(browser: Browser, site: Site, words: str) -> bool:
    """Whether the page of the connector, loaded anew, says so."""
    return words in browser.open(f"/o/{site.slug}/connectors/zulip").text


def test_a_plan_shows_each_change_with_its_reason_and_changes_nothing(
    connected: Browser, chat: Chat
) -> None:
    assert "Not applied yet" in connected.text
    assert connected.text.count('aria-current="page"') == 1
    connected.submit("/plan")
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", connected.text)
    reason = "There is no such account yet."
    assert rows == [("create", f"{name}@acme.test", reason) for name in ("ada", "bob")]
    assert "<strong>2</strong> create" in connected.text
    assert len(chat.realm.users) == 2
    assert KEY not in connected.text


def test_of_a_long_plan_the_first_changes_are_shown_and_the_rest_is_counted(
    site: Site, connected: Browser
) -> None:
    for number in range(310):
        client(site).create(f"person-{number:03}@acme.test")
    connected.submit("/plan")
    assert connected.text.count("<td>create</td>") == 300
    assert "and 12 more" in connected.text
    assert f"headcount connector plan {site.slug} zulip" in connected.text


def test_what_is_applied_is_written_and_followed_from_then_on(
    site: Site, connected: Browser, chat: Chat, database: str
) -> None:
    connected.submit("/apply")
    assert "It has begun" in connected.text
    until(lambda: shows(connected, site, ">Follows<") and "Applying it" not in connected.text)
    assert chat.user("ada@acme.test").active
    assert "2 create" in connected.text
    connected.submit("/plan")
    assert "There is nothing to do: both sides are alike." in connected.text
    client(site).create("cyd@acme.test")
    with serving(database):  # another server on the same database, which follows
        until(lambda: any(one.email == "cyd@acme.test" for one in chat.realm.users.values()))
    assert "Follows" in connected.open(f"/o/{site.slug}/connectors").text
    connected.open(f"/o/{site.slug}/settings")
    assert "connector applied" in connected.text


def test_what_the_application_refused_is_shown_with_a_remedy(
    site: Site, connected: Browser, chat: Chat
) -> None:
    chat.realm.may_create = False
    connected.submit("/apply")
    until(lambda: shows(connected, site, "Refused in the last run"))
    assert "can_create_users" in connected.text
    assert "<strong>2 refused</strong>" in connected.text


def test_a_revoked_key_is_told_in_a_sentence_with_what_to_do(
    site: Site, connected: Browser, chat: Chat
) -> None:
    connected.submit("/check")
    assert "The key works" in connected.text
    assert "a person" in connected.text
    chat.user("iago@zulip.test").key = "another"
    for form in ("/check", "/plan"):
        connected.open(f"/o/{site.slug}/connectors/zulip").submit(form)
        assert connected.status == 503
        assert "Zulip does not take the key: Invalid API key. Make a new key" in connected.text
    connected.submit("/apply")
    until(lambda: shows(connected, site, "Applying it ended."))
    assert "Zulip does not take the key" in connected.text
    assert KEY not in connected.text
    chat.user("iago@zulip.test").key = KEY
    connected.submit("/apply")
    until(lambda: shows(connected, site, ">Follows<"))
    assert "Applying it ended." not in connected.text


def test_an_application_that_is_not_there_is_told_in_a_sentence(site: Site) -> None:
    connect(site, "http://127.0.0.1:1")
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    browser.open(f"/o/{site.slug}/connectors/zulip").submit("/plan")
    assert browser.status == 503
    assert "http://127.0.0.1:1 cannot be reached (connection refused)." in browser.text


def test_what_another_process_applies_is_not_applied_a_second_time(
    site: Site, connected: Browser, chat: Chat
) -> None:
    org, name = site.organisation.id, f"{APPLYING}zulip"

    async def hold(runtime: Runtime, how_long: float) -> None:
        followers, now = runtime.store.followers, clock()
        await followers.add(Follower(org, name, 0, 0, "7 of 10 changes"))
        until = type(now).fromtimestamp(now.timestamp() + how_long, now.tzinfo)
        assert await followers.take(org, name, "another process", now, until)

    site.office.do(lambda runtime: hold(runtime, 600))
    assert shows(connected, site, "It is being applied: ")
    assert "7 of 10 changes" in connected.text
    connected.submit("/apply")
    assert connected.status == 409
    assert "is being applied already" in connected.text
    assert len(chat.realm.users) == 2
    site.office.do(lambda runtime: hold(runtime, -1))
    assert shows(connected, site, "Applying it broke off")
    connected.submit("/apply")
    until(lambda: shows(connected, site, ">Follows<"))


def test_a_connector_that_is_off_follows_nothing_until_it_is_on(
    site: Site, connected: Browser, chat: Chat, database: str
) -> None:
    connected.submit("/switch", do="off")
    assert "Switched off: it follows no events." in connected.text
    connected.submit("/apply")
    until(lambda: shows(connected, site, "2 create"))
    client(site).create("cyd@acme.test")
    assert shows(connected, site, "1 to go")
    connected.submit("/switch", do="on")
    assert "Switched on: it follows the events." in connected.text
    with serving(database):  # another server on the same database, which follows
        until(lambda: any(one.email == "cyd@acme.test" for one in chat.realm.users.values()))


def test_a_connector_that_is_removed_leaves_the_application_as_it_is(
    site: Site, connected: Browser, chat: Chat
) -> None:
    connected.submit("/apply")
    until(lambda: shows(connected, site, ">Follows<"))
    connected.submit("/remove")
    assert "Removed." in connected.text
    assert "Nothing is written anywhere" in connected.text
    assert connected.open(f"/o/{site.slug}/connectors/zulip").status == 404
    assert chat.user("ada@acme.test").active
    connected.open(f"/o/{site.slug}/settings")
    assert "connector removed" in connected.text
    assert connected.text.count("root@x.test") > 1  # who is signed in, and who did it


def test_a_connector_of_another_organisation_is_none(site: Site, connected: Browser) -> None:
    another = settle(site.base_url, site.office)
    assert connected.open(f"/o/{another.slug}/connectors/zulip").status == 404
    assert "Nothing is written anywhere" in connected.open(f"/o/{another.slug}/connectors").text


def test_only_administrators_of_the_server_see_connectors(site: Site) -> None:
    for reach in (Reach.ORGANISATION, Reach.SET_UP):
        browser = signed_in(site.base_url, site.office, reach, site.slug)
        assert f"/o/{site.slug}/connectors" not in browser.text
        assert browser.open(f"/o/{site.slug}/connectors").status == 403
        assert "ask an administrator of the server" in browser.text
