"""Lists that people page through, in PostgreSQL's words."""

from typing import TypeVar

from headcount.store.browsing import LONGEST_KEY, Member
from headcount.store.model import Kind, OrgId
from headcount.store.paging import Asking
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.rows import numbered
from headcount.store.records import readable
from headcount.store.streams import Source, Words

T = TypeVar("T")

_LONGEST_EMAIL = 400
_DISPLAY = "r.keys ->> 'displayName'"
_FAMILY = "r.keys #>> '{name,familyName}'"
_EMAIL = "r.keys #>> '{emails,0,value}'"


def _source(value: str, longest: int) -> Source:
    """Rows that have a value. Its index says so, and thus is of no use for anything else."""
    rows = f"resource r WHERE r.org = ? AND r.kind = 1 AND {value} IS NOT NULL"
    return Source(rows, f'left({value}, {longest}) COLLATE "C"', "r.id")


WORDS = Words(
    display=_source(_DISPLAY, LONGEST_KEY),
    family=_source(_FAMILY, LONGEST_KEY),
    emails=_source(_EMAIL, _LONGEST_EMAIL),
    by="",
    # Ids of resources have another collation than the index of what events are about.
    writer="SELECT e.actor FROM event e WHERE e.org = ?"
    """ AND e.subject = r.id COLLATE "default" AND e.actor LIKE 'token:%'"""
    " ORDER BY e.position DESC LIMIT 1",
    all_emails=False,
    longest_email=_LONGEST_EMAIL,
)
_MEMBERS = """SELECT m.member, m.kind, r.document FROM (
        SELECT member, kind FROM member WHERE org = $1 AND grp = $2 AND member > $3
        ORDER BY member LIMIT $4) AS m
    LEFT JOIN LATERAL (SELECT document FROM resource
        WHERE org = $1 AND kind = m.kind AND id = m.member OFFSET 0) AS r ON TRUE
    ORDER BY m.member"""


async def answered(connection: Connection, asking: Asking[T]) -> T:
    """What comes of asking this database."""
    rows = None
    while True:
        try:
            ask = next(asking) if rows is None else asking.send(rows)
        except StopIteration as done:
            result: T = done.value
            return result
        rows = await connection.fetch(numbered(ask.sql), *ask.given)


async def members_after(
    connection: Connection, org: OrgId, group: str, after: str, limit: int
) -> list[Member]:
    """The direct members of a group behind an id."""
    given = (org, readable(group), readable(after), limit)
    return [
        Member(member, Kind.USER if kind == 1 else Kind.GROUP, document)
        for member, kind, document in await connection.fetch(_MEMBERS, *given)
    ]
