"""The feed, webhooks and what they cost are measured, and what is told wrong ends the run."""

import base64
import hashlib
import hmac
import io
from dataclasses import replace
from typing import Any

import pytest
import uvloop
from bench.contest import contest
from bench.following import ENDPOINTS, LONG_POLL, STREAM, WEBHOOK
from bench.happening import EACH
from bench.operations import CREATE, PATCH_ACTIVE
from bench.plan import FEED, Plan, read_plan
from bench.progress import Shown
from bench.proving import WrongError
from bench.readers import check_events, events_in
from bench.receiver import Came, check_came
from bench.results import Followed, Measured
from bench.sections import of_the_feed
from bench.stage import Hook
from bench.table import show
from orjson import dumps
from rich.console import Console

from tests.bench.answering import ok

TINY = Plan(peers=(), connections=(2,), seconds=0.05, rounds=2, pairs=2, events=200, only=(FEED,))
KEY = base64.b64encode(b"k" * 24).decode()
HOOK = Hook("h", f"whsec_{KEY}")


@pytest.fixture(scope="module")
def measured() -> Measured:
    """A run of the smallest size, once."""
    return uvloop.run(contest(TINY, Shown(Console(file=io.StringIO()))))


@pytest.fixture(scope="module")
def followed(measured: Measured) -> Followed:
    """What it led to."""
    return measured.followed


def test_only_the_feed_is_measured_where_nothing_else_is_wanted(measured: Measured) -> None:
    assert (measured.results, measured.pages, measured.recording) == ([], [], [])


def test_the_feed_is_read_in_pages_and_as_a_stream(followed: Followed) -> None:
    assert [one.way for one in followed.read] == ["pages of 100", "pages of 1,000", STREAM]
    for one in followed.read:
        assert one.events == TINY.events
        assert len(one.seconds) == TINY.rounds
        assert one.rate > 0
        assert one.length > 500 * one.events


def test_an_event_arrives_after_its_change_was_answered(followed: Followed) -> None:
    [arrived] = followed.arrived
    assert 0 <= arrived.percentile(0.5) <= arrived.percentile(0.99) < 1e4


def test_webhooks_are_sent_what_waits(followed: Followed) -> None:
    assert [one.endpoints for one in followed.delivered] == list(ENDPOINTS)
    assert [one.deliveries for one in followed.delivered] == [
        TINY.events // 10 * endpoints for endpoints in ENDPOINTS
    ]
    assert all(one.rate > 0 for one in followed.delivered)


def test_what_each_follower_costs_is_measured_in_turns(followed: Followed) -> None:
    assert [(way, one.operation) for _, way, one in followed.costs] == [
        (way, operation)
        for operation in (CREATE, PATCH_ACTIVE)
        for way in (STREAM, LONG_POLL, WEBHOOK)
    ]
    for _, _, one in followed.costs:
        assert len(one.pairs) == TINY.pairs
        assert not any(each.wrong for each in one.rounds)
        assert one.per_request > 0


def test_the_tables_and_the_page_tell_of_the_feed(measured: Measured) -> None:
    console = Console(file=io.StringIO(), width=112)
    show(console, measured)
    assert isinstance(console.file, io.StringIO)
    told, written = console.file.getvalue(), "\n".join(of_the_feed(measured))
    for words in ("pages of 1,000", STREAM, LONG_POLL, WEBHOOK):
        assert f"\n{words}" in told
        assert f"\n| {words} | " in written
    assert "Following by one webhook takes off the rate of writers" in told
    assert list(of_the_feed(Measured())) == []


def event(position: int, subject: str = "u", **other: Any) -> dict[str, Any]:
    """An event as it is told."""
    return {"position": position, "subject": subject, "resource": {"id": subject}} | other


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([event(8), event(10)], id="one is missing"),
        pytest.param([event(8), event(8), event(9)], id="one is there twice"),
        pytest.param([event(9), event(8)], id="out of order"),
        pytest.param([event(8)], id="the last is missing"),
        pytest.param([], id="none"),
        pytest.param([event(8), event(9, resource=None)], id="without a resource"),
        pytest.param([event(8), event(9, resource={"id": "v"})], id="of somebody else"),
    ],
)
def test_a_feed_that_tells_something_else_is_noticed(events: list[dict[str, Any]]) -> None:
    check_events([event(8), event(9)], 7, 9)
    with pytest.raises(WrongError):
        check_events(events, 7, 9)


def test_a_refusal_of_the_feed_is_noticed() -> None:
    assert events_in(ok(b'{"events":[]}')) == []
    with pytest.raises(WrongError, match="410"):
        events_in(b"HTTP/1.1 410 Gone\r\n\r\n")


def came(position: int, subject: str = "u", secret: bytes = b"k" * 24) -> Came:
    """A delivery, signed with a key."""
    body = dumps(event(position, subject))
    mac = hmac.new(secret, b"msg_1.1700000000." + body, hashlib.sha256).digest()
    head = (
        b"POST / HTTP/1.1\r\nwebhook-id: msg_1\r\nwebhook-timestamp: 1700000000\r\n"
        b"webhook-signature: v1," + base64.b64encode(mac)
    )
    return Came(0.0, head + b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    "deliveries",
    [
        pytest.param([came(8)], id="one is missing"),
        pytest.param([came(8), came(8), came(9)], id="one came twice"),
        pytest.param([came(9), came(8)], id="out of order for one subject"),
        pytest.param([came(8, secret=b"another"), came(9)], id="signed with another key"),
    ],
)
def test_a_webhook_that_tells_something_else_is_noticed(deliveries: list[Came]) -> None:
    check_came([came(8), came(9)], HOOK, 7, 9)
    check_came([came(9, "v"), came(8)], HOOK, 7, 9)
    with pytest.raises(WrongError):
        check_came(deliveries, HOOK, 7, 9)


def test_the_feed_is_measured_where_somebody_wants_to_know() -> None:
    assert read_plan([]).follows
    assert read_plan(["--only", "feed"]).follows
    assert not read_plan(["--only", "feed"]).asks
    assert read_plan(["--only", "feed", "create"]).asks
    assert not read_plan(["--only", "create"]).follows
    assert not read_plan(["--events", "0"]).follows
    assert not replace(TINY, events=0).follows
    assert TINY.events % EACH == 0
