"""Goes on where a connector has come to: what events tell of is compared and written again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from headcount.connectors.reconciling import apply
from headcount.connectors.running import (
    PREFIX,
    Some,
    failed_before,
    job_of,
    note,
    reached,
)
from headcount.store.connectors import Connector
from headcount.store.model import EventType, OrgId, Recorded
from headcount.store.promise import Store

Handler = Callable[[Sequence[Recorded]], Awaitable[None]]
"""Deals with events, in order; it may be given the same ones again."""

_OF_GROUPS = "group."
_MOVES_MEMBERS = frozenset(
    {
        # Who comes is put into groups, and who comes back finds old ones.
        EventType.ACCOUNT_CREATED,
        EventType.ACCOUNT_REACTIVATED,
    }
)


async def handlers(
    store: Store, clock: Callable[[], datetime]
) -> Mapping[tuple[OrgId, str], Handler]:
    """What deals with the events of each connector that is enabled and was applied once.

    Before it was applied nobody has seen what it would do, so it does nothing by itself.
    """
    begun = {(one.org, one.name) for one in await store.followers.all(None, PREFIX)}
    found = {}
    for one in await store.connectors.all():
        key = (one.org, PREFIX + one.name)
        if one.enabled and key in begun:
            found[key] = handler(store, one, clock)
    return found


def handler(store: Store, connector: Connector, clock: Callable[[], datetime]) -> Handler:
    """What deals with the events of one connector.

    One person whom the target refuses is noted, and tried again with the next events. Where the
    target cannot be reached at all it raises `Unavailable`, and none of the events is dealt with.
    """

    async def handle(events: Sequence[Recorded]) -> None:
        current = await store.connectors.get(connector.org, connector.name)
        some = concerned(events, failed_before(current))
        async with reached(current) as target:
            report = await apply(job_of(store, current, target, some))
        if report.done or report.failures or failed_before(current):
            await note(store, current, report, clock(), all_of_it=False)

    return handle


def concerned(events: Sequence[Recorded], before: Sequence[str] = ()) -> Some:
    """Whom events are about, and whether groups have to be looked at.

    Args:
        events: that came.
        before: ids of accounts and groups that could not be written before.
    """
    accounts = {one.subject for one in events if not one.type.startswith(_OF_GROUPS)}
    groups = any(one.type.startswith(_OF_GROUPS) for one in events)
    moves = any(one.type in _MOVES_MEMBERS for one in events)
    return Some(frozenset(accounts) | frozenset(before), groups or moves or bool(before))
