"""The promise of `store.links`, kept by one SQLite file."""

import apsw

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
from headcount.store.refusals import application_id_taken, not_found
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.followers import Doing


class SqliteLinks:
    """Links as rows."""

    def __init__(self, read: Doing, write: Doing) -> None:
        self._read = read
        self._write = write

    async def put(self, org: OrgId, link: AccountLink) -> AccountLink:
        def write(connection: Connection) -> AccountLink | None:
            if connection.execute(IS_THERE, (org, link.account)).fetchone() is None:
                raise not_found(Kind.USER, link.account)
            connection.execute(FREE, (org, link.application_id, link.account))
            try:
                connection.execute(PUT, link_values(org, link))
            except apsw.ConstraintError:
                raise application_id_taken(link.application_id) from None
            return link_in(connection.execute(OF_ACCOUNT, (org, link.account)).fetchone())

        return await self._write(write) or link

    async def of_account(self, org: OrgId, account: str) -> AccountLink | None:
        return await self._read(lambda c: link_in(c.execute(OF_ACCOUNT, (org, account)).fetchone()))

    async def of_application(self, org: OrgId, application_id: str) -> AccountLink | None:
        given = (org, application_id)
        return await self._read(lambda c: link_in(c.execute(OF_APPLICATION, given).fetchone()))

    async def remove(self, org: OrgId, account: str) -> bool:
        given = (org, account)
        return await self._write(lambda c: c.execute(REMOVE, given).fetchone()) is not None
