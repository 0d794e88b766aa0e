"""The promise of `store.links`, kept by a PostgreSQL server."""

import asyncpg

from headcount.store.links import (
    FREE,
    IS_THERE,
    OF_ACCOUNT,
    OF_APPLICATION,
    PUT,
    REMOVE,
    AccountLink,
    link_in,
    link_values,
)
from headcount.store.model import Kind, OrgId
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.followers import Doing
from headcount.store.postgres.rows import numbered
from headcount.store.refusals import application_id_taken, not_found

_THERE, _FREE, _PUT = map(numbered, (IS_THERE, FREE, PUT))
_OF_ACCOUNT, _OF_APPLICATION, _REMOVE = map(numbered, (OF_ACCOUNT, OF_APPLICATION, REMOVE))


class PostgresLinks:
    """Links as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def put(self, org: OrgId, link: AccountLink) -> AccountLink:
        async def write(connection: Connection) -> AccountLink | None:
            async with connection.transaction():
                if await connection.fetchrow(_THERE, org, link.account) is None:
                    raise not_found(Kind.USER, link.account)
                await connection.execute(_FREE, org, link.application_id, link.account)
                await connection.execute(_PUT, *link_values(org, link))
                return link_in(await connection.fetchrow(_OF_ACCOUNT, org, link.account))

        if "\0" in link.account:
            raise not_found(Kind.USER, link.account)
        try:
            return await self._write(write) or link
        except asyncpg.UniqueViolationError:
            raise application_id_taken(link.application_id) from None

    async def of_account(self, org: OrgId, account: str) -> AccountLink | None:
        return await self._one(_OF_ACCOUNT, org, account)

    async def of_application(self, org: OrgId, application_id: str) -> AccountLink | None:
        return await self._one(_OF_APPLICATION, org, application_id)

    async def _one(self, sql: str, org: OrgId, text: str) -> AccountLink | None:
        if "\0" in text:
            return None
        return link_in(await self._read(lambda c: c.fetchrow(sql, org, text)))

    async def remove(self, org: OrgId, account: str) -> bool:
        if "\0" in account:
            return False
        return await self._write(lambda c: c.fetchrow(_REMOVE, org, account)) is not None
