"""A courier on a store, with a clock that can be put forward, and real receivers."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headcount.directory.endpoints import Endpoints, Wanted
from headcount.feed.watching import Watch
from headcount.feed.webhooks.courier import Courier
from headcount.feed.webhooks.lane import Means, Pace
from headcount.feed.webhooks.posting import Patience, Poster
from headcount.store.model import Outcome as Done
from headcount.store.promise import Store
from headcount.store.webhooks import Attempt, Endpoint
from tests.feed.receiving import Receiver
from tests.store.test_contract import an_account, changed

SLUG = "acme"
_PATIENCE = 60  # seconds


class Clock:
    """The time, and how far it was put forward."""

    def __init__(self) -> None:
        self._forward = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._forward

    def forward(self, **length: float) -> None:
        self._forward += timedelta(**length)


@dataclass
class Post:
    """An organisation whose events are sent."""

    store: Store
    clock: Clock
    endpoints: Endpoints

    async def add(self, receiver: Receiver, *types: str, after: int | None = None) -> Endpoint:
        wanted = Wanted(receiver.url, types, after=after)
        return await self.endpoints.add(SLUG, wanted)

    async def create(self, *names: str) -> list[Done]:
        """An account of each name: an event of its own subject."""
        org = await self.store.organisation(SLUG)
        return [await self.store.commit(an_account(org, name)) for name in names]

    async def retitle(self, was: Done, title: str) -> Done:
        """One more event of the same subject."""
        org = await self.store.organisation(SLUG)
        return await self.store.commit(changed(was, org, title=title))

    async def now(self, one: Endpoint) -> Endpoint:
        return await self.store.webhooks.one(one.org, one.id)

    async def attempts(self, one: Endpoint) -> list[Attempt]:
        """The oldest first."""
        return (await self.store.webhooks.attempts(one.org, one.id, 1_000))[::-1]

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not await holds():  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.02)

    async def passed(self, one: Endpoint, tries: int, waiting: int = 0) -> None:
        """Until there were so many tries, and so much waits."""

        async def holds() -> bool:
            count = await self.store.webhooks.count_waiting(one.org, one.id)
            return len(await self.attempts(one)) >= tries and count == waiting

        await self.until(holds)

    @asynccontextmanager
    async def running(self, holder: str = "") -> AsyncIterator[Courier]:
        """A courier that works for as long as the block runs."""
        watch = Watch(self.store, 0.02)
        poster = Poster(private=True, patience=Patience(whole=20))
        means = Means(
            self.store,
            watch,
            self.clock,
            holder or secrets.token_hex(4),
            poster,
            lambda: 0.0,
            Pace(held=30, look=0.03, knock=0.1),
        )
        courier = Courier(means)
        courier.start()
        try:
            yield courier
        finally:
            await courier.close()
            await poster.close()
            await watch.close()


async def arrived(receiver: Receiver, *positions: int) -> None:
    """Until just these have come, in whichever order."""
    await asyncio.to_thread(
        receiver.wait, lambda got: sorted(one.position for one in got) == sorted(positions)
    )
