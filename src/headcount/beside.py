"""What is done with events beside answering: webhooks are sent, connectors write."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from headcount.connectors.following import handlers
from headcount.connectors.running import follower_name
from headcount.errors import ScimError
from headcount.feed import holding
from headcount.feed.watching import Watch
from headcount.feed.webhooks.courier import Courier
from headcount.feed.webhooks.lane import Means, Pace
from headcount.feed.webhooks.posting import Poster
from headcount.feed.working import Handler, Key, Worker
from headcount.settings import Settings
from headcount.store.connectors import Connector
from headcount.store.promise import Store

_LOG = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Beside:
    """Sends webhooks and follows with connectors, in the background of one process.

    Any number of processes may do that on one database: each webhook and each connector is held by
    one of them at a time. What a killed process of this machine held is taken over at once.
    """

    def __init__(self, store: Store, watch: Watch, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock
        self._settings = settings
        self._beginning: asyncio.Task[None] | None = None
        self._poster: Poster | None = None
        self._courier: Courier | None = None
        self._worker: Worker | None = None

    def start(self) -> None:
        """Begin. The event loop runs."""
        store, watch, clock, name = self._store, self._watch, self._clock, holding.holder()
        self._poster = Poster(private=self._settings.webhook_private)
        means = Means(store, watch, clock, name, self._poster, random.random, Pace())
        self._courier = Courier(means)

        async def wanted() -> Mapping[Key, Handler]:
            return await connector_handlers(store, clock)

        self._worker = Worker(store, watch, clock, name, wanted)
        self._beginning = asyncio.create_task(self._begin(self._courier, self._worker))

    async def _begin(self, courier: Courier, worker: Worker) -> None:
        try:
            await holding.free(self._store.followers)
        except ScimError as error:  # then it waits until their time is over
            _LOG.warning("what killed processes held cannot be read now: %s", error)
        courier.start()
        worker.start()

    async def close(self) -> None:
        """End in order, and leave the rest to others at once."""
        if self._beginning is not None:
            self._beginning.cancel()
            with suppress(asyncio.CancelledError):
                await self._beginning
        for one in (self._worker, self._courier, self._poster):
            if one is not None:
                await one.close()
        self._beginning = self._worker = self._courier = self._poster = None


async def connector_handlers(store: Store, clock: Clock) -> Mapping[Key, Handler]:
    """What deals with the events of every connector that follows them."""
    found = await handlers(store, clock)
    return {Key(*key): handler for key, handler in found.items()}


def connector_worker(store: Store, connector: Connector, clock: Clock) -> tuple[Worker, Watch]:
    """What follows the events for one connector, and what wakes it."""
    key = Key(connector.org, follower_name(connector.name))

    async def wanted() -> Mapping[Key, Handler]:
        found = await connector_handlers(store, clock)
        return {key: found[key]} if key in found else {}

    watch = Watch(store)
    return Worker(store, watch, clock, holding.holder(), wanted), watch
