"""The promise of `store.webhooks`, kept by one SQLite file."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from headcount.store import hooks
from headcount.store.followers import Follower
from headcount.store.model import OrgId
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.followers import Doing
from headcount.store.steps import LOCK, Statement, Steps
from headcount.store.webhooks import Attempt, Endpoint, Settled, Waiting

T = TypeVar("T")


class SqliteWebhooks:
    """Webhooks as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def add(self, endpoint: Endpoint, position: int) -> None:
        await self._write(lambda c: run(c, hooks.add(endpoint, position)))

    async def all(self, org: OrgId | None = None) -> list[Endpoint]:
        return await self._read(lambda c: run(c, hooks.every(org)))

    async def one(self, org: OrgId, endpoint: str) -> Endpoint:
        return await self._read(lambda c: run(c, hooks.one(org, endpoint)))

    async def change(
        self, org: OrgId, endpoint: str, change: Callable[[Endpoint], Endpoint]
    ) -> Endpoint:
        return await self._write(lambda c: run(c, hooks.change(org, endpoint, change)))

    async def remove(self, org: OrgId, endpoint: str) -> Endpoint:
        return await self._write(lambda c: run(c, hooks.remove(org, endpoint)))

    async def queue(self, follower: Follower, holder: str, waiting: Sequence[Waiting]) -> bool:
        return await self._write(lambda c: run(c, hooks.queue(follower, holder, waiting)))

    async def again(self, org: OrgId, endpoint: str, waiting: Sequence[Waiting]) -> None:
        await self._write(lambda c: run(c, hooks.again(org, endpoint, waiting)))

    async def resume(self, org: OrgId, endpoint: str, position: int | None = None) -> None:
        await self._write(lambda c: run(c, hooks.resume(org, endpoint, position)))

    async def ready(self, org: OrgId, endpoint: str, now: datetime, limit: int) -> list[Waiting]:
        return await self._read(lambda c: run(c, hooks.ready(org, endpoint, now, limit)))

    async def waiting(self, org: OrgId, endpoint: str, limit: int) -> list[Waiting]:
        return await self._read(lambda c: run(c, hooks.waiting_of(org, endpoint, limit)))

    async def count_waiting(self, org: OrgId, endpoint: str) -> int:
        return await self._read(lambda c: run(c, hooks.count_waiting(org, endpoint)))

    async def settle(
        self,
        org: OrgId,
        endpoint: str,
        settled: Sequence[Settled],
        change: Callable[[Endpoint], Endpoint],
    ) -> Endpoint | None:
        return await self._write(lambda c: run(c, hooks.settle(org, endpoint, settled, change)))

    async def attempts(
        self, org: OrgId, endpoint: str, limit: int, before: int | None = None
    ) -> list[Attempt]:
        return await self._read(lambda c: run(c, hooks.attempts(org, endpoint, limit, before)))

    async def attempt(self, org: OrgId, endpoint: str, number: int) -> Attempt:
        return await self._read(lambda c: run(c, hooks.attempt(org, endpoint, number)))

    async def forget_attempts(self, before: datetime) -> None:
        await self._write(lambda c: run(c, hooks.forget_attempts(before)))


def run(connection: Connection, steps: Steps[T]) -> T:
    """The result of the steps; a writer has the whole file for itself."""
    try:
        statement: Statement = next(steps)
        while True:
            sql = statement.sql.replace(LOCK, "")
            statement = steps.send(connection.execute(sql, statement.values).fetchall())
    except StopIteration as end:
        result: T = end.value
        return result
