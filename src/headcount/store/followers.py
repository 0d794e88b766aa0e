"""Who follows the events of an organisation, and how far they have come: webhooks, subscribers.

A follower is held by one process at a time, which says so again and again: a process that ends
leaves the rest to another, and nobody deals with an event twice at the same moment.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment, readable
from headcount.store.refusals import no_follower
from headcount.store.steps import Rows, Statement, Steps, span

_FOLLOWER = "org, name, position, failures, detail, due"


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who deals with the events of one organisation, one after the other."""

    org: OrgId
    name: str  # unique in the organisation, such as `subscriber:mail`
    position: int  # of the last event that is dealt with
    failures: int = 0  # tries of the next one that failed, in a row
    detail: str = ""  # why the last of them did, for people
    due: datetime | None = None  # when it is tried again; None: at once


class Held(NamedTuple):
    """Which process deals with the events of a follower."""

    org: OrgId
    name: str  # of the follower
    holder: str
    until: datetime


_ADD = f"""INSERT INTO follower ({_FOLLOWER}) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (org, name) DO NOTHING"""
_ONE = f"SELECT {_FOLLOWER} FROM follower WHERE org = ? AND name = ?"
_ALL = f"""SELECT {_FOLLOWER} FROM follower
    WHERE substr(name, 1, ?) = ? AND org >= ? AND org <= ? ORDER BY org, name"""
_TAKE = f"""UPDATE follower SET holder = ?, held_until = ?
    WHERE org = ? AND name = ? AND (holder = ? OR held_until <= ?) RETURNING {_FOLLOWER}"""
_SETTLE = """UPDATE follower SET position = ?, failures = ?, detail = ?, due = ?
    WHERE org = ? AND name = ? AND holder = ? RETURNING position"""
_LET_GO = """UPDATE follower SET holder = '', held_until = ''
    WHERE org = ? AND name = ? AND holder = ?"""
_HELD = "SELECT org, name, holder, held_until FROM follower WHERE holder <> '' ORDER BY org, name"
_FREE = "UPDATE follower SET holder = '', held_until = '' WHERE holder = ?"
MOVE = """UPDATE follower SET position = ?, failures = 0, detail = '', due = NULL,
    holder = '', held_until = '' WHERE org = ? AND name = ? RETURNING position"""
REMOVE = "DELETE FROM follower WHERE org = ? AND name = ?"


class Followers:
    """All of them, as a store keeps them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, follower: Follower) -> Follower:
        """The follower of this name; a new one where there is none yet."""
        return await self._rows.run(_added(follower))

    async def all(self, org: OrgId | None = None, beginning: str = "") -> list[Follower]:
        """Those of one organisation, or of all, whose names begin in some way; by name."""
        rows = await self._rows.read(_ALL, len(beginning), beginning, *span(org))
        return [_follower_in(row) for row in rows]

    async def take(
        self, org: OrgId, name: str, holder: str, now: datetime, until: datetime
    ) -> Follower | None:
        """Hold a follower until then, or hold it for longer. None: it is another's, or gone.

        Args:
            org: whose events it follows.
            name: of the follower.
            holder: who asks; a process calls itself the same every time.
            now: whoever holds it only until then holds it no more.
            until: when somebody else may have it.
        """
        given = (holder, instant(until), org, name, holder, instant(now))
        rows = await self._rows.write(_TAKE, *given)
        return _follower_in(rows[0]) if rows else None

    async def settle(self, follower: Follower, holder: str) -> bool:
        """Note how far it has come, and what went wrong. False: `holder` holds it no more."""
        settle = settling(follower, holder)
        return bool(await self._rows.write(settle.sql, *settle.values))

    async def let_go(self, org: OrgId, name: str, holder: str) -> None:
        """Hold it no longer, if it is held."""
        await self._rows.write(_LET_GO, org, name, holder)

    async def held(self) -> list[Held]:
        """Who holds what, by organisation and name; also those whose time is over."""
        return [_held_in(row) for row in await self._rows.read(_HELD)]

    async def free(self, holder: str) -> None:
        """Take everything from a holder that is known to be gone."""
        await self._rows.write(_FREE, holder)

    async def move(self, org: OrgId, name: str, position: int) -> None:
        """Have it begin behind another position, at once, whoever holds it now.

        Raises:
            NotFound: there is no such follower.
        """
        if not await self._rows.write(MOVE, position, org, name):
            raise no_follower(name)

    async def remove(self, org: OrgId, name: str) -> None:
        """Follow no longer; nothing where there is no such follower."""
        await self._rows.write(REMOVE, org, name)


def adding(follower: Follower) -> Statement:
    """Keep a follower, unless there is one of its name."""
    return Statement(_ADD, _values(follower))


def settling(follower: Follower, holder: str) -> Statement:
    """Note how far it has come; a row where `holder` holds it."""
    org, name, *state = _values(follower)
    return Statement(_SETTLE, (*state, org, name, holder))


def _added(follower: Follower) -> Steps[Follower]:
    yield adding(follower)
    rows = yield Statement(_ONE, (follower.org, follower.name))
    return _follower_in(rows[0])


def _values(one: Follower) -> tuple[Any, ...]:
    """What is written of a follower: the columns of `_FOLLOWER`."""
    due = instant_or_none(one.due)
    return one.org, one.name, one.position, one.failures, readable(one.detail), due


def _follower_in(row: Any) -> Follower:
    """The follower in a row of `_FOLLOWER`."""
    org, name, position, failures, detail, due = row
    return Follower(OrgId(org), name, position, failures, detail, moment(due))


def _held_in(row: Any) -> Held:
    """Who holds, in a row of `HELD`."""
    org, name, holder, until = row
    return Held(OrgId(org), name, holder, datetime.fromisoformat(until))
