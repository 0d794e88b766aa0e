"""What every store does about webhooks: rows of three tables, and what they become."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from orjson import dumps, loads

from headcount.store.followers import ADD, MOVE, REMOVE, SETTLE, Follower, follower_values, settled
from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment, readable
from headcount.store.refusals import no_attempt, no_endpoint
from headcount.store.steps import LOCK, Statement, Steps
from headcount.store.webhooks import (
    Attempt,
    Endpoint,
    Outcome,
    Settled,
    Waiting,
    endpoint_of,
)

MOST_ATTEMPTS = 1_000  # of an endpoint

_ENDPOINT = """org, id, url, secret, created, label, types, previous, previous_until, off_since,
    off_reason, failing_since, arrived, paused_until"""
_CHANGED = _ENDPOINT.split(", ", 2)[2].replace(",", " = ?,") + " = ?"
_WAITING = "position, subject, tries, due, detail"
_BRIEF = "number, position, message, at, duration, outcome, status, detail, url"
_WHOLE = f"{_BRIEF}, headers, request, answer"

_OF_ENDPOINT = "WHERE org = ? AND endpoint = ?"
_ONE = f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE org = ? AND id = ?"
_ALL = f"""SELECT {_ENDPOINT} FROM webhook_endpoint WHERE org >= ? AND org <= ?
    ORDER BY org, created, id"""
_INSERT = f"""INSERT INTO webhook_endpoint ({_ENDPOINT})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_UPDATE = f"UPDATE webhook_endpoint SET {_CHANGED} WHERE org = ? AND id = ?"
_READY = f"""SELECT {_WAITING} FROM webhook_waiting w
    WHERE w.org = ? AND w.endpoint = ? AND w.due <= ? AND NOT EXISTS (
        SELECT 1 FROM webhook_waiting e WHERE e.org = w.org AND e.endpoint = w.endpoint
        AND e.subject = w.subject AND e.position < w.position)
    ORDER BY w.position LIMIT ?"""
_TRIED = f"""INSERT INTO webhook_attempt (org, endpoint, {_WHOLE.partition(", ")[2]})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_SPARE = f"""DELETE FROM webhook_attempt {_OF_ENDPOINT} AND number <= (
    SELECT number FROM webhook_attempt {_OF_ENDPOINT} ORDER BY number DESC LIMIT 1 OFFSET ?)"""
_EVERY = (0, 2**62)
_AT_ONCE = 200  # rows in one statement


def add(endpoint: Endpoint, position: int) -> Steps[None]:
    """A new endpoint and its follower."""
    yield Statement(_INSERT, _endpoint_values(endpoint))
    follower = Follower(endpoint.org, endpoint.follower, position)
    yield Statement(ADD, follower_values(follower))


def every(org: OrgId | None) -> Steps[list[Endpoint]]:
    """The endpoints of one organisation, or of all."""
    rows = yield Statement(_ALL, (org, org) if org is not None else _EVERY)
    return [_endpoint_in(row) for row in rows]


def one(org: OrgId, endpoint: str) -> Steps[Endpoint]:
    """One of them."""
    rows = yield Statement(_ONE, (org, endpoint))
    if not rows:
        raise no_endpoint(endpoint)
    return _endpoint_in(rows[0])


def change(org: OrgId, endpoint: str, changed: Callable[[Endpoint], Endpoint]) -> Steps[Endpoint]:
    """Write what is made of it."""
    rows = yield Statement(f"{_ONE} {LOCK}", (org, endpoint))
    if not rows:
        raise no_endpoint(endpoint)
    before = _endpoint_in(rows[0])
    after = changed(before)
    if after != before:
        _, _, *values = _endpoint_values(after)
        yield Statement(_UPDATE, (*values, org, endpoint))
    return after


def remove(org: OrgId, endpoint: str) -> Steps[Endpoint]:
    """Take it away with everything of it."""
    gone = yield from one(org, endpoint)
    yield Statement("DELETE FROM webhook_endpoint WHERE org = ? AND id = ?", (org, endpoint))
    yield Statement(REMOVE, (org, gone.follower))
    for table in ("webhook_waiting", "webhook_attempt"):
        yield Statement(f"DELETE FROM {table} {_OF_ENDPOINT}", (org, endpoint))
    return gone


def queue(follower: Follower, holder: str, waiting: Sequence[Waiting]) -> Steps[bool]:
    """Let events wait that the follower has passed with this."""
    endpoint = endpoint_of(follower)
    if not (yield Statement(SETTLE, settled(follower, holder))):
        return False
    for some in _inserts(follower.org, endpoint, waiting):
        yield Statement(f"{some.sql} ON CONFLICT DO NOTHING", some.values)
    return True


def again(org: OrgId, endpoint: str, waiting: Sequence[Waiting]) -> Steps[None]:
    """Let events wait as if they were new."""
    yield from one(org, endpoint)
    anew = "ON CONFLICT (org, endpoint, position) DO UPDATE SET tries = 0, due = ''"
    for some in _inserts(org, endpoint, waiting):
        yield Statement(f"{some.sql} {anew}", some.values)


def resume(org: OrgId, endpoint: str, position: int | None) -> Steps[None]:
    """Go on at once, with what waits or behind a position."""
    found = yield from one(org, endpoint)
    if position is None:
        sql = f"UPDATE webhook_waiting SET tries = 0, due = '' {_OF_ENDPOINT}"
        yield Statement(sql, (org, endpoint))
    else:
        yield Statement(f"DELETE FROM webhook_waiting {_OF_ENDPOINT}", (org, endpoint))
        yield Statement(MOVE, (position, org, found.follower))


def ready(org: OrgId, endpoint: str, now: datetime, limit: int) -> Steps[list[Waiting]]:
    """What may be sent."""
    rows = yield Statement(_READY, (org, endpoint, instant(now), limit))
    return [_waiting_in(row) for row in rows]


def waiting_of(org: OrgId, endpoint: str, limit: int) -> Steps[list[Waiting]]:
    """What waits."""
    sql = f"SELECT {_WAITING} FROM webhook_waiting {_OF_ENDPOINT} ORDER BY position LIMIT ?"
    rows = yield Statement(sql, (org, endpoint, limit))
    return [_waiting_in(row) for row in rows]


def count_waiting(org: OrgId, endpoint: str) -> Steps[int]:
    """How much waits."""
    sql = f"SELECT count(*) FROM webhook_waiting {_OF_ENDPOINT}"
    rows = yield Statement(sql, (org, endpoint))
    return int(rows[0][0])


def settle(
    org: OrgId,
    endpoint: str,
    tries: Sequence[Settled],
    changed: Callable[[Endpoint], Endpoint],
) -> Steps[Endpoint | None]:
    """Note what tries led to."""
    if not (yield Statement(f"{_ONE} {LOCK}", (org, endpoint))):
        return None
    for tried in tries:
        yield Statement(_TRIED, (org, endpoint, *_attempt_values(tried.attempt)))
        where = (org, endpoint, tried.attempt.position)
        if (left := tried.waiting) is None:
            yield Statement(f"DELETE FROM webhook_waiting {_OF_ENDPOINT} AND position = ?", where)
        else:
            values = (left.tries, _due(left.due), readable(left.detail))
            sql = f"UPDATE webhook_waiting SET tries = ?, due = ?, detail = ? {_OF_ENDPOINT}"
            yield Statement(f"{sql} AND position = ?", (*values, *where))
    yield Statement(_SPARE, (org, endpoint, org, endpoint, MOST_ATTEMPTS))
    return (yield from change(org, endpoint, changed))


def attempts(org: OrgId, endpoint: str, limit: int, before: int | None) -> Steps[list[Attempt]]:
    """The latest tries."""
    sql = f"""SELECT {_BRIEF} FROM webhook_attempt {_OF_ENDPOINT} AND number < ?
        ORDER BY number DESC LIMIT ?"""
    end = _EVERY[1] if before is None else before
    rows = yield Statement(sql, (org, endpoint, end, limit))
    return [_attempt_in(row) for row in rows]


def attempt(org: OrgId, endpoint: str, number: int) -> Steps[Attempt]:
    """One try, whole."""
    sql = f"SELECT {_WHOLE} FROM webhook_attempt {_OF_ENDPOINT} AND number = ?"
    rows = yield Statement(sql, (org, endpoint, number))
    if not rows:
        raise no_attempt(number)
    return _attempt_in(rows[0])


def forget_attempts(before: datetime) -> Steps[None]:
    """Remove what is old."""
    yield Statement("DELETE FROM webhook_attempt WHERE at < ?", (instant(before),))


def _inserts(org: OrgId, endpoint: str, waiting: Sequence[Waiting]) -> Iterator[Statement]:
    for first in range(0, len(waiting), _AT_ONCE):
        rows = [
            (org, endpoint, one.position, one.subject, one.tries, _due(one.due), one.detail)
            for one in waiting[first : first + _AT_ONCE]
        ]
        places = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(rows))
        sql = f"INSERT INTO webhook_waiting (org, endpoint, {_WAITING}) VALUES {places}"
        yield Statement(sql, [value for row in rows for value in row])


def _due(at: datetime | None) -> str:
    """A moment that compares as text; what is due at once comes before every other."""
    return "" if at is None else instant(at)


def _waiting_in(row: Any) -> Waiting:
    position, subject, tries, due, detail = row
    return Waiting(position, subject, tries, moment(due or None), detail)


def _endpoint_values(endpoint: Endpoint) -> tuple[Any, ...]:
    return (
        endpoint.org,
        endpoint.id,
        endpoint.url,
        endpoint.secret,
        instant(endpoint.created),
        readable(endpoint.label),
        dumps(endpoint.types).decode(),
        endpoint.previous,
        instant_or_none(endpoint.previous_until),
        instant_or_none(endpoint.off_since),
        readable(endpoint.off_reason),
        instant_or_none(endpoint.failing_since),
        instant_or_none(endpoint.arrived),
        instant_or_none(endpoint.paused_until),
    )


def _endpoint_in(row: Any) -> Endpoint:
    org, endpoint, url, secret, created, label, types, previous, until, off, reason, *state = row
    return Endpoint(
        org=OrgId(org),
        id=endpoint,
        url=url,
        secret=secret,
        created=datetime.fromisoformat(created),
        label=label,
        types=tuple(loads(types)),
        previous=previous,
        previous_until=moment(until),
        off_since=moment(off),
        off_reason=reason,
        failing_since=moment(state[0]),
        arrived=moment(state[1]),
        paused_until=moment(state[2]),
    )


def _attempt_values(one: Attempt) -> tuple[Any, ...]:
    return (
        one.position,
        one.message,
        instant(one.at),
        one.duration,
        one.outcome.value,
        one.status,
        readable(one.detail),
        one.url,
        dumps(one.headers).decode(),
        one.request,
        one.answer,
    )


def _attempt_in(row: Any) -> Attempt:
    number, position, message, at, duration, outcome, status, detail, url, *whole = row
    headers, request, answer = whole or ("[]", b"", b"")
    return Attempt(
        position=position,
        message=message,
        at=datetime.fromisoformat(at),
        duration=duration,
        outcome=Outcome(outcome),
        status=status,
        detail=detail,
        url=url,
        headers=tuple((name, value) for name, value in loads(headers)),
        request=bytes(request),
        answer=bytes(answer),
        number=number,
    )
