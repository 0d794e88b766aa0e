"""Sends to one endpoint, for as long as it is this process's."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from headcount.directory.endpoints import wants
from headcount.errors import Expired, InvalidValue, ScimError
from headcount.feed.reading import events_behind
from headcount.feed.watching import Watch
from headcount.feed.webhooks.messages import message_of
from headcount.feed.webhooks.planning import budget, chosen
from headcount.feed.webhooks.posting import Post
from headcount.feed.webhooks.retrying import after_tries
from headcount.feed.webhooks.trying import Tried, missing, send, settled
from headcount.store.followers import Follower
from headcount.store.model import Recorded
from headcount.store.promise import Store
from headcount.store.webhooks import Endpoint, Outcome, Waiting

_LOG = logging.getLogger(__name__)

MOST_WAITING = 10_000  # events of an endpoint; the next ones stay in the feed until some are gone
_BATCH = 100  # events that are taken from the feed at once
_AHEAD = 64  # events that are looked up at once, to be sent
_QUIET = 5  # times as long between two looks, while nothing is known to wait


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are done, in seconds."""

    held: float = 30  # that an endpoint is taken for
    look: float = 1  # until what waits, and which endpoints there are, is looked up again
    knock: float = 10  # until an endpoint that another process holds is asked for again


@dataclass(frozen=True, slots=True)
class Means:
    """What every lane of a process works with."""

    store: Store
    watch: Watch
    clock: Callable[[], datetime]
    holder: str
    post: Post
    chance: Callable[[], float]  # from 0 to 1
    pace: Pace


class Lane:
    """One endpoint: takes events from the feed, sends them, notes what became of it.

    What is taken from the feed is written down as waiting in the transaction that moves the
    position; it waits until it has arrived or is given up. So a process that is killed at any
    moment loses nothing, and what it was sending is sent again by the next.
    """

    def __init__(self, endpoint: Endpoint, slug: str, means: Means) -> None:
        self.endpoint = endpoint
        self._slug = slug
        self._means = means
        self._store = means.store.webhooks
        self._position = 0
        self._ours_until = 0.0  # of the loop's clock; to be said again before
        self._full = False
        self._ready: list[Waiting] = []
        self._fresh: dict[int, Recorded] = {}  # what was read of the feed and is not sent yet
        self._under_way: dict[asyncio.Task[Tried], Waiting] = {}
        self._stopping = False
        self.was_ours = False  # at some time

    def stop(self) -> None:
        """Begin nothing more; what is under way may end."""
        self._stopping = True

    async def run(self) -> None:
        """Send for as long as the endpoint is ours."""
        try:
            while not (self._stopping and not self._under_way) and await self._is_ours():
                if not await self._turn():
                    return
        except ScimError as error:
            _LOG.warning("webhook %s waits for the database: %s", self.endpoint.id, error)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            if self.was_ours:
                with suppress(ScimError):
                    await asyncio.shield(self._let_go())

    async def _let_go(self) -> None:
        one, means = self.endpoint, self._means
        await means.store.followers.let_go(one.org, one.follower, means.holder)

    async def _is_ours(self) -> bool:
        loop, means, one = asyncio.get_running_loop(), self._means, self.endpoint
        if loop.time() < self._ours_until:
            return True
        now, asked = means.clock(), loop.time()
        until = now + timedelta(seconds=means.pace.held)
        follower = await means.store.followers.take(one.org, one.follower, means.holder, now, until)
        if follower is None:
            return False
        self.was_ours = True
        self._position = follower.position
        self._ours_until = asked + means.pace.held / 3
        return True

    async def _turn(self) -> bool:
        """Take, send, wait, note; whether to go on."""
        drew = False
        if not self._stopping and self._room():
            if not self._ready:
                await self._look()
            if not self._ready:
                if (found := await self._draw()) is None:
                    return False
                drew = found
            self._begin()
        if not (drew and self._room()):
            await self._wait()
        return await self._note()

    def _room(self) -> int:
        """How many more tries may begin now."""
        one = self.endpoint
        if one.paused_until is not None and self._means.clock() < one.paused_until:
            return 0
        return max(0, budget(failing=one.failing_since is not None) - len(self._under_way))

    async def _look(self) -> None:
        """Look up what may be sent. What is under way is still there, and is left out."""
        one = self.endpoint
        found = await self._store.ready(one.org, one.id, self._means.clock(), _AHEAD)
        busy = self._busy()
        self._ready = [waiting for waiting in found if waiting.subject not in busy]

    def _busy(self) -> set[str]:
        return {waiting.subject for waiting in self._under_way.values()}

    async def _draw(self) -> bool | None:
        """Let what comes next in the feed wait. Whether there was any; None: it is not ours."""
        one = self.endpoint
        try:
            found = await events_behind(self._means.store, one.org, self._position, _BATCH)
        except (Expired, InvalidValue) as lost:
            await self._switch_off(lost.detail)
            return None
        self._full = bool(found) and (
            await self._store.count_waiting(one.org, one.id) >= MOST_WAITING
        )
        if not found or self._full:
            return False
        wanted = [event for event in found if wants(one.types, event.type)]
        passed = Follower(one.org, one.follower, found[-1].position)
        waiting = [Waiting(event.position, event.subject) for event in wanted]
        if not await self._store.queue(passed, self._means.holder, waiting):
            return None
        self._position = passed.position
        self._fresh = {event.position: event for event in wanted}
        return True

    async def _switch_off(self, detail: str) -> None:
        """The feed does not have what should come next: a person has to decide."""
        one, now = self.endpoint, self._means.clock()
        reason = f"{detail}. `headcount webhook enable --from-now` goes on with what comes"

        def off(found: Endpoint) -> Endpoint:
            return _off(found, reason, now)

        _told(one, await self._store.change(one.org, one.id, off), self._slug)

    def _begin(self) -> None:
        most = len(self._under_way) + self._room()
        for waiting in chosen(self._ready, self._busy(), most):
            self._ready.remove(waiting)
            self._under_way[asyncio.create_task(self._try(waiting))] = waiting

    async def _try(self, waiting: Waiting) -> Tried:
        means, one = self._means, self.endpoint
        event = self._fresh.pop(waiting.position, None) or await self._event(waiting.position)
        if event is None:
            return missing(waiting, one, means.clock())
        attempt, answer = await send(means.post, one, message_of(event, self._slug), means.clock)
        led_to = settled(waiting, attempt, answer, means.clock(), means.chance())
        return Tried(led_to, answer)

    async def _event(self, position: int) -> Recorded | None:
        found = await self._means.store.events_after(self.endpoint.org, position - 1, 1)
        return found[0] if found and found[0].position == position else None

    async def _wait(self) -> None:
        """Until a try has ended, something may have come, or it is time to look."""
        news = asyncio.ensure_future(self._news())
        try:
            await asyncio.wait({*self._under_way, news}, return_when=asyncio.FIRST_COMPLETED)
            if news.done():
                news.result()
        finally:
            news.cancel()
            with suppress(asyncio.CancelledError, ScimError):
                await news

    async def _news(self) -> None:
        pause = self._means.pace.look
        if self._stopping or self._full or not self._room():
            await asyncio.sleep(pause)
        else:
            quiet = not self._under_way and self.endpoint.failing_since is None
            pause *= _QUIET if quiet else 1
            await self._means.watch.beyond(self.endpoint.org, self._position, pause)

    async def _note(self) -> bool:
        """Write down what the tries that have ended led to; whether to go on."""
        ended = [task for task in self._under_way if task.done()]
        if not ended:
            return True
        one, now = self.endpoint, self._means.clock()
        tried = [task.result() for task in ended]
        answers = [each.answer for each in tried if each.answer is not None]
        after = await self._store.settle(
            one.org,
            one.id,
            [each.settled for each in tried],
            lambda found: after_tries(found, answers, now),
        )
        for task in ended:
            del self._under_way[task]
        if after is None:
            return False
        self.endpoint = after
        for each in tried:
            _told_try(after, each, self._slug)
        _told(one, after, self._slug)
        return after.off_since is None


def _off(found: Endpoint, reason: str, now: datetime) -> Endpoint:
    return (
        found if found.off_since is not None else replace(found, off_since=now, off_reason=reason)
    )


def _told_try(one: Endpoint, tried: Tried, slug: str) -> None:
    attempt = tried.settled.attempt
    level = logging.WARNING if attempt.outcome is Outcome.GIVEN_UP else logging.DEBUG
    what = (
        attempt.outcome
        if attempt.outcome is Outcome.DELIVERED
        else (f"{attempt.outcome}: {attempt.detail}")
    )
    _LOG.log(
        level,
        "webhook %s of %s: event %d %s (%d ms)",
        one.id,
        slug,
        attempt.position,
        what,
        attempt.duration,
    )


def _told(before: Endpoint, after: Endpoint, slug: str) -> None:
    """Say what an operator has to know, once."""
    if after.off_since is not None and before.off_since is None:
        _LOG.warning("webhook %s of %s is switched off: %s", after.id, slug, after.off_reason)
    elif after.failing_since is not None and before.failing_since is None:
        _LOG.warning("webhook %s of %s fails, and is tried again", after.id, slug)
    elif after.failing_since is None and before.failing_since is not None:
        _LOG.info("webhook %s of %s works again", after.id, slug)
