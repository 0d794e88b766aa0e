"""Subscribers: parts of an application that deal with the events of every organisation.

Each is a follower in each organisation, under one name. It begins where the feed is when it is
first seen, and with the first event of organisations that come after that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from headcount.errors import Expired, InvalidValue, NotFound
from headcount.feed.reading import events_behind
from headcount.feed.working import Key
from headcount.store.followers import Follower
from headcount.store.model import Organisation
from headcount.store.promise import Store
from headcount.store.records import instant

PREFIX = "subscriber:"
"""What the names of followers begin with that are subscribers."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a subscriber has come in one organisation."""

    organisation: str  # slug
    subscriber: str
    position: int  # of the last event that it has dealt with
    behind: int  # events that it has not
    failures: int  # tries of the next one that failed, in a row
    detail: str  # why the last of them did
    due: datetime | None  # when it is tried again, where it failed
    runs: bool  # whether a process deals with its events now


async def standings(store: Store, now: datetime) -> list[Standing]:
    """How far each subscriber has come, by organisation and name."""
    slugs = {one.id: one.slug for one in await store.organisations()}
    last = await store.positions(slugs)
    held = {(one.org, one.name) for one in await store.followers.held() if one.until > now}
    followers = await store.followers.all(None, PREFIX)
    told = [
        Standing(
            slugs[one.org],
            one.name.removeprefix(PREFIX),
            one.position,
            max(0, last.get(one.org, 0) - one.position),
            one.failures,
            one.detail,
            one.due,
            (one.org, one.name) in held,
        )
        for one in followers
        if one.org in slugs
    ]
    return sorted(told, key=lambda one: (one.organisation, one.subscriber))


async def known_since(store: Store, name: str, now: datetime) -> datetime:
    """When a subscriber was first seen: now, unless it was before."""
    # No secret, and kept where every process finds the same: what came first.
    first = await store.secret(PREFIX + name, instant(now).encode())
    return datetime.fromisoformat(first.decode())


async def enlist(
    store: Store, name: str, organisations: Iterable[Organisation], since: datetime | None
) -> list[Key]:
    """Have a subscriber follow each of these organisations; one that does goes on where it is.

    Args:
        store: where followers are.
        name: of the subscriber.
        organisations: whose events it gets.
        since: organisations from before it are followed from their newest event on; None: all of
            them from the first.
    """
    found = list(organisations)
    last = await store.positions([one.id for one in found])
    keys = []
    for one in found:
        new = since is None or one.created >= since
        position = 0 if new else last.get(one.id, 0)
        follower = await store.followers.add(Follower(one.id, PREFIX + name, position))
        keys.append(Key(follower.org, follower.name))
    return keys


async def skip(store: Store, slug: str, name: str) -> int:
    """Have a subscriber go on behind the event that it cannot deal with; its new position.

    Where events are kept no longer, it goes on with the oldest that is; where the feed has not
    come as far as the subscriber, with what comes next.

    Raises:
        NotFound: there is no such subscriber, or it has dealt with everything.
    """
    follower = await _follower(store, slug, name)
    try:
        found = await events_behind(store, follower.org, follower.position, 1)
        position = follower.position + 1
    except (Expired, InvalidValue):
        found = await store.events_after(follower.org, 0, 1)
        last = (await store.positions([follower.org]))[follower.org]
        position = found[0].position - 1 if found and follower.position < last else last
    else:
        if not found:
            raise NotFound(
                f"{name!r} has dealt with every event of {slug!r}: none is to be skipped"
            )
    await store.followers.move(follower.org, follower.name, position)
    return position


async def replay(store: Store, slug: str, name: str, after: int) -> None:
    """Have a subscriber deal with all events behind a position, again where it did before.

    Raises:
        NotFound: there is no such subscriber.
        Expired: the events are kept no longer.
        InvalidValue: the feed has not come that far.
    """
    follower = await _follower(store, slug, name)
    await events_behind(store, follower.org, after, 1)
    await store.followers.move(follower.org, follower.name, after)


async def forget(store: Store, slug: str, name: str) -> None:
    """Follow no longer by this name; an application that still has the subscriber begins anew.

    Raises:
        NotFound: there is no such subscriber.
    """
    follower = await _follower(store, slug, name)
    await store.followers.remove(follower.org, follower.name)


async def _follower(store: Store, slug: str, name: str) -> Follower:
    organisation = await store.organisation(slug)
    wanted = PREFIX + name
    for one in await store.followers.all(organisation.id, wanted):
        if one.name == wanted:
            return one
    raise NotFound(
        f"no subscriber of {slug!r} is called {name[:100]!r}; `headcount subscribers list` tells"
        " which there are"
    )
