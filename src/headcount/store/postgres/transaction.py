"""Many commits in one transaction.

A change that is refused has written nothing, so none of them needs a savepoint of its own.
"""

from collections.abc import Sequence
from dataclasses import replace

from headcount.errors import ScimError
from headcount.scim.messages import Query
from headcount.store.bookmarks import Bookmarks
from headcount.store.model import Change, Kind, OrgId, Outcome, Page, Seen
from headcount.store.postgres import lists
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
        (became,) = await written(self._connection, change.org, [change])
        if isinstance(became, ScimError):
            raise became
        return became

    async def members(self, org: OrgId, group: str) -> Sequence[tuple[str, Kind]]:
        return await lists.members(self._connection, org, group)
