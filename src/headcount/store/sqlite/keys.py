"""The promise of `store.keys`, kept by one SQLite file."""

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
from headcount.store.records import instant
from headcount.store.refusals import no_key
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.followers import Doing


class SqliteKeys:
    """Keys as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def add(self, key: ApiKey) -> None:
        def write(connection: Connection) -> None:
            connection.execute(ADD, key_values(key))
            connection.execute(MOVED)

        await self._write(write)

    async def all(self) -> list[ApiKey]:
        return await self._read(lambda c: [key_in(row) for row in c.execute(ALL)])

    async def find(self, digest: bytes) -> ApiKey | None:
        row = await self._read(lambda c: c.execute(FIND, (digest,)).fetchone())
        return None if row is None else key_in(row)

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        def write(connection: Connection) -> ApiKey:
            connection.execute(REVOKE, (instant(at), key_id))
            connection.execute(MOVED)
            row = connection.execute(ONE, (key_id,)).fetchone()
            if row is None:
                raise no_key(key_id)
            return key_in(row)

        return await self._write(write)

    async def touch(self, key_id: str, at: datetime) -> None:
        await self._write(lambda c: c.execute(TOUCH, touched(key_id, at)).fetchall())
