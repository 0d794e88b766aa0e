"""Subscribers of an application: which events each wants, and how it is handed them."""

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from headcount.embedding.happening import Event, event_of
from headcount.feed import subscribers
from headcount.feed.working import Failed, Handler, Key
from headcount.store.model import EventType, Recorded
from headcount.store.promise import Store

_LOG = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONGEST = 500  # characters of a detail

_THREADS = ThreadPoolExecutor(8, thread_name_prefix="headcount-subscriber")
"""Where functions that are not awaited run: they shall not take the threads of the application."""

Subscriber = Callable[[Event], Any]
"""What an application does about an event: a function, or one that is awaited."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscriber, and what it wants."""

    name: str
    types: frozenset[EventType]
    call: Subscriber
    from_start: bool

    async def deal(self, slug: str, events: Sequence[Recorded]) -> None:
        """Hand over the events that are wanted, in order.

        Raises:
            Failed: one of them cannot be dealt with now.
        """
        for recorded in events:
            if recorded.type not in self.types:
                continue
            try:
                await _called(self.call, event_of(recorded, slug))
            except Exception as error:
                _LOG.exception(
                    "the subscriber %s could not deal with event %d of %s, and will try again",
                    self.name,
                    recorded.position,
                    slug,
                )
                detail = f"{type(error).__name__}: {error}"[:_LONGEST]
                raise Failed(recorded.position - 1, detail) from error


async def _called(call: Subscriber, event: Event) -> None:
    if inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__):
        await call(event)
        return
    working = asyncio.get_running_loop().run_in_executor(_THREADS, call, event)
    try:
        result = await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])  # a thread cannot be stopped, and nobody shall do it twice
        raise
    if inspect.isawaitable(result):  # of a partial, or of a function around another
        await result


def types_of(patterns: Sequence[str]) -> frozenset[EventType]:
    """The types that patterns mean; all where there is none.

    Raises:
        ValueError: a pattern means none.

    >>> sorted(one.value for one in types_of(["account.deleted", "group.m*"]))
    ['account.deleted', 'group.member_added', 'group.member_removed']
    """
    found: set[EventType] = set()
    for pattern in patterns or ["*"]:
        begin, star, rest = pattern.partition("*")
        meant = {
            one
            for one in EventType
            if one == pattern or (star and not rest and one.startswith(begin))
        }
        if not meant:
            raise ValueError(
                f"there are no events of the type {pattern!r}; there are: {', '.join(EventType)},"
                " and with a * at the end all that begin so, such as 'account.*'"
            )
        found |= meant
    return frozenset(found)


def name_of(call: Subscriber, given: str | None) -> str:
    """What a subscriber is called: as was given, or as the function is.

    Raises:
        ValueError: that is no name to find it by again.
    """
    name = getattr(call, "__name__", "") if given is None else given
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"a subscriber cannot be called {name!r}: its position is kept under its name, so give"
            " it one with name=, of letters, digits, dots, hyphens and underscores"
        )
    return name


class Enlisted:
    """The followers of an application's subscribers, kept in step with its organisations."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], wanted: Mapping[str, Subscription]
    ) -> None:
        self._store = store
        self._clock = clock
        self._wanted = wanted
        self._epoch: int | None = None
        self._handlers: dict[Key, Handler] = {}
        self._names = 0

    async def __call__(self) -> Mapping[Key, Handler]:
        """Each follower there has to be, and what deals with its events."""
        epoch = self._store.access_epoch()
        if epoch is None:
            epoch = await self._store.read_access_epoch()
        if epoch != self._epoch or self._names != len(self._wanted):
            await self._enlist()
            self._epoch, self._names = epoch, len(self._wanted)
        return self._handlers

    async def _enlist(self) -> None:
        found = await self._store.organisations()
        slugs = {one.id: one.slug for one in found}
        for one in list(self._wanted.values()):
            first = await subscribers.known_since(self._store, one.name, self._clock())
            fresh = [
                org
                for org in found
                if Key(org.id, subscribers.PREFIX + one.name) not in self._handlers
            ]
            since = None if one.from_start else first
            for key in await subscribers.enlist(self._store, one.name, fresh, since):
                self._handlers[key] = partial(one.deal, slugs[key.org])
