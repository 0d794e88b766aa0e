"""Many commits in one transaction, each in a savepoint of its own."""

from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import apsw

from headcount.scim.messages import Query
from headcount.store.bookmarks import Bookmarks
from headcount.store.model import RELATIONS, Change, Kind, OrgId, Outcome, Page, Seen
from headcount.store.sqlite import commit, points, reads, roles
from headcount.store.sqlite.connection import Connection, TooLong
from headcount.store.sqlite.points import Wanted

T = TypeVar("T")


class Transaction:
    """The resources, on the writing connection, inside a transaction that somebody else ends.

    Nothing in here ever waits, so what awaits it runs through at once.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _reading(self) -> Connection:
        """The connection, without what it kept of groups before the last change."""
        self._connection.kept.forget()
        return self._connection

    async def get(
        self, org: OrgId, kind: Kind, resource_id: str, *, base: str = "", relations: bool = True
    ) -> Seen:
        return points.get(self._reading(), Wanted(org, kind, base, relations), resource_id)

    async def find(self, org: OrgId, kind: Kind, query: Query, *, base: str = "") -> Page:
        connection = self._reading()
        wanted = Wanted(org, kind, base, query.projection.shows(RELATIONS[kind]))
        with suppress(TooLong):
            if (page := points.look_up(connection, wanted, query)) is not None:
                return page
        return reads.find(connection, org, kind, query, base, Bookmarks())

    async def commit(self, change: Change) -> Outcome:
        self._connection.execute("SAVEPOINT within")
        try:
            outcome = commit.apply(self._connection, change)
        except apsw.FullError:
            raise
        except Exception:
            self._connection.execute("ROLLBACK TO within")
            self._connection.execute("RELEASE within")
            raise
        self._connection.execute("RELEASE within")
        return outcome

    async def own_role(self, org: OrgId, account: str) -> str | None:
        return roles.own_role(self._connection, org, account)

    async def members(self, org: OrgId, group: str) -> Sequence[tuple[str, Kind]]:
        return reads.members(self._connection, org, group)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing.

    Raises:
        RuntimeError: it waits, which would hold up every writer.
    """
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise RuntimeError("what runs in a transaction must not wait for anything else")
