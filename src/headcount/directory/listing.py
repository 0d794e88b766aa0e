"""All resources of a kind, one page in memory at a time."""

from collections.abc import AsyncIterator

from headcount.directory.types import RESOURCE_TYPES
from headcount.scim.filters import And, Compare, Filter, Op
from headcount.scim.messages import MAX_PAGE, Query
from headcount.scim.paths import AttrPath
from headcount.scim.projection import WHOLE, Projection
from headcount.store.model import RELATIONS, Kind, OrgId, Seen
from headcount.store.promise import Store


async def every(
    store: Store,
    org: OrgId,
    kind: Kind,
    where: Filter | None = None,
    *,
    base: str = "",
    projection: Projection = WHOLE,
) -> AsyncIterator[Seen]:
    """Each resource that fits `where`, in the order of ids; nobody is missed when others go."""
    last: str | None = None
    while True:
        onwards = where if last is None else behind(where, kind, last)
        query = Query(where=onwards, count=MAX_PAGE, projection=projection)
        page = await store.find(org, kind, query, base=base)
        for seen in page.resources:
            yield seen
            last = seen.stored.id
        if len(page.resources) < MAX_PAGE:
            return


def every_bare(
    store: Store, org: OrgId, kind: Kind, where: Filter | None = None
) -> AsyncIterator[Seen]:
    """The same, without the groups of accounts or the members of groups."""
    return every(store, org, kind, where, projection=Projection(unwanted={RELATIONS[kind]: None}))


def behind(where: Filter | None, kind: Kind, last: str) -> Filter:
    """Those who fit `where` and have an id behind `last`."""
    onwards = Compare(AttrPath((RESOURCE_TYPES[kind].core["id"],)), Op.GT, last)
    return onwards if where is None else And(where, onwards)
