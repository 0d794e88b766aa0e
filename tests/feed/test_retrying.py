"""What becomes of an event, and of its endpoint, after a try."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from headcount.feed.webhooks.retrying import (
    DEAD,
    JITTER,
    LONGEST_WAIT,
    Answer,
    after_tries,
    asked_pause,
    is_success,
    next_try,
    pause,
    sentence,
)
from headcount.store.model import OrgId
from headcount.store.webhooks import Endpoint

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ENDPOINT = Endpoint(OrgId(1), "a1", "https://hooks.test", "whsec_", NOW)
OK, NO, SILENT = Answer(200), Answer(500), Answer(None, "no answer within 15 seconds")

# The specification's own table: time since the first try, in hours, minutes and seconds.
SINCE_START = [
    (1, "0:00:05"),
    (2, "0:05:05"),
    (3, "0:35:05"),
    (4, "2:35:05"),
    (5, "7:35:05"),
    (6, "17:35:05"),
    (7, "31:35:05"),
    (8, "51:35:05"),
    (9, "75:35:05"),
]


@pytest.mark.parametrize(("failed", "since"), SINCE_START)
def test_events_are_tried_again_by_the_schedule_of_the_specification(
    failed: int, since: str
) -> None:
    hours, minutes, seconds = map(int, since.split(":"))
    waited = sum(pause(tries, 0.0) or 0 for tries in range(1, failed + 1))
    assert waited == hours * 3_600 + minutes * 60 + seconds


def test_after_ten_tries_an_event_is_given_up() -> None:
    assert pause(9, 0.0) is not None
    assert pause(10, 0.0) is None
    assert next_try(10, NO, NOW, 0.5) is None


@given(st.integers(1, 9), st.floats(0, 1))
def test_chance_makes_a_pause_longer_and_never_by_much(tries: int, chance: float) -> None:
    least, drawn = pause(tries, 0.0), pause(tries, chance)
    assert least is not None
    assert drawn is not None
    assert least <= drawn <= least * (1 + JITTER)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:05:05 -0000", 60.0),
        ("Friday, 02-Jan-26 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("99999999", LONGEST_WAIT),
        ("Sun, 02 Jan 2056 03:05:05 GMT", LONGEST_WAIT),
        ("9" * 40, None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    text: str | None, seconds: float | None
) -> None:
    assert asked_pause(text, NOW) == seconds


@given(st.text())
def test_no_retry_after_brings_us_down(text: str) -> None:
    assert asked_pause(text, NOW) is None or 0 <= (asked_pause(text, NOW) or 0) <= LONGEST_WAIT


def test_a_receiver_may_ask_for_a_longer_pause_and_not_for_a_shorter_one() -> None:
    asks = Answer(503, retry_after="60")
    assert next_try(1, asks, NOW, 0.0) == NOW + timedelta(seconds=60)
    assert next_try(2, asks, NOW, 0.0) == NOW + timedelta(seconds=300)


@pytest.mark.parametrize("status", range(100, 600))
def test_2xx_alone_is_a_success(status: int) -> None:
    assert is_success(status) is (200 <= status <= 299)


def test_why_a_try_failed_is_said_in_words() -> None:
    assert sentence(SILENT) == "no answer within 15 seconds"
    assert sentence(NO) == "the receiver answered 500"
    assert "redirects are not followed" in sentence(Answer(302))


def test_an_endpoint_that_says_gone_is_switched_off_at_once() -> None:
    after = after_tries(ENDPOINT, [Answer(410)], NOW)
    assert after.off_since == NOW
    assert "410 Gone" in after.off_reason


def test_an_endpoint_is_switched_off_when_nothing_arrived_for_three_days() -> None:
    failing = after_tries(ENDPOINT, [NO], NOW)
    assert (failing.failing_since, failing.off_since) == (NOW, None)
    almost = after_tries(failing, [SILENT], NOW + DEAD - timedelta(seconds=1))
    assert (almost.failing_since, almost.off_since) == (NOW, None)
    dead = after_tries(almost, [SILENT], NOW + DEAD)
    assert dead.off_since == NOW + DEAD
    assert dead.off_reason == "nothing arrived for 3 days; at last no answer within 15 seconds"


def test_an_endpoint_at_which_something_arrives_is_well_again() -> None:
    failing = replace(ENDPOINT, failing_since=NOW, paused_until=NOW)
    later = NOW + 2 * DEAD
    after = after_tries(failing, [OK], later)
    assert (after.failing_since, after.paused_until, after.arrived) == (None, None, later)
    assert after_tries(failing, [OK, NO], later).failing_since == later


@pytest.mark.parametrize(("status", "pauses"), [(429, True), (503, True), (500, False)])
def test_a_receiver_that_is_busy_gets_nothing_else_meanwhile(status: int, *, pauses: bool) -> None:
    after = after_tries(ENDPOINT, [Answer(status, retry_after="60")], NOW)
    assert after.paused_until == (NOW + timedelta(seconds=60) if pauses else None)


def test_what_was_switched_off_by_hand_keeps_its_reason() -> None:
    off = replace(ENDPOINT, off_since=NOW, off_reason="by hand")
    after = after_tries(off, [Answer(410)], NOW + DEAD)
    assert (after.off_since, after.off_reason) == (NOW, "by hand")
