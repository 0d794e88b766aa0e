"""The promise of `store.keys`, kept by a PostgreSQL server."""

from datetime import datetime

from headcount.store.keys import (
    ADD,
    ALL,
    FIND,
    MOVED,
    ONE,
    REVOKE,
    TOUCH,
    ApiKey,
    key_in,
    key_values,
    touched,
)
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.followers import Doing
from headcount.store.postgres.rows import numbered
from headcount.store.records import instant
from headcount.store.refusals import no_key

_ADD, _ALL, _FIND, _ONE, _REVOKE, _TOUCH = map(numbered, (ADD, ALL, FIND, ONE, REVOKE, TOUCH))


class PostgresKeys:
    """Keys as rows."""

    def __init__(self, read: Doing, write: Doing, moving: Doing) -> None:
        """Keep them.

        Args:
            read: does what only reads.
            write: does what writes.
            moving: does what changes who may come in.
        """
        self._read = read
        self._write = write
        self._moving = moving

    async def add(self, key: ApiKey) -> None:
        async def write(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute(_ADD, *key_values(key))
                await connection.execute(MOVED)

        await self._moving(write)

    async def all(self) -> list[ApiKey]:
        rows = await self._read(lambda c: c.fetch(_ALL))
        return [key_in(row) for row in rows]

    async def find(self, digest: bytes) -> ApiKey | None:
        row = await self._read(lambda c: c.fetchrow(_FIND, digest))
        return None if row is None else key_in(row)

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        if "\0" in key_id:
            raise no_key(key_id)

        async def write(connection: Connection) -> ApiKey:
            async with connection.transaction():
                await connection.execute(_REVOKE, instant(at), key_id)
                await connection.execute(MOVED)
                row = await connection.fetchrow(_ONE, key_id)
                if row is None:
                    raise no_key(key_id)
                return key_in(row)

        return await self._moving(write)

    async def touch(self, key_id: str, at: datetime) -> None:
        await self._write(lambda c: c.execute(_TOUCH, *touched(key_id, at)))
