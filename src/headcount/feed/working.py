"""Deals with events in the background: each follower in order, in one process at a time.

A worker takes a follower for some seconds, and again before they are over; so a process that is
killed leaves its followers to the others soon, and nobody has to be told.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from headcount.errors import ScimError
from headcount.feed.reading import events_behind
from headcount.feed.watching import Watch
from headcount.store.followers import Follower
from headcount.store.model import OrgId, Recorded
from headcount.store.promise import Store

_LOG = logging.getLogger(__name__)

_BATCH = 100  # events that a handler is given at once
_LONGEST_PAUSE = 300.0  # seconds between two tries


class Failed(Exception):
    """An event cannot be dealt with now; those before it are.

    Args:
        position: of the last event that is dealt with.
        detail: why, for people.
        after: seconds until the next try; None: longer with each try.
    """

    def __init__(self, position: int, detail: str, after: float | None = None) -> None:
        super().__init__(detail)
        self.position = position
        self.detail = detail
        self.after = after


Handler = Callable[[Sequence[Recorded]], Awaitable[None]]
"""Deals with events, in order. When it returns all of them are dealt with; it may be given the same
ones again, after a crash. What it raises, unless it is `Failed`, means that none was."""


class Key(NamedTuple):
    """Which follower."""

    org: OrgId
    name: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are done, in seconds."""

    held: float = 30  # that a follower is taken for
    look: float = 1  # until those that others hold, or that are new, are looked for again
    first_pause: float = 1  # after the first failure; twice as long after each further one


class Worker:
    """Runs the handlers of followers until it is closed.

    Args:
        store: where events and followers are.
        watch: wakes it when there are events.
        clock: the time.
        holder: what this process calls itself: no other may use the same name.
        wanted: the followers there should be, and what deals with their events. A follower must
            have been added to the store before.
    """

    def __init__(
        self,
        store: Store,
        watch: Watch,
        clock: Callable[[], datetime],
        holder: str,
        wanted: Callable[[], Awaitable[Mapping[Key, Handler]]],
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock
        self._holder = holder
        self._wanted = wanted
        self._pace = pace or Pace()
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._overseeing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; nothing if it did already."""
        if self._overseeing is None:
            self._overseeing = asyncio.create_task(self._oversee())

    async def close(self) -> None:
        """End what runs, and leave the followers to others at once."""
        if self._overseeing is not None:
            await ended(self._overseeing)
            self._overseeing = None
        tasks, self._running = self._running, {}
        await asyncio.gather(*(ended(task) for task in tasks.values()))

    async def _oversee(self) -> None:
        while True:
            try:
                await self._adjust(await self._wanted())
            except ScimError as error:
                _LOG.warning("who follows events cannot be read now: %s", error)
            await asyncio.sleep(self._pace.look)

    async def _adjust(self, wanted: Mapping[Key, Handler]) -> None:
        for key in [key for key in self._running if key not in wanted]:
            await ended(self._running.pop(key))
        for key, handler in wanted.items():
            if key not in self._running or self._running[key].done():
                self._running[key] = asyncio.create_task(self._attend(key, handler))

    async def _attend(self, key: Key, handler: Handler) -> None:
        """Deal with the events of one follower for as long as it is ours."""
        try:
            while (follower := await self._take(key)) is not None:
                if not await self._step(follower, handler):
                    return
        except ScimError as error:
            _LOG.warning("the follower %s waits for the database: %s", key.name, error)
        finally:
            with suppress(ScimError):
                await asyncio.shield(self._store.followers.let_go(*key, self._holder))

    async def _take(self, key: Key) -> Follower | None:
        now = self._clock()
        until = now + timedelta(seconds=self._pace.held)
        return await self._store.followers.take(*key, self._holder, now, until)

    async def _step(self, follower: Follower, handler: Handler) -> bool:
        """Deal with what comes next, or wait for it a while; whether the follower is still ours."""
        if follower.due is not None and (wait := self._seconds_to(follower.due)) > 0:
            await asyncio.sleep(min(wait, self._pace.held / 10))  # it may be moved meanwhile
            return True
        try:
            found = await events_behind(self._store, follower.org, follower.position, _BATCH)
            if not found:
                await self._watch.beyond(follower.org, follower.position, self._pace.held / 3)
                return True
            await self._held(follower, handler(found))
            after = Follower(follower.org, follower.name, found[-1].position)
        except Failed as failed:
            after = self._failed(follower, failed)
        except Exception as error:  # noqa: BLE001 - a handler is other people's code
            if not isinstance(error, ScimError):
                _LOG.exception("the follower %s failed", follower.name)
            after = self._failed(follower, Failed(follower.position, _sentence(error)))
        return await self._store.followers.settle(after, self._holder)

    async def _held(self, follower: Follower, work: Awaitable[None]) -> None:
        """Wait for the work, and stay the holder meanwhile; else the work ends."""
        task = asyncio.ensure_future(work)
        key = Key(follower.org, follower.name)
        try:
            while True:
                done, _ = await asyncio.wait([task], timeout=self._pace.held / 3)
                if done:
                    return task.result()
                if await self._take(key) is None:
                    raise Failed(follower.position, "another process goes on with it")
        finally:
            await ended(task)

    def _failed(self, follower: Follower, failed: Failed) -> Follower:
        failures = 1 if failed.position > follower.position else follower.failures + 1
        pause = failed.after
        if pause is None:
            longest = self._pace.first_pause * 2.0 ** min(failures - 1, 30)
            pause = min(longest, _LONGEST_PAUSE) * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
        return replace(
            follower,
            position=failed.position,
            failures=failures,
            detail=failed.detail,
            due=self._clock() + timedelta(seconds=pause),
        )

    def _seconds_to(self, due: datetime) -> float:
        return (due - self._clock()).total_seconds()


def _sentence(error: Exception) -> str:
    return error.detail if isinstance(error, ScimError) else f"{type(error).__name__}: {error}"


async def ended(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and wait for its end, whatever that is."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
