"""What a try means: delivered, tried again and when, given up, or never again. Pure."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from headcount.store.webhooks import Endpoint

SCHEDULE = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between a failure and the next try, as the specification shows it: over three days."""

JITTER = 0.1  # that a pause may be longer: many that failed together shall not come back together
LONGEST_WAIT = 86_400.0  # seconds that a receiver may ask for
DEAD = timedelta(days=3)  # without a success, and the endpoint is switched off

_GONE = 410
_BUSY = frozenset({429, 502, 503, 504})  # the whole receiver, not this event
_SECONDS = re.compile(r"\d{1,9}")


class Answer(NamedTuple):
    """What a try came to."""

    status: int | None  # None: there was no answer
    detail: str = ""  # why it failed, where there was none
    body: bytes = b""  # how it begins
    retry_after: str | None = None


def is_success(status: int | None) -> bool:
    """Whether the event has arrived: any 2xx."""
    return status is not None and 200 <= status < 300


def pause(tries: int, chance: float) -> float | None:
    """Seconds until the next try, after so many that failed; None: there is none.

    Args:
        tries: at least 1.
        chance: from 0 to 1.

    >>> pause(1, 0.0), pause(9, 0.0), pause(10, 0.0)
    (5.0, 86400.0, None)
    """
    if tries > len(SCHEDULE):
        return None
    return SCHEDULE[tries - 1] * (1 + JITTER * chance)


def asked_pause(retry_after: str | None, now: datetime) -> float | None:
    """What `Retry-After` asks for, in seconds; a day at most (RFC 9110 section 10.2.3).

    None where it says nothing that could be understood.

    >>> asked_pause("120", datetime(2026, 1, 2, tzinfo=UTC)), asked_pause("soon", datetime.now(UTC))
    (120.0, None)
    """
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def next_try(tries: int, answer: Answer, now: datetime, chance: float) -> datetime | None:
    """When an event is tried again, after so many tries that failed; None: it is given up."""
    seconds = pause(tries, chance)
    if seconds is None:
        return None
    asked = asked_pause(answer.retry_after, now) or 0.0
    return now + timedelta(seconds=max(seconds, asked))


def sentence(answer: Answer) -> str:
    """Why a try failed, for people."""
    if answer.status is None:
        return answer.detail
    if 300 <= answer.status < 400:
        return (
            f"the receiver answered {answer.status}: redirects are not followed, so give the"
            " address to which it leads"
        )
    return f"the receiver answered {answer.status}"


def after_tries(endpoint: Endpoint, answers: list[Answer], now: datetime) -> Endpoint:
    """The endpoint after some tries, in the order in which they ended: switched off where due."""
    for answer in answers:
        endpoint = _after(endpoint, answer, now)
    return endpoint


def _after(endpoint: Endpoint, answer: Answer, now: datetime) -> Endpoint:
    if is_success(answer.status):
        return replace(endpoint, failing_since=None, arrived=now, paused_until=None)
    since = endpoint.failing_since or now
    failing = replace(endpoint, failing_since=since)
    if answer.status in _BUSY and (asked := asked_pause(answer.retry_after, now)):
        failing = replace(failing, paused_until=now + timedelta(seconds=asked))
    if failing.off_since is not None:
        return failing
    if answer.status == _GONE:
        reason = "the receiver answered 410 Gone: it wants nothing more"
        return replace(failing, off_since=now, off_reason=reason)
    if now - since >= DEAD:
        reason = f"nothing arrived for {DEAD.days} days; at last {sentence(answer)}"
        return replace(failing, off_since=now, off_reason=reason)
    return failing
