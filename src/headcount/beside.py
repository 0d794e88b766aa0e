"""What is done with events beside answering: webhooks are sent, connectors write."""

import os
import random
import secrets
import socket
from collections.abc import Callable, Mapping
from datetime import datetime

from headcount.connectors.following import handlers
from headcount.connectors.running import follower_name
from headcount.feed.watching import Watch
from headcount.feed.webhooks.courier import Courier
from headcount.feed.webhooks.lane import Means, Pace
from headcount.feed.webhooks.posting import Poster
from headcount.feed.working import Handler, Key, Worker
from headcount.settings import Settings
from headcount.store.connectors import Connector
from headcount.store.promise import Store

Clock = Callable[[], datetime]


def process_name() -> str:
    """What this process calls itself where several work: no other does."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(6)}"


class Beside:
    """Sends webhooks and follows with connectors, in the background of one process.

    Any number of processes may do that on one database: each webhook and each connector is held by
    one of them at a time.
    """

    def __init__(self, store: Store, watch: Watch, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._watch = watch
        self._clock = clock
        self._settings = settings
        self._poster: Poster | None = None
        self._courier: Courier | None = None
        self._worker: Worker | None = None

    def start(self) -> None:
        """Begin. The event loop runs."""
        store, watch, clock, name = self._store, self._watch, self._clock, process_name()
        self._poster = Poster(private=self._settings.webhook_private)
        means = Means(store, watch, clock, name, self._poster, random.random, Pace())
        self._courier = Courier(means)

        async def wanted() -> Mapping[Key, Handler]:
            return await connector_handlers(store, clock)

        self._worker = Worker(store, watch, clock, name, wanted)
        self._courier.start()
        self._worker.start()

    async def close(self) -> None:
        """End in order, and leave the rest to others at once."""
        for one in (self._worker, self._courier, self._poster):
            if one is not None:
                await one.close()
        self._worker = self._courier = self._poster = None


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
    return Worker(store, watch, clock, process_name(), wanted), watch
