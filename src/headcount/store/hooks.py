"""Webhooks as a store keeps them: rows of three tables, and what they become."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from orjson import dumps, loads

from headcount.store.followers import MOVE, REMOVE, Follower, adding, settling
from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment, readable
from headcount.store.refusals import no_attempt, no_endpoint
from headcount.store.steps import LARGEST, LOCK, Rows, Statement, Steps, span
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
_AT_ONCE = 200  # rows in one statement


class Webhooks:
    """All of them, as a store keeps them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, endpoint: Endpoint, position: int) -> None:
        """A new endpoint, that gets what comes behind a position."""
        await self._rows.run(_added(endpoint, position))

    async def all(self, org: OrgId | None = None) -> list[Endpoint]:
        """Those of one organisation, or of all, the oldest first."""
        return [_endpoint_in(row) for row in await self._rows.read(_ALL, *span(org))]

    async def one(self, org: OrgId, endpoint: str) -> Endpoint:
        """The endpoint, or `NotFound`."""
        return _found(await self._rows.read(_ONE, org, endpoint), endpoint)

    async def change(
        self, org: OrgId, endpoint: str, change: Callable[[Endpoint], Endpoint]
    ) -> Endpoint:
        """Write what `change` makes of the endpoint as it stands, or `NotFound`.

        Two changes at once never undo each other.
        """
        return await self._rows.run(_changed(org, endpoint, change))

    async def remove(self, org: OrgId, endpoint: str) -> Endpoint:
        """Take an endpoint away with all that waits and every try, or `NotFound`."""
        return await self._rows.run(_removed(org, endpoint))

    async def queue(self, follower: Follower, holder: str, waiting: Sequence[Waiting]) -> bool:
        """Let events wait, and note in the same transaction that their follower has passed them.

        False: `holder` holds the follower no more, and nothing was written.
        """
        return await self._rows.run(_queued(follower, holder, waiting))

    async def again(self, org: OrgId, endpoint: str, waiting: Sequence[Waiting]) -> None:
        """Let events wait that were passed before, as if they had never been tried."""
        await self._rows.run(_again(org, endpoint, waiting))

    async def resume(self, org: OrgId, endpoint: str, position: int | None = None) -> None:
        """Try at once all that waits; with a position drop that, and go on behind the position."""
        await self._rows.run(_resumed(org, endpoint, position))

    async def ready(self, org: OrgId, endpoint: str, now: datetime, limit: int) -> list[Waiting]:
        """What may be sent now, the oldest first: of each subject the first, if it is due."""
        rows = await self._rows.read(_READY, org, endpoint, instant(now), limit)
        return [_waiting_in(row) for row in rows]

    async def waiting(self, org: OrgId, endpoint: str, limit: int) -> list[Waiting]:
        """What waits, the oldest first."""
        sql = f"SELECT {_WAITING} FROM webhook_waiting {_OF_ENDPOINT} ORDER BY position LIMIT ?"
        return [_waiting_in(row) for row in await self._rows.read(sql, org, endpoint, limit)]

    async def count_waiting(self, org: OrgId, endpoint: str) -> int:
        """How much waits."""
        sql = f"SELECT count(*) FROM webhook_waiting {_OF_ENDPOINT}"
        return int((await self._rows.read(sql, org, endpoint))[0][0])

    async def settle(
        self,
        org: OrgId,
        endpoint: str,
        settled: Sequence[Settled],
        change: Callable[[Endpoint], Endpoint],
    ) -> Endpoint | None:
        """Note what tries led to, and change the endpoint, in one transaction.

        What became of the endpoint; None where it was taken away meanwhile, and nothing was noted.
        """
        return await self._rows.run(_settled(org, endpoint, settled, change))

    async def attempts(
        self, org: OrgId, endpoint: str, limit: int, before: int | None = None
    ) -> list[Attempt]:
        """The latest tries, the newest first, without headers and bodies.

        Args:
            org: whose endpoint.
            endpoint: its id.
            limit: how many.
            before: only such with a smaller number.
        """
        sql = f"""SELECT {_BRIEF} FROM webhook_attempt {_OF_ENDPOINT} AND number < ?
            ORDER BY number DESC LIMIT ?"""
        end = LARGEST if before is None else before
        return [_attempt_in(row) for row in await self._rows.read(sql, org, endpoint, end, limit)]

    async def attempt(self, org: OrgId, endpoint: str, number: int) -> Attempt:
        """One of them whole, or `NotFound`."""
        sql = f"SELECT {_WHOLE} FROM webhook_attempt {_OF_ENDPOINT} AND number = ?"
        rows = await self._rows.read(sql, org, endpoint, number)
        if not rows:
            raise no_attempt(number)
        return _attempt_in(rows[0])

    async def forget_attempts(self, before: datetime) -> None:
        """Remove the tries from before a moment; only the newest 1,000 of an endpoint are kept."""
        await self._rows.write("DELETE FROM webhook_attempt WHERE at < ?", instant(before))


def _added(endpoint: Endpoint, position: int) -> Steps[None]:
    """A new endpoint and its follower."""
    yield Statement(_INSERT, _endpoint_values(endpoint))
    follower = Follower(endpoint.org, endpoint.follower, position)
    yield adding(follower)


def _one(org: OrgId, endpoint: str) -> Steps[Endpoint]:
    """One of them."""
    return _found((yield Statement(_ONE, (org, endpoint))), endpoint)


def _found(rows: Sequence[Any], endpoint: str) -> Endpoint:
    if not rows:
        raise no_endpoint(endpoint)
    return _endpoint_in(rows[0])


def _changed(org: OrgId, endpoint: str, changed: Callable[[Endpoint], Endpoint]) -> Steps[Endpoint]:
    """Write what is made of it."""
    before = _found((yield Statement(f"{_ONE} {LOCK}", (org, endpoint))), endpoint)
    after = changed(before)
    if after != before:
        _, _, *values = _endpoint_values(after)
        yield Statement(_UPDATE, (*values, org, endpoint))
    return after


def _removed(org: OrgId, endpoint: str) -> Steps[Endpoint]:
    """Take it away with everything of it."""
    gone = yield from _one(org, endpoint)
    yield Statement("DELETE FROM webhook_endpoint WHERE org = ? AND id = ?", (org, endpoint))
    yield Statement(REMOVE, (org, gone.follower))
    for table in ("webhook_waiting", "webhook_attempt"):
        yield Statement(f"DELETE FROM {table} {_OF_ENDPOINT}", (org, endpoint))
    return gone


def _queued(follower: Follower, holder: str, waiting: Sequence[Waiting]) -> Steps[bool]:
    """Let events wait that the follower has passed with this."""
    endpoint = endpoint_of(follower)
    if not (yield settling(follower, holder)):
        return False
    for some in _inserts(follower.org, endpoint, waiting):
        yield Statement(f"{some.sql} ON CONFLICT DO NOTHING", some.values)
    return True


def _again(org: OrgId, endpoint: str, waiting: Sequence[Waiting]) -> Steps[None]:
    """Let events wait as if they were new."""
    yield from _one(org, endpoint)
    anew = "ON CONFLICT (org, endpoint, position) DO UPDATE SET tries = 0, due = ''"
    for some in _inserts(org, endpoint, waiting):
        yield Statement(f"{some.sql} {anew}", some.values)


def _resumed(org: OrgId, endpoint: str, position: int | None) -> Steps[None]:
    """Go on at once, with what waits or behind a position."""
    found = yield from _one(org, endpoint)
    if position is None:
        sql = f"UPDATE webhook_waiting SET tries = 0, due = '' {_OF_ENDPOINT}"
        yield Statement(sql, (org, endpoint))
    else:
        yield Statement(f"DELETE FROM webhook_waiting {_OF_ENDPOINT}", (org, endpoint))
        yield Statement(MOVE, (position, org, found.follower))


def _settled(
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
    return (yield from _changed(org, endpoint, changed))


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
