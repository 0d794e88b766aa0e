"""Reads the feed of an organisation from a position on, and waits for what comes."""

from collections.abc import AsyncIterator, Awaitable, Callable

from headcount.store.model import OrgId, Recorded
from headcount.store.promise import Store

Wait = Callable[[], Awaitable[None]]

_BATCH = 500  # events in memory at once


async def follow(
    store: Store, org: OrgId, after: int = 0, wait: Wait | None = None
) -> AsyncIterator[Recorded]:
    """Each event behind the position `after`, in order, none twice.

    Args:
        store: where the feed is.
        org: whose feed.
        after: the last position that the reader has seen; 0 is before the first.
        wait: returns when it is time to look again; None ends the reading at the newest event.
    """
    position = after
    while True:
        batch = await store.events_after(org, position, _BATCH)
        for recorded in batch:
            yield recorded
            position = recorded.position
        if len(batch) < _BATCH:
            if wait is None:
                return
            await wait()
