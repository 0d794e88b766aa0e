"""The promise of `store.followers`, kept by one SQLite file."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Protocol, TypeVar

from headcount.store.followers import (
    ADD,
    ALL,
    FREE,
    HELD,
    LET_GO,
    MOVE,
    ONE,
    REMOVE,
    SETTLE,
    TAKE,
    Follower,
    Held,
    asked_for,
    follower_in,
    follower_values,
    held_in,
    settled,
    taken_until,
)
from headcount.store.model import OrgId
from headcount.store.refusals import no_follower
from headcount.store.sqlite.connection import Connection

T = TypeVar("T")


class Doing(Protocol):
    """Does some work on a connection: a write in a transaction, or a read in a thread."""

    def __call__(self, work: Callable[[Connection], T], /) -> Coroutine[Any, Any, T]:
        """The result of the work."""


class SqliteFollowers:
    """Followers as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def add(self, follower: Follower) -> Follower:
        def write(connection: Connection) -> Follower:
            connection.execute(ADD, follower_values(follower))
            return follower_in(connection.execute(ONE, (follower.org, follower.name)).get)

        return await self._write(write)

    async def all(self, org: OrgId | None = None, beginning: str = "") -> list[Follower]:
        asked = asked_for(org, beginning)
        return await self._read(lambda c: [follower_in(row) for row in c.execute(ALL, asked)])

    async def take(
        self, org: OrgId, name: str, holder: str, now: datetime, until: datetime
    ) -> Follower | None:
        given = taken_until(org, name, holder, now, until)
        row = await self._write(lambda c: c.execute(TAKE, given).fetchone())
        return None if row is None else follower_in(row)

    async def settle(self, follower: Follower, holder: str) -> bool:
        given = settled(follower, holder)
        return await self._write(lambda c: c.execute(SETTLE, given).fetchone()) is not None

    async def let_go(self, org: OrgId, name: str, holder: str) -> None:
        await self._write(lambda c: c.execute(LET_GO, (org, name, holder)).fetchall())

    async def held(self) -> list[Held]:
        return await self._read(lambda c: [held_in(row) for row in c.execute(HELD)])

    async def free(self, holder: str) -> None:
        await self._write(lambda c: c.execute(FREE, (holder,)).fetchall())

    async def move(self, org: OrgId, name: str, position: int) -> None:
        given = (position, org, name)
        if await self._write(lambda c: c.execute(MOVE, given).fetchone()) is None:
            raise no_follower(name)

    async def remove(self, org: OrgId, name: str) -> None:
        await self._write(lambda c: c.execute(REMOVE, (org, name)).fetchall())
