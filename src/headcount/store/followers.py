"""Who follows the events of an organisation, and how far they have come: webhooks, subscribers.

A follower is held by one process at a time, which says so again and again: a process that ends
leaves the rest to another, and nobody deals with an event twice at the same moment.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment, readable

FOLLOWER = "org, name, position, failures, detail, due"


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


class Followers(Protocol):
    """All of them, as a store keeps them."""

    async def add(self, follower: Follower) -> Follower:
        """The follower of this name; a new one where there is none yet."""

    async def all(self, org: OrgId | None = None, beginning: str = "") -> list[Follower]:
        """Those of one organisation, or of all, whose names begin in some way; by name."""

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

    async def settle(self, follower: Follower, holder: str) -> bool:
        """Note how far it has come, and what went wrong. False: `holder` holds it no more."""

    async def let_go(self, org: OrgId, name: str, holder: str) -> None:
        """Hold it no longer, if it is held."""

    async def held(self) -> list[Held]:
        """Who holds what, by organisation and name; also those whose time is over."""

    async def free(self, holder: str) -> None:
        """Take everything from a holder that is known to be gone."""

    async def move(self, org: OrgId, name: str, position: int) -> None:
        """Have it begin behind another position, at once, whoever holds it now.

        Raises:
            NotFound: there is no such follower.
        """

    async def remove(self, org: OrgId, name: str) -> None:
        """Follow no longer; nothing where there is no such follower."""


def follower_values(one: Follower) -> tuple[Any, ...]:
    """What is written of a follower: the columns of `FOLLOWER`."""
    due = instant_or_none(one.due)
    return one.org, one.name, one.position, one.failures, readable(one.detail), due


def follower_in(row: Any) -> Follower:
    """The follower in a row of `FOLLOWER`."""
    org, name, position, failures, detail, due = row
    return Follower(OrgId(org), name, position, failures, detail, moment(due))


def held_in(row: Any) -> Held:
    """Who holds, in a row of `HELD`."""
    org, name, holder, until = row
    return Held(OrgId(org), name, holder, datetime.fromisoformat(until))


ADD = f"""INSERT INTO follower ({FOLLOWER}) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (org, name) DO NOTHING"""
ONE = f"SELECT {FOLLOWER} FROM follower WHERE org = ? AND name = ?"
ALL = f"""SELECT {FOLLOWER} FROM follower
    WHERE substr(name, 1, ?) = ? AND org >= ? AND org <= ? ORDER BY org, name"""
TAKE = f"""UPDATE follower SET holder = ?, held_until = ?
    WHERE org = ? AND name = ? AND (holder = ? OR held_until <= ?) RETURNING {FOLLOWER}"""
SETTLE = """UPDATE follower SET position = ?, failures = ?, detail = ?, due = ?
    WHERE org = ? AND name = ? AND holder = ? RETURNING position"""
LET_GO = """UPDATE follower SET holder = '', held_until = ''
    WHERE org = ? AND name = ? AND holder = ?"""
HELD = "SELECT org, name, holder, held_until FROM follower WHERE holder <> '' ORDER BY org, name"
FREE = "UPDATE follower SET holder = '', held_until = '' WHERE holder = ?"
MOVE = """UPDATE follower SET position = ?, failures = 0, detail = '', due = NULL,
    holder = '', held_until = '' WHERE org = ? AND name = ? RETURNING position"""
REMOVE = "DELETE FROM follower WHERE org = ? AND name = ?"
"""The statements, which are the same for every store; values in the order of their places."""

_EVERY = (0, 2**62)


def asked_for(org: OrgId | None, beginning: str) -> tuple[Any, ...]:
    """The values of `ALL`."""
    return len(beginning), beginning, *((org, org) if org is not None else _EVERY)


def taken_until(
    org: OrgId, name: str, holder: str, now: datetime, until: datetime
) -> tuple[Any, ...]:
    """The values of `TAKE`."""
    return holder, instant(until), org, name, holder, instant(now)


def settled(follower: Follower, holder: str) -> tuple[Any, ...]:
    """The values of `SETTLE`."""
    org, name, *state = follower_values(follower)
    return *state, org, name, holder
