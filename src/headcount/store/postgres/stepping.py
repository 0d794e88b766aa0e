"""The promise of `store.steps`, kept by a PostgreSQL server."""

from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from typing import Any, Protocol, TypeVar

import asyncpg

from headcount.store.postgres.driver import Connection
from headcount.store.postgres.rows import numbered
from headcount.store.steps import LOCK, Statement, Steps, take

T = TypeVar("T")


class Doing(Protocol):
    """Does some work on a connection; a read is tried again where the connection is lost."""

    def __call__(
        self, work: Callable[[Connection], Coroutine[Any, Any, T]], /
    ) -> Coroutine[Any, Any, T]:
        """The result of the work."""


class PostgresRows:
    """Rows of a database that others use, too. One statement alone is one round trip."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def read(self, sql: str, *values: Any) -> list[Any]:
        return await self._read(lambda c: c.fetch(_told(sql), *values))

    async def write(self, sql: str, *values: Any) -> list[Any]:
        return await self._write(lambda c: c.fetch(_told(sql), *values))

    async def run(self, steps: Steps[T]) -> T:
        return await self._write(lambda c: _run(c, steps))


async def _run(connection: Connection, steps: Steps[T]) -> T:
    async with connection.transaction():
        return await take(steps, partial(_fetch, connection), asyncpg.UniqueViolationError)


async def _fetch(connection: Connection, statement: Statement) -> list[Any]:
    return await connection.fetch(_told(statement.sql), *statement.values)


@lru_cache(maxsize=500)
def _told(sql: str) -> str:
    """The statement in PostgreSQL's words."""
    return numbered(sql.replace(LOCK, "FOR UPDATE"))
