"""The promise of `store.connectors`, kept by a PostgreSQL server."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from headcount.store.connectors import (
    ADD,
    ALL,
    CHANGE,
    FORGET,
    LINKS,
    ONE,
    PUT,
    REMOVE,
    UNLINK,
    Connector,
    Linked,
    changed_values,
    connector_in,
    connector_values,
    linked_in,
    of,
    put_values,
)
from headcount.store.model import OrgId
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.followers import Doing
from headcount.store.postgres.rows import numbered
from headcount.store.refusals import connector_taken, no_connector

_ADD, _ALL, _ONE, _CHANGE, _REMOVE, _FORGET, _LINKS, _PUT, _UNLINK = map(
    numbered, (ADD, ALL, ONE, CHANGE, REMOVE, FORGET, LINKS, PUT, UNLINK)
)
_LOCKED = f"{_ONE} FOR UPDATE"


class PostgresConnectors:
    """Connectors as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def add(self, connector: Connector) -> None:
        given = connector_values(connector)
        if await self._write(lambda c: c.fetchrow(_ADD, *given)) is None:
            raise connector_taken(connector.name)

    async def all(self, org: OrgId | None = None) -> list[Connector]:
        rows = await self._read(lambda c: c.fetch(_ALL, *of(org)))
        return [connector_in(row) for row in rows]

    async def get(self, org: OrgId, name: str) -> Connector:
        return _found(await self._read(lambda c: c.fetchrow(_ONE, org, name)), name)

    async def change(
        self, org: OrgId, name: str, change: Callable[[Connector], Connector]
    ) -> Connector:
        async def write(connection: Connection) -> Connector:
            async with connection.transaction():
                after = change(_found(await connection.fetchrow(_LOCKED, org, name), name))
                await connection.execute(_CHANGE, *changed_values(after))
                return after

        return await self._write(write)

    async def remove(self, org: OrgId, name: str) -> None:
        async def write(connection: Connection) -> None:
            async with connection.transaction():
                if await connection.fetchrow(_REMOVE, org, name) is None:
                    raise no_connector(name)
                await connection.execute(_FORGET, org, name)

        await self._write(write)

    async def links(self, org: OrgId, name: str) -> list[Linked]:
        rows = await self._read(lambda c: c.fetch(_LINKS, org, name))
        return [linked_in(row) for row in rows]

    async def link(self, org: OrgId, name: str, links: Sequence[Linked]) -> None:
        await self._each(_PUT, [put_values(org, name, one) for one in links])

    async def unlink(self, org: OrgId, name: str, resources: Collection[str]) -> None:
        await self._each(_UNLINK, [(org, name, one) for one in resources])

    async def _each(self, sql: str, given: Sequence[tuple[Any, ...]]) -> None:
        async def write(connection: Connection) -> None:
            async with connection.transaction():
                for values in given:
                    await connection.execute(sql, *values)

        await self._write(write)


def _found(row: Any, name: str) -> Connector:
    if row is None:
        raise no_connector(name)
    return connector_in(row)
