"""Reads the feed of an organisation from a position on, and waits for what comes."""

from collections.abc import AsyncIterator, Awaitable, Callable

from headcount.feed.reading import events_behind
from headcount.store.model import OrgId, Recorded
from headcount.store.promise import Store

Wait = Callable[[], Awaitable[None]]

_BATCH = 500  # events in memory at once


async def follow(
    store: Store, org: OrgId, after: int | None = None, wait: Wait | None = None
) -> AsyncIterator[Recorded]:
    """Each event behind the position `after`, in order, none twice.

    Args:
        store: where the feed is.
        org: whose feed.
        after: the last position that the reader has seen; None begins with the oldest that is kept.
        wait: returns when it is time to look again; None ends the reading at the newest event.

    Raises:
        Expired: events behind the position are kept no longer.
        InvalidValue: the feed has not come that far.
    """
    position = await _oldest(store, org) if after is None else after
    while True:
        batch = await events_behind(store, org, position, _BATCH)
        for recorded in batch:
            yield recorded
            position = recorded.position
        if len(batch) < _BATCH:
            if wait is None:
                return
            await wait()


async def _oldest(store: Store, org: OrgId) -> int:
    """The position before the oldest event that is kept."""
    found = await store.events_after(org, 0, 1)
    return found[0].position - 1 if found else (await store.positions([org]))[org]
