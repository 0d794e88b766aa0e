"""The promise of `store.connectors`, kept by one SQLite file."""

from collections.abc import Callable, Collection, Sequence

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
from headcount.store.refusals import connector_taken, no_connector
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.followers import Doing


class SqliteConnectors:
    """Connectors as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def add(self, connector: Connector) -> None:
        given = connector_values(connector)
        if await self._write(lambda c: c.execute(ADD, given).fetchone()) is None:
            raise connector_taken(connector.name)

    async def all(self, org: OrgId | None = None) -> list[Connector]:
        return await self._read(lambda c: [connector_in(row) for row in c.execute(ALL, of(org))])

    async def get(self, org: OrgId, name: str) -> Connector:
        return await self._read(lambda c: _one(c, org, name))

    async def change(
        self, org: OrgId, name: str, change: Callable[[Connector], Connector]
    ) -> Connector:
        def write(connection: Connection) -> Connector:
            after = change(_one(connection, org, name))
            connection.execute(CHANGE, changed_values(after))
            return after

        return await self._write(write)

    async def remove(self, org: OrgId, name: str) -> None:
        def write(connection: Connection) -> None:
            if connection.execute(REMOVE, (org, name)).fetchone() is None:
                raise no_connector(name)
            connection.execute(FORGET, (org, name))

        await self._write(write)

    async def links(self, org: OrgId, name: str) -> list[Linked]:
        return await self._read(lambda c: [linked_in(row) for row in c.execute(LINKS, (org, name))])

    async def link(self, org: OrgId, name: str, links: Sequence[Linked]) -> None:
        given = [put_values(org, name, one) for one in links]
        await self._write(lambda c: c.executemany(PUT, given).fetchall())

    async def unlink(self, org: OrgId, name: str, resources: Collection[str]) -> None:
        given = [(org, name, one) for one in resources]
        await self._write(lambda c: c.executemany(UNLINK, given).fetchall())


def _one(connection: Connection, org: OrgId, name: str) -> Connector:
    row = connection.execute(ONE, (org, name)).fetchone()
    if row is None:
        raise no_connector(name)
    return connector_in(row)
