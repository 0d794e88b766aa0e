"""What an application asks of its organisations beside the protocol."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from time import monotonic
from typing import Any

import orjson

from headcount import bootstrap
from headcount.bootstrap import Runtime
from headcount.directory.listing import behind
from headcount.directory.types import types_of
from headcount.errors import Taken
from headcount.feed.subscribers import Standing, standings
from headcount.scim.filters import Filter, parse_filter
from headcount.scim.messages import Query
from headcount.store.model import Kind, Policy, Seen

PAGE = 200  # accounts in memory at once
_LOOK = 0.02  # seconds between two looks at how far subscribers are


async def create_organisation(runtime: Runtime, slug: str, name: str, policy: Policy) -> bool:
    """Make an organisation; whether it is new."""
    with suppress(Taken):
        await runtime.organisations.create(slug, name, policy, actor="application")
        return True
    return False


async def page(
    runtime: Runtime, slug: str, where: str | None, last: str | None
) -> list[dict[str, Any]]:
    """The next accounts that fit a filter, behind the id of the last one; by id."""
    organisation = await runtime.store.organisation(slug)
    users = types_of(organisation.attributes)[Kind.USER]
    asked: Filter | None = parse_filter(where, users) if where else None
    if last is not None:
        asked = behind(asked, Kind.USER, last)
    query = Query(where=asked, count=PAGE)
    found = await runtime.store.find(organisation.id, Kind.USER, query)
    return [_told(seen) for seen in found.resources]


def _told(seen: Seen) -> dict[str, Any]:
    groups = orjson.loads(seen.relations) if isinstance(seen.relations, bytes) else []
    kept = [{"value": one["value"], "display": one["display"]} for one in groups]
    return {**orjson.loads(seen.stored.document), "groups": kept}


async def caught_up(runtime: Runtime, names: Collection[str], seconds: float) -> None:
    """Wait until these subscribers have dealt with every event.

    Raises:
        TimeoutError: one of them has not.
    """
    until = monotonic() + seconds
    while behind := await _behind(runtime, names):
        if monotonic() > until:
            one = behind[0]
            why = f"; it fails with {one.detail}" if one.failures else ""
            raise TimeoutError(
                f"the subscriber {one.subscriber!r} is behind by {one.behind} in"
                f" {one.organisation!r} after {seconds:g} s{why}"
            )
        await asyncio.sleep(_LOOK)


async def _behind(runtime: Runtime, names: Collection[str]) -> list[Standing]:
    """Those who have events before them, also of organisations that they do not know of yet."""
    found = await standings(runtime.store, bootstrap.clock())
    known = {(one.organisation, one.subscriber) for one in found}
    slugs = {one.id: one.slug for one in await runtime.store.organisations()}
    last = await runtime.store.positions(slugs)
    unknown = [
        Standing(slug, name, 0, last.get(org, 0), 0, "", None, runs=False)
        for org, slug in slugs.items()
        for name in names
        if (slug, name) not in known
    ]
    return [one for one in (*found, *unknown) if one.behind and one.subscriber in names]
