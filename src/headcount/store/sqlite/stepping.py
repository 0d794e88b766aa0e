"""The promise of `store.steps`, kept by one SQLite file."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import apsw

from headcount.store.sqlite.connection import Connection
from headcount.store.steps import LOCK, Clash, Steps

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
        return await self._write(lambda c: _run(c, steps))


def _run(connection: Connection, steps: Steps[T]) -> T:
    try:
        statement = next(steps)
        while True:
            try:
                sql = statement.sql.replace(LOCK, "")
                found = connection.execute(sql, statement.values).fetchall()
            except apsw.ConstraintError:
                statement = steps.throw(Clash())
            else:
                statement = steps.send(found)
    except StopIteration as end:
        result: T = end.value
        return result
