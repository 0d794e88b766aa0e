"""Connectors for pages: looked at, compared, and applied in the background of one process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from headcount.connectors import running
from headcount.connectors.managing import APPLYING, Managing
from headcount.connectors.values import Plan
from headcount.console.connecting import (
    Applying,
    Change,
    Checked,
    Comparison,
    LeftAlone,
    Seen,
)
from headcount.errors import InUse, ScimError, Unavailable
from headcount.feed.holding import holder as process_name
from headcount.feed.working import ended
from headcount.store.connectors import Connector
from headcount.store.followers import Follower
from headcount.store.model import OrgId
from headcount.store.promise import Store
from headcount.store.visitors import Audited

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

MOST_SHOWN = 300  # changes of a plan, and as many that are left alone
_ANSWER_SECONDS = 50.0  # that a page waits for an application; proxies give up after 60
_HELD = timedelta(seconds=30)  # that nobody else applies
_TOLD_SECONDS = 2.0  # between two notes of how far it is
_ENDED = 1  # `failures` of what ended badly


@dataclass(slots=True)
class _Told:
    """How far it is."""

    text: str = "both sides are read"

    def __call__(self, done: int, steps: int, who: str) -> None:
        if steps:
            self.text = f"{done:,} of {steps:,} changes" + (f", now {who}" if who else "")


@dataclass(slots=True)
class Connections:
    """Does what `console.connecting.Connecting` promises.

    Who applies holds a follower of its own name for as long as that takes, so that no other
    process applies the same, and every process knows how far it is. Where the process is killed
    the follower is free again soon, and tells that it broke off.
    """

    store: Store
    clock: Callable[[], datetime]
    _holder: str = field(default_factory=process_name)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Nothing begins by itself."""

    async def close(self) -> None:
        """End what is applied; it can be begun again and goes on where it was."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def all(self, slug: str) -> Sequence[Seen]:
        """Those of an organisation, by name."""
        org = (await self.store.organisation(slug)).id
        return await self._seen(org, await self.store.connectors.all(org))

    async def one(self, slug: str, name: str) -> Seen:
        """One of them."""
        found = await self._get(slug, name)
        (seen,) = await self._seen(found.org, [found])
        return seen

    async def check(self, slug: str, name: str) -> Checked:
        """Come in with the key, and see what it may do."""
        connector = await self._get(slug, name)
        command = f"headcount connector check {slug} {name}"
        found = await _in_time(running.check(connector), command)
        return Checked(found.facts, found.warnings)

    async def plan(self, slug: str, name: str) -> Comparison:
        """Compare both sides, and change nothing."""
        connector = await self._get(slug, name)
        command = f"headcount connector plan {slug} {name}"
        return comparison(await _in_time(running.planned(self.store, connector), command))

    async def apply(self, slug: str, name: str, *, actor: str) -> None:
        """Begin to make every change, and return at once."""
        connector = await self._get(slug, name)
        org, follower = connector.org, APPLYING + name
        await self.store.followers.add(Follower(org, follower, 0))
        if not await self._hold(org, follower):
            raise InUse(f"the connector {name[:100]!r} is being applied already; look again soon")
        await self.store.audit(
            Audited(self.clock(), actor, "connector.applied", org, {"connector": name})
        )
        task = asyncio.create_task(self._apply(connector, follower))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def switch(self, slug: str, name: str, *, on: bool, actor: str) -> None:
        """Whether it follows the events by itself."""
        await Managing(self.store, self.clock, actor).switch(slug, name, on=on)

    async def remove(self, slug: str, name: str, *, actor: str) -> None:
        """Forget it and its key. What is applied ends."""
        await Managing(self.store, self.clock, actor).remove(slug, name)

    async def _get(self, slug: str, name: str) -> Connector:
        return await Managing(self.store, self.clock).get(slug, name)

    async def _seen(self, org: OrgId, connectors: Sequence[Connector]) -> Sequence[Seen]:
        now, followers = self.clock(), self.store.followers
        following = {one.name: one for one in await followers.all(org, running.PREFIX)}
        applying = {one.name: one for one in await followers.all(org, APPLYING)}
        held = {one.name for one in await followers.held() if one.org == org and one.until > now}
        newest = (await self.store.positions([org])).get(org, 0)
        found = []
        for one in connectors:
            at = following.get(running.follower_name(one.name))
            run = applying.get(APPLYING + one.name)
            behind = None if at is None else max(0, newest - at.position)
            found.append(Seen(one, behind, at.detail if at else "", _applying(run, held)))
        return found

    async def _apply(self, connector: Connector, follower: str) -> None:
        """Apply for as long as the follower is ours, and say there how far it is."""
        org, told = connector.org, _Told()
        work = asyncio.create_task(
            running.applied(self.store, connector, self.clock, told)  # which follows from then on
        )
        try:
            await self._note(Follower(org, follower, 0, 0, told.text))
            while not (await asyncio.wait([work], timeout=_TOLD_SECONDS))[0]:
                still = await self._hold(org, follower)
                if not (still and await self._note(Follower(org, follower, 0, 0, told.text))):
                    return
            work.result()
            await self.store.followers.remove(org, follower)
        except ScimError as refused:
            await self._note(Follower(org, follower, 0, _ENDED, refused.detail))
        except Exception:  # noqa: BLE001 - nobody waits for the task, and the page has to tell
            _LOG.exception("the connector %s could not be applied", connector.name)
            detail = "the server failed; its log tells the operator why"
            await self._note(Follower(org, follower, 0, _ENDED, detail))
        finally:
            await ended(work)
            with suppress(ScimError):
                await asyncio.shield(self.store.followers.let_go(org, follower, self._holder))

    async def _hold(self, org: OrgId, follower: str) -> bool:
        now, followers = self.clock(), self.store.followers
        return await followers.take(org, follower, self._holder, now, now + _HELD) is not None

    async def _note(self, follower: Follower) -> bool:
        return await self.store.followers.settle(follower, self._holder)


def _applying(run: Follower | None, held: set[str]) -> Applying | None:
    if run is None:
        return None
    runs = run.name in held
    return Applying(runs, run.detail if runs or run.failures else "")


def comparison(found: Plan) -> Comparison:
    """A plan as a page shows it."""
    steps, notices = found.steps, found.notices
    counts: Mapping[str, int] = {op.value: count for op, count in found.counts().items()}
    return Comparison(
        counts,
        [Change(one.op.value, one.who, one.why) for one in steps[:MOST_SHOWN]],
        max(0, len(steps) - MOST_SHOWN),
        [LeftAlone(*one) for one in notices[:MOST_SHOWN]],
        max(0, len(notices) - MOST_SHOWN),
        len(found.adopted),
        found.unknown,
        found.protected,
    )


async def _in_time(work: Awaitable[T], command: str) -> T:
    """Wait for it as long as a browser does."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await work
    except TimeoutError:
        raise Unavailable(
            f"the application takes longer to answer than a page can wait; {command} in a shell"
            " waits as long as it takes"
        ) from None
