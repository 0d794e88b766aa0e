"""The promise of `store.steps`, kept by one SQLite file."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

import apsw

from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.transaction import at_once
from headcount.store.steps import LOCK, Statement, Steps, take

T = TypeVar("T")


class Doing(Protocol):
    """Does some work on a connection: a write in a transaction, or a read in a thread."""

    def __call__(self, work: Callable[[Connection], T], /) -> Coroutine[Any, Any, T]:
        """The result of the work."""


class SqliteRows:
    """Rows of a file, in which one writer has everything for itself."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def read(self, sql: str, *values: Any) -> list[Any]:
        return await self._read(lambda c: c.execute(sql, values).fetchall())

    async def write(self, sql: str, *values: Any) -> list[Any]:
        return await self._write(lambda c: c.execute(sql, values).fetchall())

    async def run(self, steps: Steps[T]) -> T:
        return await self._write(
            lambda c: at_once(take(steps, partial(_execute, c), apsw.ConstraintError))
        )


async def _execute(connection: Connection, statement: Statement) -> list[Any]:
    return connection.execute(statement.sql.replace(LOCK, ""), statement.values).fetchall()
