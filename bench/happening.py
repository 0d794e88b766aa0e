"""What happens in an organisation whose feed is read, and who may read it."""

import asyncio
from dataclasses import dataclass, replace

from bench.people import person
from bench.stage import Advance, Hook
from headcount.bootstrap import Runtime
from headcount.directory.access import Caller
from headcount.directory.endpoints import Wanted
from headcount.directory.keys import KeyWish
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.paths import resolve
from headcount.scim.schemas import USER_TYPE
from headcount.store.model import Kind

_TOGETHER = 100  # accounts that are created, and then changed one after the other
EACH = 4  # events of each account: one of its beginning, and three changes
_FIRST = 8_000_000  # the number of the first account, beyond those that are measured


@dataclass(frozen=True)
class OurFeed:
    """Whoever administers the feed of an organisation, at its database."""

    runtime: Runtime
    caller: Caller

    async def key(self) -> str:
        secret, _ = await self.runtime.keys.issue(KeyWish("bench"))
        return secret

    async def position(self) -> int:
        org = self.caller.organisation.id
        return (await self.runtime.store.positions([org])).get(org, 0)

    async def happen(self, events: int, advance: Advance) -> None:
        accounts = range(_FIRST, _FIRST + -(-events // EACH))
        for first in accounts[::_TOGETHER]:
            some = range(first, min(first + _TOGETHER, accounts.stop))
            ids = await asyncio.gather(*map(self._create, some))
            for number in range(1, EACH):
                await asyncio.gather(*(self._change(one, f"Engineer {number}") for one in ids))
            advance(EACH * len(ids))

    async def _create(self, number: int) -> str:
        new = person(number) | {"title": "Engineer 0"}
        return (await self.runtime.directory.create(self.caller, Kind.USER, new)).stored.id

    async def _change(self, account: str, title: str) -> None:
        path = resolve(USER_TYPE, "title")
        assert path is not None
        operation = Operation(PatchOp.REPLACE, Target(path), title)
        await self.runtime.directory.patch(self.caller, Kind.USER, account, [operation])

    async def send(self, url: str, after: int) -> Hook:
        endpoints = replace(self.runtime.endpoints, private=True)  # it is on this machine
        slug = self.caller.organisation.slug
        made = await endpoints.add(slug, Wanted(url, after=after))
        return Hook(made.id, made.secret)

    async def send_no_more(self, hook: Hook) -> None:
        await self.runtime.endpoints.remove(self.caller.organisation.slug, hook.id)
