"""The events of an organisation, as they are read on and forgotten."""

from collections.abc import Collection
from typing import Any

from orjson import dumps, loads

from headcount.store.model import EventType, OrgId, Recorded
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.rows import place_of

_FORGOTTEN = 500  # events at once


def after(connection: Connection, org: OrgId, position: int, limit: int) -> list[Recorded]:
    """The next events of the feed."""
    rows = connection.execute(
        """SELECT e.position, e.type, e.at, e.actor, e.subject, e.data, d.document
        FROM event e LEFT JOIN event_document d ON d.place = (e.org << 40) + e.position
        WHERE e.org = ? AND e.position > ? ORDER BY e.position LIMIT ?""",
        (org, position, limit),
    )
    return [
        Recorded(at_position, EventType(name), at, actor, subject, loads(data), document)
        for at_position, name, at, actor, subject, data, document in rows
    ]


def positions(connection: Connection, orgs: Collection[OrgId]) -> dict[OrgId, int]:
    """The position of the last event of each of the organisations."""
    rows = connection.execute(
        "SELECT id, position FROM organisation WHERE id IN (SELECT value FROM json_each(?))",
        (dumps(list(orgs)).decode(),),
    )
    return {OrgId(org): position for org, position in rows}


def forgettable(connection: Connection, before: str) -> list[tuple[int, int]]:
    """Each organisation with events from before a moment, and the position of the last of them."""
    rows = connection.execute(
        """SELECT o.id, coalesce((SELECT e.position - 1 FROM event e
            WHERE e.org = o.id AND e.at >= ? ORDER BY e.position LIMIT 1), o.position)
        FROM organisation o""",
        (before,),
    )
    return [(org, last) for org, last in rows if last]


def forget(connection: Connection, org: int, last: int) -> int:
    """Remove some of the events up to a position, the oldest first; how many went."""
    found = connection.execute(
        "SELECT position FROM event WHERE org = ? AND position <= ? ORDER BY position LIMIT ?",
        (org, last, _FORGOTTEN),
    ).fetchall()
    if not found:
        return 0
    end: Any = found[-1][0]
    connection.execute("DELETE FROM event WHERE org = ? AND position <= ?", (org, end))
    places = (place_of(org, 0), place_of(org, end))
    connection.execute("DELETE FROM event_document WHERE place BETWEEN ? AND ?", places)
    return len(found)
