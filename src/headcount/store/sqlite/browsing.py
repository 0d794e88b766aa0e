"""Lists that people page through, in SQLite's words."""

from typing import TypeVar

from headcount.store.browsing import LONGEST_KEY, Member
from headcount.store.model import Kind, OrgId
from headcount.store.paging import Asking
from headcount.store.sqlite.connection import Connection
from headcount.store.streams import Source, Words

T = TypeVar("T")

_DISPLAY = "json_extract(r.keys, '$.displayName')"
_FAMILY = "json_extract(r.keys, '$.name.familyName')"


def _source(index: str, name: str) -> Source:
    """Those who have a name, as far as an index knows it; see `names`."""
    rows = f"resource r INDEXED BY {index} WHERE r.org = ? AND r.kind = 1 AND r.named = 1"
    return Source(f"{rows} AND {name} IS NOT NULL", f"substr({name}, 1, {LONGEST_KEY})", "r.id")


WORDS = Words(
    display=_source("resource_display_name", _DISPLAY),
    family=_source("resource_family_name", _FAMILY),
    emails=Source(
        "listed_value l WHERE l.org = ? AND l.kind = 1 AND l.path = 'emails.value'", "l.key", "l.id"
    ),
    by=" INDEXED BY {}",
    writer="SELECT e.actor FROM event e INDEXED BY event_subject WHERE e.org = ?"
    " AND e.subject = r.id AND e.actor LIKE 'token:%' ORDER BY e.position DESC LIMIT 1",
    all_emails=True,
)
_MEMBERS = """SELECT m.member, m.kind, r.document FROM (
        SELECT member, kind FROM member WHERE org = ?1 AND grp = ?2 AND member > ?3
        ORDER BY member LIMIT ?4) AS m
    LEFT JOIN resource r ON r.org = ?1 AND r.kind = m.kind AND r.id = m.member
    ORDER BY m.member"""


def answered(connection: Connection, asking: Asking[T]) -> T:
    """What comes of asking this database."""
    rows = None
    while True:
        try:
            ask = next(asking) if rows is None else asking.send(rows)
        except StopIteration as done:
            result: T = done.value
            return result
        rows = connection.execute(ask.sql, ask.given).fetchall()


def members_after(
    connection: Connection, org: OrgId, group: str, after: str, limit: int
) -> list[Member]:
    """The direct members of a group behind an id."""
    rows = connection.execute(_MEMBERS, (org, group, after, limit))
    return [
        Member(member, Kind.USER if kind == 1 else Kind.GROUP, document)
        for member, kind, document in rows
    ]
