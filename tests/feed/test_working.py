"""Followers are dealt with in order, by one process at a time, and none of their events is lost."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from headcount.feed.watching import Watch
from headcount.feed.working import Failed, Handler, Key, Pace, Worker
from headcount.store.followers import Follower
from headcount.store.model import Organisation, Recorded
from headcount.store.promise import Store
from tests.store.test_contract import an_account

pytestmark = pytest.mark.anyio

QUICK = Pace(held=3, look=0.02, first_pause=0.01)


def clock() -> datetime:
    return datetime.now(UTC)


class Reader:
    """Notes the positions that it is given; `spoil` says what to do before."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.spoil: Callable[[int], Awaitable[None]] | None = None

    async def __call__(self, events: Sequence[Recorded]) -> None:
        for one in events:
            if self.spoil is not None:
                await self.spoil(one.position)
            self.seen.append(one.position)

    async def has(self, *positions: int) -> None:
        async with asyncio.timeout(20):
            while self.seen != list(positions):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)


def worker(store: Store, holder: str, wanted: Mapping[Key, Handler]) -> Worker:
    async def now() -> Mapping[Key, Handler]:
        return wanted

    return Worker(store, Watch(store, 0.02), clock, holder, now, QUICK)


async def follower(store: Store, org: Organisation) -> Key:
    one = await store.followers.add(Follower(org.id, "subscriber:test", 0))
    return Key(one.org, one.name)


async def state(store: Store) -> Follower:
    (one,) = await store.followers.all()
    return one


async def stands(store: Store, position: int) -> None:
    async with asyncio.timeout(20):
        while (await state(store)).position != position:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


async def test_events_come_in_order_and_the_position_is_kept(
    store: Store, acme: Organisation
) -> None:
    key, reader = await follower(store, acme), Reader()
    await store.commit(an_account(acme, "ada"))
    one = worker(store, "one", {key: reader})
    one.start()
    await reader.has(1)
    await store.commit(an_account(acme, "bob"))
    await reader.has(1, 2)
    await stands(store, 2)
    await one.close()
    await store.commit(an_account(acme, "cyd"))
    two = worker(store, "two", {key: reader})
    two.start()
    await reader.has(1, 2, 3)
    await two.close()


async def test_two_workers_do_not_deal_with_an_event_twice(
    store: Store, acme: Organisation
) -> None:
    key, reader = await follower(store, acme), Reader()
    both = [worker(store, name, {key: reader}) for name in ("one", "two")]
    for each in both:
        each.start()
    for number in range(20):
        await store.commit(an_account(acme, f"user{number}"))
    await reader.has(*range(1, 21))
    await both[0].close()
    await both[1].close()


async def test_what_failed_is_tried_again_and_told(store: Store, acme: Organisation) -> None:
    key, reader = await follower(store, acme), Reader()
    tries = 0

    async def spoil(position: int) -> None:
        nonlocal tries
        if position == 2 and (tries := tries + 1) < 4:
            raise Failed(1, "the application said no")

    reader.spoil = spoil
    for name in ("ada", "bob", "cyd"):
        await store.commit(an_account(acme, name))
    one = worker(store, "one", {key: reader})
    one.start()
    async with asyncio.timeout(20):
        while (told := await state(store)).failures < 2:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.005)
    assert (told.position, told.detail) == (1, "the application said no")
    assert told.due is not None
    await reader.has(1, 2, 3)
    await stands(store, 3)
    assert await state(store) == Follower(acme.id, key.name, 3)
    await one.close()


async def test_a_bug_in_a_handler_loses_nothing(store: Store, acme: Organisation) -> None:
    key, reader = await follower(store, acme), Reader()
    broken = True

    async def spoil(_: int) -> None:
        if broken:
            raise ZeroDivisionError("a bug")

    reader.spoil = spoil
    await store.commit(an_account(acme, "ada"))
    one = worker(store, "one", {key: reader})
    one.start()
    async with asyncio.timeout(20):
        while (told := await state(store)).failures < 1:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.005)
    assert (told.position, told.detail) == (0, "ZeroDivisionError: a bug")
    broken = False
    await reader.has(1)
    await one.close()


async def test_a_slow_follower_slows_nobody_else(store: Store, acme: Organisation) -> None:
    slow, quick = Reader(), Reader()
    never = asyncio.Event()

    async def wait(_: int) -> None:
        await never.wait()

    slow.spoil = wait
    names = ("subscriber:slow", "subscriber:quick")
    keys = [Key(acme.id, name) for name in names]
    for key in keys:
        await store.followers.add(Follower(key.org, key.name, 0))
    one = worker(store, "one", dict(zip(keys, (slow, quick), strict=True)))
    one.start()
    await store.commit(an_account(acme, "ada"))
    await quick.has(1)
    assert slow.seen == []
    await one.close()


async def test_a_process_that_is_gone_leaves_its_followers_to_others(
    store: Store, acme: Organisation
) -> None:
    key, reader = await follower(store, acme), Reader()
    now = clock()
    gone = await store.followers.take(*key, "gone", now, now.replace(year=now.year + 1))
    assert gone is not None
    await store.commit(an_account(acme, "ada"))
    one = worker(store, "one", {key: reader})
    one.start()
    await asyncio.sleep(0)
    await store.followers.take(*key, "gone", now, now)  # its time is over
    await reader.has(1)
    await one.close()


async def test_nobody_waits_longer_than_they_want(store: Store, acme: Organisation) -> None:
    watch = Watch(store, 0.02)
    assert not await watch.beyond(acme.id, 0, 0.05)
    waiting = asyncio.create_task(watch.beyond(acme.id, 0, 20))
    await store.commit(an_account(acme, "ada"))
    assert await waiting
    assert await watch.beyond(acme.id, 0, 20)
    await watch.close()
