"""The promise of `store.followers`, kept by a PostgreSQL server."""

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
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.rows import numbered
from headcount.store.refusals import no_follower

T = TypeVar("T")

_ADD, _ONE, _ALL, _TAKE, _SETTLE, _LET_GO, _MOVE, _REMOVE = map(
    numbered, (ADD, ONE, ALL, TAKE, SETTLE, LET_GO, MOVE, REMOVE)
)
_FREE = numbered(FREE)


class Doing(Protocol):
    """Does some work on a connection; a read is tried again where the connection is lost."""

    def __call__(
        self, work: Callable[[Connection], Coroutine[Any, Any, T]], /
    ) -> Coroutine[Any, Any, T]:
        """The result of the work."""


class PostgresFollowers:
    """Followers as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def add(self, follower: Follower) -> Follower:
        async def write(connection: Connection) -> Follower:
            await connection.execute(_ADD, *follower_values(follower))
            return follower_in(await connection.fetchrow(_ONE, follower.org, follower.name))

        return await self._write(write)

    async def all(self, org: OrgId | None = None, beginning: str = "") -> list[Follower]:
        rows = await self._read(lambda c: c.fetch(_ALL, *asked_for(org, beginning)))
        return [follower_in(row) for row in rows]

    async def take(
        self, org: OrgId, name: str, holder: str, now: datetime, until: datetime
    ) -> Follower | None:
        given = taken_until(org, name, holder, now, until)
        row = await self._write(lambda c: c.fetchrow(_TAKE, *given))
        return None if row is None else follower_in(row)

    async def settle(self, follower: Follower, holder: str) -> bool:
        given = settled(follower, holder)
        return await self._write(lambda c: c.fetchrow(_SETTLE, *given)) is not None

    async def let_go(self, org: OrgId, name: str, holder: str) -> None:
        await self._write(lambda c: c.execute(_LET_GO, org, name, holder))

    async def held(self) -> list[Held]:
        return [held_in(row) for row in await self._read(lambda c: c.fetch(HELD))]

    async def free(self, holder: str) -> None:
        await self._write(lambda c: c.execute(_FREE, holder))

    async def move(self, org: OrgId, name: str, position: int) -> None:
        if await self._write(lambda c: c.fetchrow(_MOVE, position, org, name)) is None:
            raise no_follower(name)

    async def remove(self, org: OrgId, name: str) -> None:
        await self._write(lambda c: c.execute(_REMOVE, org, name))
