"""Webhooks on the console: added, tried, switched, sent again and removed by hand."""

import re
from collections.abc import Callable, Iterator

import pytest

from headcount.store.model import Policy
from headcount.store.visitors import Reach
from tests.console.browsing import Browser, signed_in
from tests.feed.receiving import Receiver, Reply, receiving
from tests.serving import Office, Site, serving, settle
from tests.web.client import client

SECRET = re.compile(r"whsec_[\w+/=]+")


@pytest.fixture(scope="module")
def private(another_database: Callable[[], str]) -> Iterator[tuple[str, Office]]:
    """A server that sends webhooks to addresses of its own machine."""
    database = another_database()
    with serving(database, HEADCOUNT_WEBHOOK_PRIVATE="on") as base_url:
        office = Office(database)
        yield base_url, office
        office.close()


@pytest.fixture
def near(private: tuple[str, Office]) -> Site:
    return settle(*private, Policy())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def browser(near: Site) -> Browser:
    return signed_in(near.base_url, near.office, Reach.SERVER)


def add(browser: Browser, site: Site, url: str, **more: str) -> str:
    """A webhook that is added on the page; its secret, as it was shown."""
    browser.open(f"/o/{site.slug}/webhooks").submit("/webhooks", url=url, **more)
    assert browser.status == 200, browser.text
    (secret,) = set(SECRET.findall(browser.text))
    return str(secret)


def open_only(browser: Browser, site: Site) -> str:
    """Look at the one webhook that there is; its id."""
    browser.open(f"/o/{site.slug}/webhooks")
    (found,) = set(re.findall(rf"/o/{site.slug}/webhooks/([\w-]+)", browser.text))
    browser.open(f"/o/{site.slug}/webhooks/{found}")
    return str(found)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"url": "ftp://app.test/in"}, "https://"),
        ({"url": "https://app.test/in", "other": "account.exploded"}, "account.exploded"),
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused_with_a_sentence(
    near: Site, browser: Browser, form: dict[str, str], sentence: str
) -> None:
    browser.open(f"/o/{near.slug}/webhooks").submit("/webhooks", **form)
    assert browser.status == 400
    (told,) = re.findall(r'role="alert">(.*?)</p>', browser.text)
    assert sentence in told
    assert f'value="{form["url"]}"' in browser.text  # to be put right, and not typed again
    assert not SECRET.search(browser.text)
    assert "Nothing is sent anywhere" in browser.text


def test_an_address_inside_the_network_is_refused_where_that_was_not_allowed(site: Site) -> None:
    browser = signed_in(site.base_url, site.office, Reach.SERVER)
    browser.open(f"/o/{site.slug}/webhooks").submit("/webhooks", url="http://127.0.0.1:1/in")
    assert browser.status == 400
    assert "Nothing is sent anywhere" in browser.text


def test_a_secret_is_shown_once_and_signs_what_arrives(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    secret = add(browser, near, receiver.url, label="chat")
    client(near).create("ada@acme.test")
    receiver.wait(lambda got: len(got) == 1)
    assert receiver.got[0].verified(secret)["type"] == "account.created"
    assert secret not in browser.open(f"/o/{near.slug}/webhooks").text
    open_only(browser, near)
    assert browser.heading == "chat"
    assert secret not in browser.text
    browser.submit("/rotate", overlap="0")
    (second,) = set(SECRET.findall(browser.text))
    assert second != secret
    open_only(browser, near)
    assert second not in browser.text
    browser.submit("/test")
    assert receiver.got[-1].verified(second)


def test_a_test_event_arrives_and_its_try_is_shown_with_request_and_answer(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(200, body=b'{"thanks": "from the app"}')
    add(browser, near, receiver.url)
    found = open_only(browser, near)
    browser.submit("/test")
    assert "The test event arrived." in browser.text
    (got,) = receiver.got
    number = re.findall(rf"/webhooks/{found}/attempts/(\d+)", browser.text)[0]
    browser.open(f"/o/{near.slug}/webhooks/{found}/attempts/{number}")
    assert browser.heading == "Test event: delivered"
    assert got.event["type"] in browser.text
    assert "from the app" in browser.text
    assert got.headers["webhook-id"] in browser.text
    assert got.headers["webhook-signature"] not in browser.text


def test_a_test_event_that_is_refused_says_why_and_is_shown(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Reply(500, body=b"on fire")
    add(browser, near, receiver.url)
    found = open_only(browser, near)
    browser.submit("/test")
    assert "The test event did not arrive" in browser.text
    number = re.findall(rf"/webhooks/{found}/attempts/(\d+)", browser.text)[0]
    browser.open(f"/o/{near.slug}/webhooks/{found}/attempts/{number}")
    assert "on fire" in browser.text
    assert "500" in browser.text


def test_what_happens_while_it_is_off_waits_until_it_is_on_again(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    add(browser, near, receiver.url)
    open_only(browser, near)
    browser.submit("/switch", do="off")
    assert "Switched off. What happens meanwhile waits." in browser.text
    client(near).create("ada@acme.test")
    assert receiver.got == []
    open_only(browser, near)
    browser.submit("/switch", do="on")
    assert "Switched on." in browser.text
    receiver.wait(lambda got: [one.position for one in got] == [1])


def test_what_happened_while_it_was_off_is_left_out_where_that_was_chosen(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    add(browser, near, receiver.url)
    open_only(browser, near)
    browser.submit("/switch", do="off")
    client(near).create("ada@acme.test")
    browser.submit("/switch", do="from-now")
    client(near).create("bob@acme.test")
    receiver.wait(lambda got: len(got) == 1)
    assert receiver.positions == [2]


def test_events_are_sent_again_from_one_position_to_another(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    add(browser, near, receiver.url)
    client(near).create("ada@acme.test")
    receiver.wait(lambda got: len(got) == 1)
    open_only(browser, near)
    browser.submit("/redeliver", first="1", last="1")
    assert "1 event is sent again." in browser.text
    receiver.wait(lambda got: len(got) == 2)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    open_only(browser, near)
    browser.submit("/redeliver", first="one", last="2")
    assert browser.status == 400
    assert "A position is a whole number" in browser.text


def test_a_webhook_that_is_removed_gets_nothing_more(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    add(browser, near, receiver.url)
    found = open_only(browser, near)
    browser.submit("/remove")
    assert "Removed." in browser.text
    assert "Nothing is sent anywhere" in browser.text
    assert browser.open(f"/o/{near.slug}/webhooks/{found}").status == 404


def test_whatever_is_done_to_a_webhook_stands_in_the_audit_trail(
    near: Site, browser: Browser, receiver: Receiver
) -> None:
    secret = add(browser, near, receiver.url)
    open_only(browser, near)
    browser.submit("/switch", do="off")
    browser.submit("/switch", do="on")
    browser.submit("/remove")
    browser.open(f"/o/{near.slug}/settings")
    for done in ("webhook added", "webhook disabled", "webhook enabled", "webhook removed"):
        assert done in browser.text
    assert secret not in browser.text


def test_only_administrators_of_the_server_see_webhooks(near: Site) -> None:
    for reach in (Reach.ORGANISATION, Reach.SET_UP):
        browser = signed_in(near.base_url, near.office, reach, near.slug)
        assert f"/o/{near.slug}/webhooks" not in browser.text
        assert browser.open(f"/o/{near.slug}/webhooks").status == 403
        assert "ask an administrator of the server" in browser.text
