"""One resource, read by itself."""

from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, OrgId, Seen
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.rows import columns, seen_in
from headcount.store.refusals import not_found


async def get(
    connection: Connection, org: OrgId, kind: Kind, resource_id: str, base: str | None
) -> Seen:
    """The resource; its groups or members too, where addresses have a `base` to begin with.

    Raises:
        NotFound: there is none with this id.
    """
    row = None
    if "\0" not in resource_id:
        read = columns(kind, None if base is None else "$3")
        sql = (
            f"SELECT {read} FROM resource r"
            f" WHERE r.org = $1 AND r.kind = {NUMBERS[kind]} AND r.id = $2"
        )
        given = (org, resource_id) if base is None else (org, resource_id, base)
        row = await connection.fetchrow(sql, *given)
    if row is None:
        raise not_found(kind, resource_id)
    return seen_in(kind, row, related=base is not None)
