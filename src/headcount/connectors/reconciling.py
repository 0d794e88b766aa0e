"""Makes a target like the organisation: plans, takes the steps, and looks again."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from headcount.connectors.planning import Scope, plan
from headcount.connectors.target import Reach, Refused, Target
from headcount.connectors.values import Form, Link, Notice, Op, Plan, Step, Wanted

_ROUNDS = 5  # a step may become possible by another one, and brings further ones seldom

GROUP_OPS = frozenset(
    {
        Op.CREATE_GROUP,
        Op.REACTIVATE_GROUP,
        Op.RENAME_GROUP,
        Op.MEMBERS,
        Op.DEACTIVATE_GROUP,
    }
)


class Memory(Protocol):
    """Remembers who is who at the target."""

    async def links(self) -> dict[str, Link]:
        """All that is remembered, by the ids of ours."""

    async def link(self, links: Collection[Link]) -> None:
        """Remember these; what was remembered of the same ids is over."""

    async def unlink(self, resources: Collection[str]) -> None:
        """Forget these."""


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that is needed to make a target like the organisation."""

    wanted: Callable[[], Awaitable[Wanted]]
    target: Target
    memory: Memory
    protected: tuple[str, ...] = ()
    scope: Scope = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that was not taken."""

    step: Step
    cause: str
    remedy: str = ""
    others: int = 0  # steps that were not tried, for the same reason

    def object(self) -> dict[str, Any]:
        """The failure for a program, and to be kept."""
        told = self.step.object()
        named = {name: told[name] for name in ("action", "id", "who")}
        return named | {"cause": self.cause, "remedy": self.remedy, "others": self.others}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    done: dict[Op, int]
    failures: tuple[Failure, ...] = ()
    notices: tuple[Notice, ...] = ()
    unknown: int = 0
    protected: int = 0
    missed: tuple[str, ...] = ()  # ids of ours that could not be written


Told = Callable[[int, int, str], None]
"""Hears of progress: steps that were tried, of how many, and who is next."""


def nobody_hears(_done: int, _all: int, _who: str) -> None:
    """Progress of which nobody hears."""


async def plan_of(job: Job) -> Plan:
    """What there is to do; nothing is changed.

    Raises:
        Refused: the target cannot be read.
    """
    links = await job.memory.links()
    wanted = await job.wanted()
    sought = [
        form
        for one in wanted.people
        if one.id not in links and isinstance(form := job.target.fit(one), Form)
    ]
    groups = wanted.groups is not None and job.target.traits.groups
    found = await asyncio.to_thread(job.target.read, sought, groups=groups)
    # In a thread: of very many accounts it takes seconds in which others want to be answered.
    return await asyncio.to_thread(
        plan, wanted, found, links, job.target, protected=job.protected, scope=job.scope
    )


async def apply(job: Job, told: Told = nobody_hears) -> Report:
    """Do what there is to do. Whatever was interrupted is done by the next one.

    Raises:
        Refused: the target cannot be reached, or does not take the key any more.
    """
    run = _Run(job, told)
    for _ in range(_ROUNDS):
        if not await run.round():
            break
    return run.report()


@dataclass(slots=True)
class _Run:
    """An application of plans, round by round, until nothing more comes of it."""

    job: Job
    told: Told
    links: dict[str, Link] = field(default_factory=dict)
    done: dict[Op, int] = field(default_factory=dict)
    taken: set[Step] = field(default_factory=set)
    barred: dict[Op, Failure] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    missed: set[str] = field(default_factory=set)  # ids of ours, in this round
    last: Plan = field(default_factory=Plan)

    async def round(self) -> bool:
        """Plan, and take the steps; whether any was taken, so that it is worth to look again."""
        self.last = await plan_of(self.job)
        await self.job.memory.link(self.last.adopted)
        await self.job.memory.unlink(self.last.forgotten)
        self.links = await self.job.memory.links()
        self.failures = [Failure(one, *_AGAIN) for one in self.last.steps if one in self.taken]
        self.missed = {one.step.resource for one in self.failures}
        self.barred = {op: _alone(one) for op, one in self.barred.items()}
        steps = [one for one in self.last.steps if one not in self.taken]
        before = len(self.taken)
        for number, step in enumerate(steps):
            self.told(number, len(steps), step.who)
            await self._take(step)
        self.told(len(steps), len(steps), "")
        return len(self.taken) > before

    async def _take(self, step: Step) -> None:
        step = self._without_failed(step)
        if step.op is Op.MEMBERS and not (step.joins or step.leaves):
            return
        if (bar := self.barred.get(step.op)) is not None:
            self.missed.add(step.resource)
            if step != bar.step:
                self.barred[step.op] = Failure(bar.step, bar.cause, bar.remedy, bar.others + 1)
            return
        try:
            target = await asyncio.to_thread(self.job.target.do, step, self._resolve)
        except Refused as refused:
            self._refused(step, refused)
            return
        self.taken.add(step)
        self.done[step.op] = self.done.get(step.op, 0) + 1
        await self._remember(step, target)

    def _without_failed(self, step: Step) -> Step:
        """The step without those who could not be written: one of them would spoil it for all."""
        return replace(step, joins=tuple(one for one in step.joins if one not in self.missed))

    def _resolve(self, resource: str) -> str | None:
        link = self.links.get(resource)
        return link.target if link else None

    def _refused(self, step: Step, refused: Refused) -> None:
        if refused.reach is Reach.ALL:
            raise refused
        self.missed.add(step.resource)
        failure = Failure(step, refused.cause, refused.remedy)
        if refused.reach is Reach.ONE:
            self.failures.append(failure)
        elif refused.reach is Reach.KIND:
            self.barred[step.op] = failure
        else:
            self.barred |= dict.fromkeys(GROUP_OPS, failure)

    async def _remember(self, step: Step, target: str) -> None:
        known = self.links.get(step.resource)
        if step.op is Op.DEACTIVATE_GROUP:
            await self._forget(step.resource)
            return
        address = step.address or (known.address if known else "")
        link = Link(step.resource, target, address, step.op in GROUP_OPS)
        if link != known:
            await self.job.memory.link([link])
            self.links[step.resource] = link

    async def _forget(self, resource: str) -> None:
        await self.job.memory.unlink([resource])
        self.links.pop(resource, None)

    def report(self) -> Report:
        """What came of all rounds."""
        barred: list[Failure] = []
        for failure in self.barred.values():
            same = [one for one in barred if one.step == failure.step]
            barred = [one for one in barred if one.step != failure.step]
            others = failure.others + sum(one.others for one in same)
            barred.append(Failure(failure.step, failure.cause, failure.remedy, others))
        return Report(
            {op: self.done[op] for op in Op if op in self.done},
            (*barred, *self.failures),
            self.last.notices,
            self.last.unknown,
            self.last.protected,
            tuple(sorted(self.missed)),
        )


_AGAIN = (
    "The target said that this was done, and shows it otherwise.",
    "Look at it there: somebody else may be changing the same.",
)


def _alone(failure: Failure) -> Failure:
    return Failure(failure.step, failure.cause, failure.remedy)
