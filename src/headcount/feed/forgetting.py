"""Removes events that are older than the operator wants them kept."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from headcount.errors import ScimError
from headcount.store.promise import Store
from headcount.store.records import instant

_LOG = logging.getLogger(__name__)

EVERY = 3600.0  # seconds between two looks


class Forgetting:
    """Runs beside answering. Several processes that do it disturb nobody.

    Args:
        store: where the events are.
        clock: the time.
        days: how long an event is kept.
        every: seconds between two looks.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], days: int, every: float = EVERY
    ) -> None:
        self._store = store
        self._clock = clock
        self._kept = timedelta(days=days)
        self._every = every
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; nothing if it did already."""
        if self._running is None:
            self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End, also in the middle: the rest goes another time."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    async def forget(self) -> int:
        """Remove what is too old now; how many went."""
        return await self._store.forget_events(instant(self._clock() - self._kept))

    async def _run(self) -> None:
        while True:
            try:
                if gone := await self.forget():
                    _LOG.info("%d events were older than %d days and went", gone, self._kept.days)
            except ScimError as error:
                _LOG.warning("old events cannot be removed now: %s", error)
            await asyncio.sleep(self._every)
