"""Lists over one kind of resource or several, by number or with a cursor (RFC 9865)."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from headcount.directory.access import Caller
from headcount.scim.cursors import KEY_BYTES, Place, Seal
from headcount.scim.messages import Position, Query
from headcount.store.model import Kind, Page, Seen
from headcount.store.promise import Resources, Store

_SECRET = "cursors"  # noqa: S105 - what the secret is called

Queries = Mapping[Kind, Query]
"""What is asked of each kind, in the order of the list. They differ in nothing but their paths."""


async def part(store: Resources, caller: Caller, queries: Queries, *, base: str) -> Page:
    """The part of the list that begins at the number that was asked for."""
    asked = next(iter(queries.values()))
    total, skipped, room = 0, asked.start - 1, asked.count
    resources: list[Seen] = []
    for kind, query in queries.items():
        wanted = replace(query, start=skipped + 1, count=room)
        found = await store.find(caller.organisation.id, kind, wanted, base=base)
        resources += found.resources
        total += found.total
        skipped = max(0, skipped - found.total)
        room = asked.count - len(resources)
    return Page(total, resources)


def _scope(caller: Caller, queries: Queries) -> str:
    return f"{caller.organisation.id} {' '.join(queries)}"


def _seconds() -> int:
    return int(time.time())


@dataclass(slots=True)
class Walker:
    """Reads the page that a cursor names, and seals the cursor for the next one."""

    store: Store
    seconds: Callable[[], int] = _seconds  # since the epoch
    _kept: Seal | None = field(default=None, init=False)

    async def page(self, caller: Caller, queries: Queries, *, base: str) -> Page:
        """The page that the cursor names, or the first.

        Raises:
            InvalidCursor: the cursor is not of this list.
            ExpiredCursor: it is too old.
        """
        asked = next(iter(queries.values()))
        seal = await self._seal()
        scope = _scope(caller, queries)
        place = None
        if asked.cursor:
            place = seal.open(asked.cursor, scope, asked, self.seconds())
        found, following = await self._read(caller, queries, place, base)
        cursor = seal.close(following, scope, asked, self.seconds()) if following else None
        return replace(found, cursor=cursor)

    async def cursor_behind(self, caller: Caller, queries: Queries, position: Position) -> str:
        """The cursor of the page behind `position` in the first kind of the list."""
        kind, asked = next(iter(queries.items()))
        scope = _scope(caller, queries)
        place = Place(kind.value, position, 0)
        return (await self._seal()).close(place, scope, asked, self.seconds())

    async def _read(
        self, caller: Caller, queries: Queries, place: Place | None, base: str
    ) -> tuple[Page, Place | None]:
        """The resources from `place` on, and where the next page begins."""
        kinds = list(queries)
        kinds = kinds[kinds.index(Kind(place.kind)) :] if place else kinds
        room = queries[kinds[0]].count
        resources: list[Seen] = []
        following: tuple[Kind, Page] | None = None
        total = 0
        for kind in kinds:
            after = place.position if place and place.kind == kind else None
            query = replace(queries[kind], after=after, count=room)
            page = await self.store.find(caller.organisation.id, kind, query, base=base)
            total += page.total
            resources += page.resources
            room -= len(page.resources)
            if following is None and (page.more or (not room and page.total > len(page.resources))):
                following = kind, page
        total = place.total if place else total
        if following is None or not queries[kinds[0]].count:
            return Page(total, resources), None
        kind, page = following
        return Page(total, resources), Place(kind.value, page.more, total)

    async def _seal(self) -> Seal:
        if self._kept is None:
            fresh = secrets.token_bytes(KEY_BYTES)
            self._kept = Seal(await self.store.secret(_SECRET, fresh))
        return self._kept
