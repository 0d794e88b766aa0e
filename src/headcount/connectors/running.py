"""Runs a connector of an organisation: from the store into its target, all or some, and on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orjson import loads

from headcount.connectors.catalogue import reach
from headcount.connectors.reconciling import Job, Report, Told, apply, nobody_hears, plan_of
from headcount.connectors.target import Refused, Target
from headcount.connectors.values import Abilities, Account, Link, Plan, Wanted
from headcount.connectors.wanted import account, groups
from headcount.directory.listing import every_bare
from headcount.errors import NotFound, Unavailable
from headcount.store.connectors import Connector, Linked
from headcount.store.followers import Follower
from headcount.store.model import Kind, OrgId
from headcount.store.promise import Store
from headcount.store.records import instant

PREFIX = "connector:"
"""How the names of followers begin that are connectors."""

_MOST_KEPT = 100  # failures of the last run
_MOST_MISSED = 1_000  # who are tried again with the next events; more are left to the next `apply`


def follower_name(connector: str) -> str:
    """What the follower is called that goes on for a connector."""
    return PREFIX + connector


@dataclass(frozen=True, slots=True)
class Kept:
    """Who is who at the target of a connector, in the store."""

    store: Store
    org: OrgId
    name: str

    async def links(self) -> dict[str, Link]:
        """All that is remembered, by the ids of ours."""
        found = await self.store.connectors.links(self.org, self.name)
        return {one.resource: Link(*one) for one in found}

    async def link(self, links: Collection[Link]) -> None:
        """Remember these."""
        if links:
            kept = [Linked(one.resource, one.target, one.address, one.group) for one in links]
            await self.store.connectors.link(self.org, self.name, kept)

    async def unlink(self, resources: Collection[str]) -> None:
        """Forget these."""
        if resources:
            await self.store.connectors.unlink(self.org, self.name, resources)


@dataclass(frozen=True, slots=True)
class Some:
    """The part of an organisation that is looked at."""

    accounts: frozenset[str]  # ids
    groups: bool  # all of them, or none


async def wanted_of(
    store: Store, org: OrgId, some: Some | None = None, *, with_groups: bool = True
) -> Wanted:
    """The side of an organisation, or of some of it; groups only where they are wanted."""
    if some is None:
        people = [
            account(loads(one.stored.document)) async for one in every_bare(store, org, Kind.USER)
        ]
    else:
        found = [await _account(store, org, one) for one in sorted(some.accounts)]
        people = [one for one in found if one is not None]
    if not with_groups or (some is not None and not some.groups):
        return Wanted(tuple(people))
    names, members = {}, {}
    async for one in every_bare(store, org, Kind.GROUP):
        names[one.stored.id] = str(loads(one.stored.document)["displayName"])
        members[one.stored.id] = await store.members(org, one.stored.id)
    return Wanted(tuple(people), groups(names, members))


async def _account(store: Store, org: OrgId, resource_id: str) -> Account | None:
    try:
        seen = await store.get(org, Kind.USER, resource_id, relations=False)
    except NotFound:
        return None
    return account(loads(seen.stored.document))


@asynccontextmanager
async def reached(connector: Connector) -> AsyncIterator[Target]:
    """The target of a connector, for as long as the block runs.

    Raises:
        Unavailable: the target refuses, or cannot be reached; with cause and remedy.
    """
    target: Target | None = None
    try:
        target = reach(connector.kind, connector.settings, connector.secret)
        yield target
    except Refused as refused:
        raise Unavailable(str(refused)) from None
    finally:
        if target is not None:
            target.close()


def job_of(store: Store, connector: Connector, target: Target, some: Some | None = None) -> Job:
    """What makes the target like the organisation, or like some of it."""

    async def wanted() -> Wanted:
        return await wanted_of(store, connector.org, some, with_groups=target.traits.groups)

    return Job(
        wanted,
        target,
        Kept(store, connector.org, connector.name),
        tuple(connector.settings.get("protected", ())),
        None if some is None else some.accounts,
    )


async def check(connector: Connector) -> Abilities:
    """Who the key of a connector belongs to, and what it may do."""
    async with reached(connector) as target:
        return await asyncio.to_thread(target.check)


async def planned(store: Store, connector: Connector) -> Plan:
    """What there is to do; nothing is changed."""
    async with reached(connector) as target:
        return await plan_of(job_of(store, connector, target))


async def applied(
    store: Store, connector: Connector, clock: Callable[[], datetime], told: Told = nobody_hears
) -> Report:
    """Do what there is to do, and let it go on from the events that came meanwhile."""
    org, name = connector.org, follower_name(connector.name)
    position = (await store.positions([org]))[org]
    async with reached(connector) as target:
        report = await apply(job_of(store, connector, target), told)
    await note(store, connector, report, clock())
    await store.followers.add(Follower(org, name, position))
    await store.followers.move(org, name, position)
    return report


async def note(
    store: Store, connector: Connector, report: Report, at: datetime, *, all_of_it: bool = True
) -> None:
    """Keep what came of a run, for people and for the next one."""
    kept = summary(report, at) | {"all": all_of_it}
    await store.connectors.change(
        connector.org, connector.name, lambda one: replace(one, last_run=kept)
    )


def summary(report: Report, at: datetime) -> dict[str, Any]:
    """What came of a run, for a program."""
    return {
        "at": instant(at),
        "done": {op.value: count for op, count in report.done.items()},
        "failures": [one.object() for one in report.failures[:_MOST_KEPT]],
        "failed": sum(1 + one.others for one in report.failures),
        "missed": list(report.missed[:_MOST_MISSED]),
        "left_alone": [{"who": who, "why": why} for who, why in report.notices[:_MOST_KEPT]],
        "unknown": report.unknown,
        "protected": report.protected,
    }


def failed_before(connector: Connector) -> Sequence[str]:
    """Ids of ours that the last run could not write."""
    return list((connector.last_run or {}).get("missed", ()))
