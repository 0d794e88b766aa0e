"""All resources of a kind, one page in memory at a time."""

from collections.abc import AsyncIterator

from headcount.directory.types import RESOURCE_TYPES
from headcount.scim.filters import And, Compare, Filter, Op
from headcount.scim.messages import MAX_PAGE, Query
from headcount.scim.paths import AttrPath
from headcount.store.model import Kind, OrgId, Seen
from headcount.store.promise import Store


async def every(
    store: Store, org: OrgId, kind: Kind, where: Filter | None = None, *, base: str = ""
) -> AsyncIterator[Seen]:
    """Each resource that fits `where`, in the order of ids; nobody is missed when others go."""
    by_id = AttrPath((RESOURCE_TYPES[kind].core["id"],))
    last: str | None = None
    while True:
        onwards = where if last is None else _and(where, Compare(by_id, Op.GT, last))
        page = await store.find(org, kind, Query(where=onwards, count=MAX_PAGE), base=base)
        for seen in page.resources:
            yield seen
            last = seen.stored.id
        if len(page.resources) < MAX_PAGE:
            return


def _and(where: Filter | None, onwards: Filter) -> Filter:
    return onwards if where is None else And(where, onwards)
