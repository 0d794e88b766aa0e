"""Waits for events: one look at the database for all who wait, in this process."""

import asyncio
from contextlib import suppress

from headcount.store.model import OrgId
from headcount.store.promise import Store

EVERY = 0.1  # seconds between two looks

_Waiting = dict["asyncio.Future[None]", tuple[OrgId, int]]


class Watch:
    """Wakes those who wait once there is an event behind their position, whoever wrote it.

    It looks while somebody waits, and a look is one statement, so who waits costs who writes
    nothing that could be measured. It belongs to one event loop.
    """

    def __init__(self, store: Store, every: float = EVERY) -> None:
        self._store = store
        self._every = every
        self._waiting: _Waiting = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Nothing: it looks once somebody waits."""

    async def beyond(self, org: OrgId, position: int, seconds: float) -> bool:
        """Whether there is an event behind the position; wait for one so long.

        Raises:
            Unavailable: the database does not answer.
        """
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[arrived] = org, position
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await arrived
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(arrived, None)
        return True

    async def _look(self) -> None:
        try:
            while self._waiting:
                await self._wake()
                await asyncio.sleep(self._every)
        except Exception as error:  # noqa: BLE001 - told to each who waits
            for arrived in list(self._waiting):
                if not arrived.done():
                    arrived.set_exception(error)
        finally:
            self._looking = None

    async def _wake(self) -> None:
        asked = {org for org, _ in self._waiting.values()}
        found = await self._store.positions(asked)
        for arrived, (org, position) in list(self._waiting.items()):
            if found.get(org, position + 1) != position and not arrived.done():
                arrived.set_result(None)

    async def close(self) -> None:
        """Look no more; who still waits is let go."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        for arrived in list(self._waiting):
            arrived.cancel()
