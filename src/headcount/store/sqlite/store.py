"""The promise of `store.promise`, kept by one SQLite file.

Point reads take 5 us and run on the event loop; what may scan runs in a thread; every write goes
through the one writer.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from headcount.errors import Unavailable
from headcount.scim.messages import Query
from headcount.store.activity import Done, Exchange, Sought, Tallies
from headcount.store.application import ForApplication
from headcount.store.bookmarks import Bookmarks
from headcount.store.browsing import Chosen, Line, Member, Part
from headcount.store.exchanges import row_of
from headcount.store.model import (
    RELATIONS,
    Change,
    Kind,
    Migrated,
    Organisation,
    OrgId,
    Outcome,
    Page,
    Policy,
    Recorded,
    RoleRule,
    Seen,
    Token,
)
from headcount.store.paging import Paging, counted_roles
from headcount.store.promise import ANY, Resources
from headcount.store.recent import Recent
from headcount.store.roles import Preview
from headcount.store.sqlite import (
    activity,
    admin,
    browsing,
    events,
    names,
    points,
    reads,
    roles,
    visitors,
)
from headcount.store.sqlite.connection import (
    Connection,
    FileLock,
    LoopReader,
    Readers,
    TooLong,
    open_writer,
)
from headcount.store.sqlite.leases import Leases
from headcount.store.sqlite.points import Wanted
from headcount.store.sqlite.schema import bring_up_to_date
from headcount.store.sqlite.stepping import SqliteRows
from headcount.store.sqlite.transaction import Transaction, at_once
from headcount.store.sqlite.writer import Writer
from headcount.store.visitors import Administrator, Audited, Link, Session

T = TypeVar("T")

_SCANNERS = 4  # threads
_PATIENCE = 1.0  # seconds that a search waits for names: of some 10,000 accounts
_EXCHANGES_AT_ONCE = 16  # whoever changes something waits for these, and then has their turn


class SqliteStore(ForApplication):
    """Every organisation in one file. Several processes may have it open at once."""

    def __init__(self, path: Path) -> None:
        migrate_file(path)
        self._writer = Writer(path, names.take_in)
        recent = Recent()
        self._inline = LoopReader(path, recent)
        self._readers = Readers(path, recent)
        self._threads = ThreadPoolExecutor(_SCANNERS, thread_name_prefix="headcount-scan")
        self._leases = Leases(path, recent, self._threads)
        self._bookmarks = Bookmarks()
        rows = SqliteRows(self._scan, self._writer.do)
        super().__init__(rows, rows)
        self._seen_data: object = None
        self._epoch = 0

    async def get(
        self, org: OrgId, kind: Kind, resource_id: str, *, base: str = "", relations: bool = True
    ) -> Seen:
        wanted = Wanted(org, kind, base, relations)
        try:
            return points.get(self._inline.connection(), wanted, resource_id)
        except TooLong:
            return await self._scan_all(lambda c: points.get(c, wanted, resource_id))

    async def find(self, org: OrgId, kind: Kind, query: Query, *, base: str = "") -> Page:
        wanted = Wanted(org, kind, base, query.projection.shows(RELATIONS[kind]))
        connection = self._inline.connection()
        with contextlib.suppress(TooLong):
            if (page := points.look_up(connection, wanted, query)) is not None:
                return page
            if reads.is_quick(org, kind, query, self._bookmarks):
                return reads.find(connection, org, kind, query, base, self._bookmarks)
        return await self._scan_all(
            lambda c: reads.find(c, org, kind, query, base, self._bookmarks)
        )

    async def commit(self, change: Change) -> Outcome:
        return await self._writer.write(change)

    async def together(self, work: Callable[[Resources], Coroutine[Any, Any, T]]) -> T:
        return await self._writer.do(lambda connection: at_once(work(Transaction(connection))))

    async def members(self, org: OrgId, group: str) -> Sequence[tuple[str, Kind]]:
        return await self._scan(lambda connection: reads.members(connection, org, group))

    async def own_role(self, org: OrgId, account: str) -> str | None:
        return roles.own_role(self._inline.connection(), org, account)

    async def set_role_rules(
        self,
        org: OrgId,
        change: Callable[[Organisation], Sequence[RoleRule]],
        at: str,
        actor: str,
    ) -> int:
        return await self._writer.do(lambda c: admin.set_role_rules(c, org, change, at, actor))

    async def preview_role_rules(
        self, org: OrgId, rules: Sequence[RoleRule], limit: int
    ) -> Preview:
        return await self._scan(lambda c: roles.preview(c, org, rules, limit))

    async def events_after(self, org: OrgId, position: int, limit: int) -> list[Recorded]:
        return await self._scan(lambda connection: events.after(connection, org, position, limit))

    async def positions(self, orgs: Collection[OrgId]) -> dict[OrgId, int]:
        return events.positions(self._inline.connection(), orgs)

    async def forget_events(self, before: str) -> int:
        gone = 0
        for org, last in await self._scan(lambda c: events.forgettable(c, before)):
            gone += await self._forget(partial(events.forget, org=org, last=last))
        return gone

    async def add_organisation(
        self, slug: str, name: str, policy: Policy, at: datetime
    ) -> Organisation:
        return await self._writer.do(lambda c: admin.add_organisation(c, slug, name, policy, at))

    async def change_organisation(
        self, slug: str, change: Callable[[Organisation], Organisation]
    ) -> Organisation:
        return await self._writer.do(lambda c: admin.change_organisation(c, slug, change))

    async def organisations(self, after: str = "", limit: int = ANY) -> list[Organisation]:
        return await self._scan(lambda c: admin.organisations(c, after, limit))

    async def organisation(self, slug: str) -> Organisation:
        return admin.organisation(self._inline.connection(), slug)

    async def add_token(self, token: Token) -> None:
        await self._writer.do(lambda connection: admin.add_token(connection, token))

    async def tokens(self, org: OrgId) -> list[Token]:
        return await self._scan(lambda connection: admin.tokens(connection, org))

    async def revoke_token(self, org: OrgId, token_id: str, at: datetime) -> Token:
        return await self._writer.do(lambda c: admin.revoke_token(c, org, token_id, at))

    async def change_token(
        self, org: OrgId, token_id: str, change: Callable[[Token], Token]
    ) -> Token:
        return await self._writer.do(lambda c: admin.change_token(c, org, token_id, change))

    def touch_token(self, token_id: str, at: datetime) -> None:
        self._writer.later(lambda connection: admin.touch_token(connection, token_id, at))

    async def find_token(self, digest: bytes) -> tuple[Token, Organisation] | None:
        return admin.find_token(self._inline.connection(), digest)

    def access_epoch(self) -> int:
        data = self._inline.data_version()
        if data != self._seen_data:  # somebody wrote something, in this process or another
            self._seen_data = data
            self._epoch = admin.epoch(self._inline.connection())
        return self._epoch

    async def read_access_epoch(self) -> int:
        return self.access_epoch()

    async def secret(self, name: str, fresh: bytes) -> bytes:
        return await self._writer.do(lambda connection: admin.secret(connection, name, fresh))

    async def add_administrator(self, one: Administrator) -> None:
        await self._writer.do(lambda connection: visitors.add_administrator(connection, one))

    async def administrators(self) -> list[Administrator]:
        return await self._scan(visitors.administrators)

    async def find_administrator(self, email: str) -> Administrator | None:
        return visitors.find_administrator(self._inline.connection(), email)

    async def remove_administrator(self, administrator_id: str) -> Administrator:
        return await self._writer.do(lambda c: visitors.remove_administrator(c, administrator_id))

    async def add_link(self, link: Link) -> None:
        await self._writer.do(lambda connection: visitors.add_link(connection, link))

    async def links(self, org: OrgId | None) -> list[Link]:
        return await self._scan(lambda connection: visitors.links(connection, org))

    async def find_link(self, digest: bytes) -> Link | None:
        return visitors.find_link(self._inline.connection(), digest)

    async def use_link(self, link_id: str, at: datetime, session: Session) -> bool:
        return await self._writer.do(lambda c: visitors.use_link(c, link_id, at, session))

    async def revoke_link(self, org: OrgId | None, link_id: str, at: datetime) -> Link:
        return await self._writer.do(lambda c: visitors.revoke_link(c, org, link_id, at))

    async def add_session(self, session: Session) -> None:
        await self._writer.do(lambda connection: visitors.add_session(connection, session))

    async def find_session(self, digest: bytes) -> tuple[Session, Administrator | None] | None:
        return visitors.find_session(self._inline.connection(), digest)

    async def renew_session(self, digest: bytes, session: Session) -> bool:
        return await self._writer.do(lambda c: visitors.renew_session(c, digest, session))

    async def sessions(self, org: OrgId | None) -> list[Session]:
        return await self._scan(lambda connection: visitors.sessions(connection, org))

    async def end_session(self, session_id: str) -> None:
        await self._writer.do(lambda connection: visitors.end_session(connection, session_id))

    async def audit(self, entry: Audited) -> None:
        await self._writer.do(lambda connection: visitors.audit(connection, entry))

    async def audited(self, org: OrgId | None, before: int | None, limit: int) -> list[Audited]:
        return await self._scan(lambda c: visitors.audited(c, org, before, limit))

    async def add_exchanges(self, exchanges: Sequence[Exchange], tallies: Tallies) -> None:
        loop = asyncio.get_running_loop()
        for first in range(0, len(exchanges), _EXCHANGES_AT_ONCE):
            some = map(row_of, exchanges[first : first + _EXCHANGES_AT_ONCE])
            rows = await loop.run_in_executor(self._threads, list, some)
            await self._writer.do(partial(activity.add_exchanges, rows=rows))
        await self._writer.do(lambda c: activity.add_to_days(c, tallies))

    async def exchanges(self, org: OrgId | None, sought: Sought, limit: int) -> list[Exchange]:
        return await self._scan(lambda c: activity.exchanges(c, org, sought, limit))

    async def exchange(self, org: OrgId | None, number: int) -> Exchange:
        return await self._scan(lambda connection: activity.exchange(connection, org, number))

    async def failures(self, org: OrgId, since: str) -> list[tuple[Exchange, int, int]]:
        return await self._scan(lambda connection: activity.failures(connection, org, since))

    async def days(self, org: OrgId, since: str) -> list[tuple[str, Done, int]]:
        return await self._scan(lambda connection: activity.days(connection, org, since))

    async def forget_exchanges(self, before: str, most: int) -> int:
        gone = await self._forget(lambda c: activity.forget_before(c, before))
        for org, last in await self._scan(lambda c: activity.last_spare(c, most)):
            gone += await self._forget(partial(activity.forget_spare, org=org, last=last))
        return gone

    async def _forget(self, part: Callable[[Connection], int]) -> int:
        """Remove part after part, until there is none."""
        total = 0
        while gone := await self._writer.do(part):
            total += gone
        return total

    async def forget_days(self, before: str) -> None:
        await self._writer.do(lambda connection: activity.forget_days(connection, before))

    async def events_about(
        self, org: OrgId, subject: str, before: int | None, limit: int
    ) -> list[Recorded]:
        return await self._scan(lambda c: activity.events_about(c, org, subject, before, limit))

    async def browse(
        self,
        org: OrgId,
        kind: Kind,
        chosen: Chosen,
        limit: int,
        *,
        after: str = "",
        before: str = "",
    ) -> Part:
        if chosen.text and kind is Kind.USER:
            await self._take_names_in(org)
        paging = Paging(browsing.WORDS, org, kind, chosen, limit)
        return await self._scan(lambda c: browsing.answered(c, paging.part(after, before)))

    async def _take_names_in(self, org: OrgId) -> None:
        """Whom a search shall find by their names."""
        with contextlib.suppress(Unavailable, TimeoutError):  # it finds all others
            async with asyncio.timeout(_PATIENCE):
                while names.are_waiting(self._inline.connection(), org):
                    await self._writer.do(lambda connection: names.take_in_of(connection, org))

    async def line(self, org: OrgId, kind: Kind, resource_id: str) -> Line:
        paging = Paging(browsing.WORDS, org, kind, Chosen(), 1)
        return await self._scan(lambda c: browsing.answered(c, paging.one(resource_id)))

    async def count_roles(self, org: OrgId, roles: Sequence[str], most: int) -> Sequence[int]:
        asking = counted_roles(browsing.WORDS, org, roles, most)
        return await self._scan(lambda c: browsing.answered(c, asking))

    async def members_after(self, org: OrgId, group: str, after: str, limit: int) -> list[Member]:
        return await self._scan(lambda c: browsing.members_after(c, org, group, after, limit))

    async def ready(self) -> None:
        admin.epoch(self._inline.connection())

    async def close(self) -> None:
        self._threads.shutdown()
        self._readers.close()
        self._leases.close()
        self._inline.close()
        await asyncio.to_thread(self._writer.close)  # last: who can write takes the WAL back

    async def _scan(self, read: Callable[[Connection], T]) -> T:
        """What `read` finds, in a thread."""

        def run() -> T:
            with self._readers.snapshot() as connection:
                return read(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def _scan_all(self, read: Callable[[Connection], T]) -> T:
        """The same; where that is more than should be held, its members come in parts."""

        def run() -> T:
            lease = self._leases.begin()
            try:
                return read(lease.connection)
            finally:
                lease.end_unless_read()

        with contextlib.suppress(TooLong):
            return await self._scan(read)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


def migrate_file(path: Path) -> Migrated:
    """Create or migrate the file, while no other process does."""
    lock = FileLock(path)
    try:
        with lock.held():
            connection = open_writer(path)
            try:
                return bring_up_to_date(connection)
            finally:
                connection.close()
    finally:
        lock.close()
