"""Headcount, as `headcount serve` runs it, filled through the operations that requests use."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.databases import DATABASES
from bench.happening import OurFeed
from bench.past import OurOffice
from bench.people import person
from bench.running import telling_port
from bench.stage import Advance, Manners, Server
from headcount.bootstrap import Runtime, now, opened
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.tokens import Wish
from headcount.scim.messages import Position, Query
from headcount.settings import DATABASE, Settings
from headcount.store.model import Change, Joining, Kind, MemberDelta, Policy

_AT_ONCE = 256  # accounts that are created side by side
_JOIN_AT_ONCE = 10_000  # members that join in one change

MANNERS = Manners(has_cursors=True, has_bulk=True)


@dataclass(frozen=True)
class OurFiller:
    """Fills the database beside the server that answers from it."""

    runtime: Runtime
    caller: Caller

    async def accounts(self, count: int, advance: Advance) -> list[str]:
        ids: list[str] = []
        create = self.runtime.directory.create
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count))
            made = await asyncio.gather(
                *(create(self.caller, Kind.USER, person(number)) for number in numbers)
            )
            ids += [outcome.stored.id for outcome in made]
            advance(len(made))
        return ids

    async def group(self, name: str, members: Sequence[str], advance: Advance) -> str:
        made = await self.runtime.directory.create(self.caller, Kind.GROUP, {"displayName": name})
        for first in range(0, len(members), _JOIN_AT_ONCE):
            joined = members[first : first + _JOIN_AT_ONCE]
            await self._join(made.stored.id, joined)
            advance(len(joined))
        return made.stored.id

    async def _join(self, group: str, members: Sequence[str]) -> None:
        change = Change(
            org=self.caller.organisation.id,
            kind=Kind.GROUP,
            id=group,
            actor=COMMAND_LINE,
            at=now(),
            members=MemberDelta(joined=tuple(Joining(member) for member in members)),
        )
        await self.runtime.store.commit(change)

    async def cursor_behind(self, account: str) -> str:
        walker = self.runtime.directory.walker
        scope = {Kind.USER: Query(cursor="")}
        return await walker.cursor_behind(self.caller, scope, Position(account))


@asynccontextmanager
async def headcount(database: str, *, recorded: bool = True) -> AsyncIterator[Server]:
    """Headcount on a fresh database of this kind, on a free port.

    Args:
        database: its kind.
        recorded: whether it records requests.
    """
    name, opens = DATABASES[database]
    given = {"HEADCOUNT_WEBHOOK_PRIVATE": "on"}  # receivers are on this machine
    if not recorded:
        given["HEADCOUNT_ACTIVITY_DAYS"] = "0"
    with opens() as used:
        async with opened(Settings(database=used.url)) as runtime:
            organisation = await runtime.organisations.create("acme", "Acme", Policy())
            token, _ = await runtime.organisations.issue("acme", Wish("bench"))
            caller = Caller(organisation, COMMAND_LINE)
            filler, office = OurFiller(runtime, caller), OurOffice(runtime, caller)
            feed = OurFeed(runtime, caller)
            command = [sys.executable, "-m", "headcount", "serve", "--port", "0"]
            with telling_port(command, **{DATABASE: used.url}, **given) as (pid, port):
                pids = (pid, *used.pids)
                yield Server(
                    name, port, token, MANNERS, filler, pids, used.folder, 1_000_000, office, feed
                )
