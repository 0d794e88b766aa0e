"""The events of an organisation, as they are read on and forgotten."""

from collections.abc import Collection

from orjson import loads

from headcount.store.model import EventType, OrgId, Recorded
from headcount.store.postgres.driver import Connection

_FORGOTTEN = 500  # events at once


async def after(connection: Connection, org: OrgId, position: int, limit: int) -> list[Recorded]:
    """The next events of the feed."""
    rows = await connection.fetch(
        "SELECT position, type, at, actor, subject, data, document FROM event"
        " WHERE org = $1 AND position > $2 ORDER BY position LIMIT $3",
        org,
        position,
        limit,
    )
    return [
        Recorded(at_position, EventType(name), at, actor, subject, loads(data), document)
        for at_position, name, at, actor, subject, data, document in rows
    ]


async def positions(connection: Connection, orgs: Collection[OrgId]) -> dict[OrgId, int]:
    """The position of the last event of each of the organisations."""
    rows = await connection.fetch(
        "SELECT org, position FROM tally WHERE org = ANY ($1::BIGINT[])", list(orgs)
    )
    return {OrgId(row[0]): row[1] for row in rows}


async def forgettable(connection: Connection, before: str) -> list[tuple[int, int]]:
    """Each organisation with events from before a moment, and the position of the last of them."""
    rows = await connection.fetch(
        """SELECT t.org, coalesce((SELECT e.position - 1 FROM event e
            WHERE e.org = t.org AND e.at >= $1 ORDER BY e.position LIMIT 1), t.position)
        FROM tally t""",
        before,
    )
    return [(org, last) for org, last in rows if last]


async def forget(connection: Connection, org: int, last: int) -> int:
    """Remove some of the events up to a position, the oldest first; how many went."""
    done: str = await connection.execute(
        """DELETE FROM event WHERE org = $1 AND position <= (SELECT max(position) FROM (
            SELECT position FROM event WHERE org = $1 AND position <= $2
            ORDER BY position LIMIT $3) AS oldest)""",
        org,
        last,
        _FORGOTTEN,
    )
    return int(done.rpartition(" ")[2])
