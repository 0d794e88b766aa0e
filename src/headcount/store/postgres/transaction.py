"""Many commits in one transaction.

A change that is refused has written nothing, so it needs no savepoint of its own: but for a change
of members, which may be refused for the owners that are left when all of it is written.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from headcount.errors import ScimError
from headcount.scim.messages import Query
from headcount.store.bookmarks import Bookmarks
from headcount.store.model import Change, Kind, OrgId, Outcome, Page, Seen
from headcount.store.postgres import lists, roles
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.moments import all_whole
from headcount.store.postgres.reading import get
from headcount.store.postgres.writer import written


class Transaction:
    """The resources, on a connection in a transaction that somebody else ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(
        self, org: OrgId, kind: Kind, resource_id: str, *, base: str = "", relations: bool = True
    ) -> Seen:
        seen = await get(self._connection, org, kind, resource_id, base if relations else None)
        return (await all_whole(self._connection, org, base, [seen]))[0]

    async def find(self, org: OrgId, kind: Kind, query: Query, *, base: str = "") -> Page:
        page = await lists.find(self._connection, org, kind, query, base, Bookmarks())
        resources = await all_whole(self._connection, org, base, page.resources)
        return replace(page, resources=resources)

    async def commit(self, change: Change) -> Outcome:
        moves_roles = change.kind is Kind.GROUP and (change.members or change.deletes)
        async with self._connection.transaction() if moves_roles else nullcontext():
            (became,) = await written(self._connection, change.org, [change])
        if isinstance(became, ScimError):
            raise became
        return became

    async def own_role(self, org: OrgId, account: str) -> str | None:
        return await roles.own_role(self._connection, org, account)

    async def members(self, org: OrgId, group: str) -> Sequence[tuple[str, Kind]]:
        return await lists.members(self._connection, org, group)
