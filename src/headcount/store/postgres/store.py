"""The promise of `store.promise`, kept by a PostgreSQL server.

A look-up is one round trip, shared with those who ask at the same moment; so is a commit. What the
process remembers, others need not know: who may come in is read again when it is half a second old.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
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
from headcount.store.postgres import (
    activity,
    admin,
    browsing,
    events,
    lists,
    reading,
    roles,
    visitors,
)
from headcount.store.postgres.connections import Connections
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.migrating import bring_up_to_date
from headcount.store.postgres.moments import Moments, is_whole
from headcount.store.postgres.opening import Opener, Options
from headcount.store.postgres.points import Form, PointReads, asked_for, page_of
from headcount.store.postgres.stepping import PostgresRows
from headcount.store.postgres.transaction import Transaction
from headcount.store.postgres.troubles import telling
from headcount.store.postgres.writer import Writer
from headcount.store.promise import ANY, Resources
from headcount.store.recent import Recent
from headcount.store.refusals import not_found
from headcount.store.roles import Preview
from headcount.store.visitors import Administrator, Audited, Link, Session

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

EPOCH_LIFETIME = 0.5  # seconds that a look at who may come in holds
_TOUCH_AFTER = 1.0  # seconds that uses of tokens are collected


class PostgresStore(ForApplication):
    """Every organisation in one database. Any number of processes and machines may use it."""

    def __init__(self, url: str, options: Options | None = None) -> None:
        options = options or Options()
        self._recent = Recent()
        self._moments = Moments(Opener(url, options), self._recent)
        self._connections = Connections(url, options)
        self._points = PointReads(self._connections)
        self._writer = Writer(self._connections)
        self._bookmarks = Bookmarks()
        read = self._connections.read
        super().__init__(PostgresRows(read, self._do), PostgresRows(read, self._moving))
        self._epoch, self._epoch_until = 0, 0.0
        self._epoch_read: asyncio.Task[int] | None = None
        self._used: dict[str, datetime] = {}
        self._touching: asyncio.Task[None] | None = None

    async def get(
        self, org: OrgId, kind: Kind, resource_id: str, *, base: str = "", relations: bool = True
    ) -> Seen:
        found = await self._points.read(Form(kind, "id", relations), org, resource_id, base)
        if not found:
            raise not_found(kind, resource_id)
        if (whole := is_whole(org, base, found, self._recent)) is not None:
            return whole[0]
        moment = await self._moments.begin()
        try:
            with telling():
                seen = await reading.get(moment.connection, org, kind, resource_id, base)
                return (await moment.whole(org, base, [seen]))[0]
        finally:
            moment.end_unless_read()

    async def find(self, org: OrgId, kind: Kind, query: Query, *, base: str = "") -> Page:
        related = query.projection.shows(RELATIONS[kind])
        asked = asked_for(kind, query, related=related)
        if asked is not None:
            form, key = asked
            found = await self._points.read(form, org, key, base)
            if (page := page_of(found, query)) is not None:
                return await self._whole(org, kind, query, base, page)
        page = await self._read(lambda c: lists.find(c, org, kind, query, base, self._bookmarks))
        return await self._whole(org, kind, query, base, page)

    async def _whole(self, org: OrgId, kind: Kind, query: Query, base: str, page: Page) -> Page:
        """The page with all members of its groups, read again where they do not fit in."""
        if (whole := is_whole(org, base, page.resources, self._recent)) is not None:
            return replace(page, resources=whole)
        moment = await self._moments.begin()
        try:
            with telling():
                connection = moment.connection
                page = await lists.find(connection, org, kind, query, base, self._bookmarks)
                return replace(page, resources=await moment.whole(org, base, page.resources))
        finally:
            moment.end_unless_read()

    async def commit(self, change: Change) -> Outcome:
        return await self._writer.commit(change)

    async def together(self, work: Callable[[Resources], Coroutine[Any, Any, T]]) -> T:
        async with self._connections.to_change() as connection, connection.transaction():
            return await work(Transaction(connection))

    async def members(self, org: OrgId, group: str) -> Sequence[tuple[str, Kind]]:
        return await self._read(lambda c: lists.members(c, org, group))

    async def own_role(self, org: OrgId, account: str) -> str | None:
        return await self._read(lambda c: roles.own_role(c, org, account))

    async def set_role_rules(
        self,
        org: OrgId,
        change: Callable[[Organisation], Sequence[RoleRule]],
        at: str,
        actor: str,
    ) -> int:
        return await self._moving(lambda c: admin.set_role_rules(c, org, change, at, actor))

    async def preview_role_rules(
        self, org: OrgId, rules: Sequence[RoleRule], limit: int
    ) -> Preview:
        return await self._read(lambda c: roles.preview(c, org, rules, limit))

    async def events_after(self, org: OrgId, position: int, limit: int) -> list[Recorded]:
        return await self._read(lambda c: events.after(c, org, position, limit))

    async def positions(self, orgs: Collection[OrgId]) -> dict[OrgId, int]:
        return await self._read(lambda c: events.positions(c, orgs))

    async def forget_events(self, before: str) -> int:
        gone = 0
        for org, last in await self._read(lambda c: events.forgettable(c, before)):
            gone += await self._forget(partial(events.forget, org=org, last=last))
        return gone

    async def add_organisation(
        self, slug: str, name: str, policy: Policy, at: datetime
    ) -> Organisation:
        return await self._moving(lambda c: admin.add_organisation(c, slug, name, policy, at))

    async def change_organisation(
        self, slug: str, change: Callable[[Organisation], Organisation]
    ) -> Organisation:
        return await self._moving(lambda c: admin.change_organisation(c, slug, change))

    async def organisations(self, after: str = "", limit: int = ANY) -> list[Organisation]:
        return await self._read(lambda c: admin.organisations(c, after, limit))

    async def organisation(self, slug: str) -> Organisation:
        return await self._read(lambda c: admin.organisation(c, slug))

    async def add_token(self, token: Token) -> None:
        await self._moving(lambda connection: admin.add_token(connection, token))

    async def tokens(self, org: OrgId) -> list[Token]:
        await self._touched()
        return await self._read(lambda c: admin.tokens(c, org))

    async def revoke_token(self, org: OrgId, token_id: str, at: datetime) -> Token:
        await self._touched()
        return await self._moving(lambda c: admin.revoke_token(c, org, token_id, at))

    async def change_token(
        self, org: OrgId, token_id: str, change: Callable[[Token], Token]
    ) -> Token:
        await self._touched()
        return await self._moving(lambda c: admin.change_token(c, org, token_id, change))

    def touch_token(self, token_id: str, at: datetime) -> None:
        self._used[token_id] = at
        if self._touching is None:
            self._touching = asyncio.ensure_future(self._touch_soon())

    async def find_token(self, digest: bytes) -> tuple[Token, Organisation] | None:
        return await self._read(lambda c: admin.find_token(c, digest))

    def access_epoch(self) -> int | None:
        return self._epoch if asyncio.get_running_loop().time() < self._epoch_until else None

    async def read_access_epoch(self) -> int:
        if self._epoch_read is None:
            self._epoch_read = asyncio.ensure_future(self._read_epoch())
        return await asyncio.shield(self._epoch_read)

    async def secret(self, name: str, fresh: bytes) -> bytes:
        return await self._do(lambda connection: admin.secret(connection, name, fresh))

    async def add_administrator(self, one: Administrator) -> None:
        await self._do(lambda c: visitors.add_administrator(c, one))

    async def administrators(self) -> list[Administrator]:
        return await self._read(visitors.administrators)

    async def find_administrator(self, email: str) -> Administrator | None:
        return await self._read(lambda c: visitors.find_administrator(c, email))

    async def remove_administrator(self, administrator_id: str) -> Administrator:
        return await self._do(lambda c: visitors.remove_administrator(c, administrator_id))

    async def add_link(self, link: Link) -> None:
        await self._do(lambda c: visitors.add_link(c, link))

    async def links(self, org: OrgId | None) -> list[Link]:
        return await self._read(lambda c: visitors.links(c, org))

    async def find_link(self, digest: bytes) -> Link | None:
        return await self._read(lambda c: visitors.find_link(c, digest))

    async def use_link(self, link_id: str, at: datetime, session: Session) -> bool:
        return await self._do(lambda c: visitors.use_link(c, link_id, at, session))

    async def revoke_link(self, org: OrgId | None, link_id: str, at: datetime) -> Link:
        return await self._do(lambda c: visitors.revoke_link(c, org, link_id, at))

    async def add_session(self, session: Session) -> None:
        await self._do(lambda c: visitors.add_session(c, session))

    async def find_session(self, digest: bytes) -> tuple[Session, Administrator | None] | None:
        return await self._read(lambda c: visitors.find_session(c, digest))

    async def renew_session(self, digest: bytes, session: Session) -> bool:
        return await self._do(lambda c: visitors.renew_session(c, digest, session))

    async def sessions(self, org: OrgId | None) -> list[Session]:
        return await self._read(lambda c: visitors.sessions(c, org))

    async def end_session(self, session_id: str) -> None:
        await self._do(lambda c: visitors.end_session(c, session_id))

    async def audit(self, entry: Audited) -> None:
        await self._do(lambda c: visitors.audit(c, entry))

    async def audited(self, org: OrgId | None, before: int | None, limit: int) -> list[Audited]:
        return await self._read(lambda c: visitors.audited(c, org, before, limit))

    async def add_exchanges(self, exchanges: Sequence[Exchange], tallies: Tallies) -> None:
        rows = await asyncio.to_thread(lambda: list(map(row_of, exchanges)))
        async with self._connections.to_change() as connection:
            await activity.add_exchanges(connection, rows, tallies)

    async def exchanges(self, org: OrgId | None, sought: Sought, limit: int) -> list[Exchange]:
        return await self._read(lambda c: activity.exchanges(c, org, sought, limit))

    async def exchange(self, org: OrgId | None, number: int) -> Exchange:
        return await self._read(lambda c: activity.exchange(c, org, number))

    async def failures(self, org: OrgId, since: str) -> list[tuple[Exchange, int, int]]:
        return await self._read(lambda c: activity.failures(c, org, since))

    async def days(self, org: OrgId, since: str) -> list[tuple[str, Done, int]]:
        return await self._read(lambda c: activity.days(c, org, since))

    async def forget_exchanges(self, before: str, most: int) -> int:
        gone = await self._forget(lambda c: activity.forget_before(c, before))
        for org, last in await self._read(lambda c: activity.last_spare(c, most)):
            gone += await self._forget(partial(activity.forget_spare, org=org, last=last))
        return gone

    async def _forget(self, part: Callable[[Connection], Coroutine[Any, Any, int]]) -> int:
        """Remove part after part, until there is none."""
        total = 0
        while gone := await self._do(part):
            total += gone
        return total

    async def forget_days(self, before: str) -> None:
        await self._do(lambda c: activity.forget_days(c, before))

    async def events_about(
        self, org: OrgId, subject: str, before: int | None, limit: int
    ) -> list[Recorded]:
        return await self._read(lambda c: activity.events_about(c, org, subject, before, limit))

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
        paging = Paging(browsing.WORDS, org, kind, chosen, limit)
        return await self._read(lambda c: browsing.answered(c, paging.part(after, before)))

    async def line(self, org: OrgId, kind: Kind, resource_id: str) -> Line:
        paging = Paging(browsing.WORDS, org, kind, Chosen(), 1)
        return await self._read(lambda c: browsing.answered(c, paging.one(resource_id)))

    async def count_roles(self, org: OrgId, roles: Sequence[str], most: int) -> Sequence[int]:
        words = browsing.WORDS
        return await self._read(
            lambda c: browsing.answered(c, counted_roles(words, org, roles, most))
        )

    async def members_after(self, org: OrgId, group: str, after: str, limit: int) -> list[Member]:
        return await self._read(lambda c: browsing.members_after(c, org, group, after, limit))

    async def ready(self) -> None:
        await self._read(admin.epoch)

    async def close(self) -> None:
        if self._touching is not None:
            self._touching.cancel()
        await self._writer.close()
        try:
            await self._touched()
        except Unavailable:
            _LOG.warning("the last uses of tokens could not be noted")
        await self._connections.close()

    async def _read(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        return await self._connections.read(work)

    async def _do(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        async with self._connections.one() as connection:
            return await work(connection)

    async def _moving(self, work: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """Do what changes who may come in, and look again at once."""
        try:
            return await self._do(work)
        finally:
            self._epoch_until = 0.0
            self._epoch_read = None

    async def _read_epoch(self) -> int:
        me = asyncio.current_task()
        until = asyncio.get_running_loop().time() + EPOCH_LIFETIME
        try:
            found = await self._read(admin.epoch)
            if self._epoch_read is me:  # else something was changed here meanwhile
                self._epoch, self._epoch_until = found, until
            return found
        finally:
            if self._epoch_read is me:
                self._epoch_read = None

    async def _touch_soon(self) -> None:
        await asyncio.sleep(_TOUCH_AFTER)
        self._touching = None
        try:
            await self._touched()
        except Unavailable:
            _LOG.warning("when tokens were last used could not be noted")

    async def _touched(self) -> None:
        used, self._used = self._used, {}
        if used:
            await self._do(lambda connection: admin.touch_tokens(connection, used))


async def migrate(url: str, options: Options, partitions: int) -> Migrated:
    """Bring the tables up to date; new ones are split into so many partitions."""
    connection = await Opener(url, options, patient=True).connect()
    try:
        with telling():
            return await bring_up_to_date(connection, partitions)
    finally:
        connection.terminate()
