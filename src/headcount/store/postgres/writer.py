"""Writes: the changes of an organisation that come while the last ones are written go together.

A batch is one statement, so one transaction and one flush to disk, and is answered after it. Two
organisations do not wait for each other.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import asyncpg

from headcount.errors import LastOwner, ScimError
from headcount.store.model import Change, OrgId, Outcome
from headcount.store.postgres.changes import COMMIT, arguments, result
from headcount.store.postgres.connections import Connections
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.roles import giving_roles
from headcount.store.refusals import last_owner, stopping

_MOST = 128  # changes in one statement


class _Asked(NamedTuple):
    change: Change
    answer: "asyncio.Future[Outcome]"


@dataclass(slots=True)
class Writer:
    """The changes of one process."""

    connections: Connections
    _waiting: dict[OrgId, list[_Asked]] = field(default_factory=dict, init=False)
    _running: dict[OrgId, "asyncio.Task[None]"] = field(default_factory=dict, init=False)
    _closed: bool = field(default=False, init=False)

    async def commit(self, change: Change) -> Outcome:
        """Write it, and return once it is on disk."""
        if self._closed:
            raise stopping()
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(change.org, []).append(_Asked(change, answer))
        if change.org not in self._running:
            task = asyncio.ensure_future(self._run(change.org))
            self._running[change.org] = task
        return await answer

    async def close(self) -> None:
        """Finish what was accepted."""
        self._closed = True
        await asyncio.gather(*self._running.values())

    async def _run(self, org: OrgId) -> None:
        try:
            while waiting := self._waiting.pop(org, []):
                batch, rest = waiting[:_MOST], waiting[_MOST:]
                if rest:
                    self._waiting[org] = rest
                await self._write(org, batch)
        finally:
            del self._running[org]

    async def _write(self, org: OrgId, batch: list[_Asked]) -> None:
        try:
            async with self.connections.to_change() as connection:
                results = await written(connection, org, [one.change for one in batch])
        except (asyncpg.PostgresError, LastOwner) as error:
            if len(batch) == 1:
                _deliver(batch, [error])
                return
            for one in batch:  # nothing of the batch was written: find out whose fault it is
                await self._write(org, [one])
        except Exception as error:  # noqa: BLE001 - handed to those who wait
            _deliver(batch, [error] * len(batch))
        else:
            _deliver(batch, results)


def _deliver(batch: Sequence[_Asked], results: Sequence[Outcome | Exception]) -> None:
    for one, became in zip(batch, results, strict=True):
        if one.answer.done():
            continue
        if isinstance(became, Exception):
            one.answer.set_exception(became)
        else:
            one.answer.set_result(became)


async def written(
    connection: Connection, org: OrgId, changes: Sequence[Change]
) -> list[Outcome | ScimError]:
    """Write changes of one organisation; what became of each.

    Raises:
        LastOwner: a rule took the role of the last owner. Nothing was written, by no change.
    """
    with giving_roles(last_owner):
        rows = await connection.fetch(COMMIT, *arguments(org, changes))
    return [result(change, row) for change, row in zip(changes, rows, strict=True)]
