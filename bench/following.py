"""How changes leave: the feed is read, webhooks are sent, and what both cost those who write."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from bench.databases import DATABASES
from bench.happening import EACH
from bench.operations import CREATE, PATCH_ACTIVE, Operation, creating, reading
from bench.ours import headcount
from bench.plan import Plan
from bench.progress import Shown
from bench.proving import prove
from bench.readers import (
    LARGEST_PAGE,
    Follower,
    LongPoll,
    Streamed,
    check_events,
    events_in,
    following,
    pages,
    poll,
)
from bench.receiver import Receiver, check_came, receiving
from bench.results import Arrived, Compared, Delivered, Followed, Read
from bench.running import processor_time
from bench.stage import Advance, Feed, Hook, Server, Stage, fill, work
from bench.turns import take_turns
from bench.wire import body, connect

STREAM, LONG_POLL, WEBHOOK = "server-sent events", "long poll", "one webhook"
ENDPOINTS = (1, 4)

_PAGES = (100, LARGEST_PAGE)
_ACCOUNTS = 1_000  # of the servers that are followed
_OPERATIONS = (CREATE, PATCH_ACTIVE)
_CHANGES = 100  # whose events are waited for
_LOOKS_EVERY = 0.1  # seconds, within which a change comes at any moment
_SENT = 10  # of the feed, the last part of so many is sent to webhooks
_EDGE = 10  # of the deliveries, the part of so many at the beginning and at the end
_PATIENCE = 120.0  # seconds for everything that is on its way


async def measure_feed(plan: Plan, shown: Shown) -> Followed:
    """Measure the feed on each kind of database.

    Raises:
        WrongError: something was not told, or told wrong.
    """
    followed = Followed()
    for database in plan.databases if plan.follows else ():
        name, _ = DATABASES[database]
        async with headcount(database) as server:
            feed = _feed(server)
            with shown.step(f"Events on {name}", plan.events) as advance:
                await feed.happen(plan.events, advance)
            with shown.step(f"Reading the feed of {name}", plan.rounds * (len(_PAGES) + 1)) as on:
                followed.read += await _read(plan, server, on)
            with shown.step(f"Waiting for events of {name}", _changes(plan)) as on:
                followed.arrived.append(await _wait(plan, server, on))
            with shown.step(f"Webhooks of {name}", len(ENDPOINTS)) as on:
                for endpoints in ENDPOINTS:
                    followed.delivered.append(await _deliver(plan, server, endpoints))
                    on(1)
        if plan.pairs:
            followed.costs += await _compare(plan, shown, database)
    return followed


def _feed(server: Server) -> Feed:
    assert server.feed is not None  # it is one of ours
    return server.feed


async def _read(plan: Plan, server: Server, advance: Advance) -> list[Read]:
    """All events, some times: in small pages, in large ones, as a stream."""
    feed = _feed(server)
    key, last = await feed.key(), await feed.position()
    found = []
    for limit in _PAGES:
        found.append(await _read_pages(plan, server, key, last, limit))
        advance(plan.rounds)
    found.append(await _read_stream(plan, server, key, last))
    advance(plan.rounds)
    return found


async def _read_pages(plan: Plan, server: Server, key: str, last: int, limit: int) -> Read:
    seconds, spent, length = [], 0.0, 0
    talk = await connect(server.port)
    try:
        await talk.ask(poll(key, 0, limit))  # warm
        for _ in range(plan.rounds):
            before, began = processor_time(server.pids), time.perf_counter()
            answers = await pages(talk, key, last, limit)
            seconds.append(time.perf_counter() - began)
            spent += processor_time(server.pids) - before
            check_events([one for answer in answers for one in events_in(answer)], 0, last)
            length = sum(len(body(answer)) for answer in answers)
    finally:
        await talk.close()
    return Read(f"pages of {limit:,}", server.name, last, length, tuple(seconds), spent)


async def _read_stream(plan: Plan, server: Server, key: str, last: int) -> Read:
    seconds, spent, length = [], 0.0, 0
    for _ in range(plan.rounds):
        reader = Streamed(0)
        before, began = processor_time(server.pids), time.perf_counter()
        async with following(server, key, reader), asyncio.timeout(_PATIENCE):
            await reader.come_to(last)
            seconds.append(time.perf_counter() - began)
            spent += processor_time(server.pids) - before
        reader.check(last)
        length = reader.length
    return Read(STREAM, server.name, last, length, tuple(seconds), spent)


def _changes(plan: Plan) -> int:
    return min(_CHANGES, max(2, plan.events // 100))


async def _wait(plan: Plan, server: Server, advance: Advance) -> Arrived:
    """Change an account at any moment, one change at a time, and wait for what is told of it."""
    feed = _feed(server)
    key = await feed.key()
    stage = await fill(server, 2, lambda _: None)
    [patch] = [one for one in reading(stage) if one.name == PATCH_ACTIVE]
    sends, chance = patch.requests(0, 1), random.Random(0)
    begun = await feed.position()
    reader, writer = LongPoll(begun), await connect(server.port)
    latencies = []
    try:
        async with following(server, key, reader):
            for number in range(_changes(plan)):
                await asyncio.sleep(chance.uniform(0, _LOOKS_EVERY))
                came = asyncio.create_task(_when(reader, begun + number + 1))
                await writer.ask(next(sends).raw)
                answered = time.perf_counter()
                async with asyncio.timeout(plan.patience):
                    latencies.append(max(0.0, await came - answered))
                advance(1)
    finally:
        await writer.close()
    reader.check(begun + len(latencies))
    return Arrived(server.name, tuple(latencies))


async def _when(reader: LongPoll, position: int) -> float:
    await reader.come_to(position)
    return time.perf_counter()


async def _deliver(plan: Plan, server: Server, endpoints: int) -> Delivered:
    """Send the last part of the feed to so many webhooks."""
    feed = _feed(server)
    last = await feed.position()
    after = last - max(EACH, plan.events // _SENT)
    async with receiving() as receiver, asyncio.timeout(_PATIENCE):
        before = processor_time(server.pids)
        hooks = {
            path: await feed.send(receiver.url(path), after)
            for path in (f"/{number}" for number in range(endpoints))
        }
        await receiver.until(endpoints * (last - after))
        spent = processor_time(server.pids) - before
        for path, hook in hooks.items():
            await feed.send_no_more(hook)
            check_came(receiver.came[path], hook, after, last)
    return Delivered(server.name, endpoints, receiver.count, _steady(receiver.times()), spent)


def _steady(times: list[float]) -> float:
    """How many came in a second, between the beginning and the end."""
    edge = len(times) // _EDGE
    middle = times[edge : len(times) - edge]
    return (len(middle) - 1) / (middle[-1] - middle[0])


async def _compare(plan: Plan, shown: Shown, database: str) -> list[tuple[str, str, Compared]]:
    """Two servers that are filled alike, of which the first is followed."""
    accounts, found = min(_ACCOUNTS, plan.events), []
    async with headcount(database) as one, headcount(database) as other:
        with shown.step(
            "Filling two Headcounts, of which one is followed", 2 * work(accounts)
        ) as on:
            both = [await fill(server, accounts, on) for server in (one, other)]
        alike = [
            [stage_one, stage_other]
            for stage_one, stage_other in zip(*map(_operations, both), strict=True)
        ]
        ways = {STREAM: Streamed, LONG_POLL: LongPoll, WEBHOOK: None}
        with shown.step("Measuring what followers cost", len(ways) * len(alike)) as advance:
            for pair in alike:
                for stage, operation in zip(both, pair, strict=True):
                    await prove(stage, operation, plan.patience)
                for way, reader in ways.items():
                    follows = _hooked(one) if reader is None else _reading(one, reader)
                    found.append((one.name, way, await _cost(plan, both, pair, follows)))
                    advance(1)
    return found


def _operations(stage: Stage) -> list[Operation]:
    return [one for one in (*creating(stage), *reading(stage)) if one.name in _OPERATIONS]


async def _cost(
    plan: Plan,
    both: list[Stage],
    alike: list[Operation],
    follows: AbstractAsyncContextManager[Follower],
) -> Compared:
    feed = _feed(both[0].server)
    async with follows as follower:

        async def caught_up() -> None:
            async with asyncio.timeout(_PATIENCE):
                await follower.come_to(await feed.position())

        compared = await take_turns(plan, both, alike, max(plan.connections), caught_up)
    follower.check(await feed.position())
    return compared


@asynccontextmanager
async def _reading(
    server: Server, kind: type[LongPoll] | type[Streamed]
) -> AsyncIterator[Follower]:
    feed = _feed(server)
    async with following(server, await feed.key(), kind(await feed.position())) as reader:
        yield reader


class _Hooked:
    """A webhook that follows."""

    def __init__(self, receiver: Receiver, hook: Hook, path: str, after: int) -> None:
        self._receiver = receiver
        self._after = after
        self._check = partial(check_came, receiver.came[path], hook, after)

    async def come_to(self, position: int) -> None:
        await self._receiver.until(position - self._after)

    def check(self, last: int) -> None:
        self._check(last)


@asynccontextmanager
async def _hooked(server: Server) -> AsyncIterator[Follower]:
    feed, path = _feed(server), "/hook"
    async with receiving() as receiver:
        after = await feed.position()
        hook = await feed.send(receiver.url(path), after)
        yield _Hooked(receiver, hook, path, after)
        await feed.send_no_more(hook)
