"""Sends the events of all organisations to their webhooks, beside other processes that do.

Each endpoint is one process's at a time; one that is killed leaves its endpoints to the others when
their time is over, and nobody has to be told.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from headcount.errors import ScimError
from headcount.feed.webhooks.lane import Lane, Means
from headcount.feed.working import Key, ended
from headcount.store.model import OrgId
from headcount.store.webhooks import Endpoint

_LOG = logging.getLogger(__name__)

KEPT = timedelta(days=30)  # that tries are kept
_FORGET_EVERY = timedelta(hours=1)
_PARTING = 5.0  # seconds that what is under way has to end


class Courier:
    """All endpoints of all organisations. It belongs to one event loop."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lanes: dict[Key, tuple[Lane, asyncio.Task[None]]] = {}
        self._others: dict[Key, float] = {}  # when to ask for those of other processes again
        self._slugs: dict[OrgId, str] = {}
        self._forgot: datetime | None = None
        self._overseeing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; nothing if it did already."""
        if self._overseeing is None:
            self._overseeing = asyncio.create_task(self._oversee())

    async def close(self) -> None:
        """End in order: what is under way may arrive and be noted, for some seconds."""
        if self._overseeing is not None:
            await ended(self._overseeing)
            self._overseeing = None
        lanes, self._lanes = self._lanes, {}
        for lane, _ in lanes.values():
            lane.stop()
        if tasks := [task for _, task in lanes.values()]:
            await asyncio.wait(tasks, timeout=_PARTING)
        await asyncio.gather(*map(ended, tasks))

    async def _oversee(self) -> None:
        while True:
            try:
                await self._adjust(await self._means.store.webhooks.all())
                await self._forget()
            except ScimError as error:
                _LOG.warning("webhooks cannot be read now: %s", error)
            except Exception:  # noqa: BLE001 - webhooks are sent for as long as the process runs
                _LOG.exception("webhooks are looked for again")
            await asyncio.sleep(self._means.pace.look)

    async def _adjust(self, endpoints: list[Endpoint]) -> None:
        wanted = {Key(one.org, one.id): one for one in endpoints if one.off_since is None}
        self._others = {key: at for key, at in self._others.items() if key in wanted}
        for key in [key for key in self._lanes if key not in wanted]:
            _, task = self._lanes.pop(key)
            await ended(task)
        for key, endpoint in wanted.items():
            if (running := self._lanes.get(key)) is not None:
                self._refresh(key, running, endpoint)
            if key not in self._lanes and asyncio.get_running_loop().time() >= self._again(key):
                self._lanes[key] = await self._begun(endpoint)

    def _refresh(
        self, key: Key, running: tuple[Lane, asyncio.Task[None]], endpoint: Endpoint
    ) -> None:
        lane, task = running
        if not task.done():
            lane.endpoint = endpoint
            return
        del self._lanes[key]
        if not lane.was_ours:
            knock = self._means.pace.knock
            self._others[key] = asyncio.get_running_loop().time() + knock

    def _again(self, key: Key) -> float:
        return self._others.get(key, 0.0)

    async def _begun(self, endpoint: Endpoint) -> tuple[Lane, asyncio.Task[None]]:
        if endpoint.org not in self._slugs:
            found = await self._means.store.organisations()
            self._slugs = {one.id: one.slug for one in found}
        lane = Lane(endpoint, self._slugs[endpoint.org], self._means)
        return lane, asyncio.create_task(_run(lane))

    async def _forget(self) -> None:
        now = self._means.clock()
        if self._forgot is None or now - self._forgot >= _FORGET_EVERY:
            self._forgot = now
            await self._means.store.webhooks.forget_attempts(now - KEPT)


async def _run(lane: Lane) -> None:
    try:
        await lane.run()
    except Exception:  # noqa: BLE001 - one endpoint never ends the others
        _LOG.exception("webhook %s stopped, and begins again", lane.endpoint.id)
