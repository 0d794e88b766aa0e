"""What an index leads to in microseconds: one resource by its id, or by a name it goes by.

Most requests of an identity provider are one of the two. Their statements are written once, and
relations may be read by a second statement; so the connection has to be in a transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from headcount.scim.filters import Compare, Op
from headcount.scim.messages import Query
from headcount.scim.values import comparison_key
from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, OrgId, Page, Parts, Seen, Stored
from headcount.store.recent import moment_of
from headcount.store.refusals import not_found
from headcount.store.sqlite import relations
from headcount.store.sqlite.connection import Connection, TooLong
from headcount.store.sqlite.numbers import row_of

COLUMNS = "r.id, r.version, r.created, r.modified, r.document"


class Wanted(NamedTuple):
    """Which resources are read, and how much of them."""

    org: OrgId
    kind: Kind
    base: str  # what addresses in it begin with
    related: bool = True  # its groups or members, too


_NAMED: dict[Kind, dict[tuple[str, ...], str]] = {
    Kind.USER: {("id",): "id", ("userName",): "name", ("externalId",): "external_id"},
    Kind.GROUP: {("id",): "id", ("displayName",): "name", ("externalId",): "external_id"},
}
_SELECT = {
    (kind, related): f"SELECT {COLUMNS}, {relations.RELATED[kind] if related else 'NULL'}"
    f" FROM resource r WHERE r.org = ? AND r.kind = {NUMBERS[kind]}"
    for kind in Kind
    for related in (True, False)
}
_GET = {which: f"{select} AND r.id = ?" for which, select in _SELECT.items()}
_GET_AT = {which: f"{select} AND r.seq = ?" for which, select in _GET.items()}
# The plus keeps SQLite from walking along all ids for their order, when few rows have the value.
_LOOK_UP = {
    (kind, related, names): f"{select} AND r.{column} = ? ORDER BY +r.id LIMIT ?"
    for (kind, related), select in _SELECT.items()
    for names, column in _NAMED[kind].items()
}


def get(connection: Connection, wanted: Wanted, resource_id: str) -> Seen:
    """One resource.

    Raises:
        NotFound: there is none with this id.
        TooLong: it has more members than the connection should read.
    """
    which = (wanted.kind, wanted.related)
    row = row_of(connection, _GET_AT[which], _GET[which], (wanted.org, resource_id))
    if row is None:
        raise not_found(wanted.kind, resource_id)
    return seen_in(connection, wanted, (row,))[0]


def look_up(connection: Connection, wanted: Wanted, query: Query) -> Page | None:
    """The list of those who go by a name, where it is that which `query` asks, and they are few.

    Raises:
        TooLong: they have more members than the connection should read.
    """
    where = query.where
    if type(where) is not Compare or where.op is not Op.EQ or query.start != 1 or query.after:
        return None
    sql = _LOOK_UP.get((wanted.kind, wanted.related, where.path.names))
    if sql is None or not where.value:
        return None
    key = comparison_key(where.path.leaf, where.value)
    rows = connection.execute(sql, (wanted.org, key, query.count)).fetchall()
    if len(rows) == query.count:  # there may be more, or none was wanted
        return None
    return Page(len(rows), seen_in(connection, wanted, rows))


def seen_in(connection: Connection, wanted: Wanted, rows: Sequence[tuple[Any, ...]]) -> list[Seen]:
    """The resources in rows that end with what they tell of their relations.

    Each tuple is made the short way.
    """
    made, kind = tuple.__new__, wanted.kind
    if not wanted.related:
        return [made(Seen, (made(Stored, (kind, *row[:-1])), None)) for row in rows]
    if kind is Kind.GROUP:
        return _groups_in(connection, wanted, rows)
    org, base = wanted.org, wanted.base
    known: Mapping[str, bytes] | None = None
    seen = []
    for resource_id, version, created, modified, document, told in rows:
        groups = relations.NOTHING
        if told is not None:
            if known is None:
                known = relations.known_groups(connection, org, base)
            groups = known.get(told) or relations.groups_of(
                connection, org, resource_id, told, base
            )
        stored = made(Stored, (kind, resource_id, version, created, modified, document))
        seen.append(made(Seen, (stored, groups)))
    return seen


def _groups_in(
    connection: Connection, wanted: Wanted, rows: Sequence[tuple[Any, ...]]
) -> list[Seen]:
    """The groups in rows. Together they bring no more members than the connection should read."""
    room = connection.room
    seen = []
    for row in rows:
        stored, number = Stored(wanted.kind, *row[:-1]), row[-1]
        moment = moment_of(wanted.org, stored, wanted.base)
        members: bytes | Parts | None = connection.recent.get(moment) if number else b"[]"
        if members is None and number <= room:
            room -= number
            members = relations.members_of(connection, wanted.org, stored.id, wanted.base)
            connection.recent.put(moment, members)
        if members is None:
            members = _in_parts(connection, wanted, stored.id)
        seen.append(Seen(stored, members))
    return seen


def _in_parts(connection: Connection, wanted: Wanted, group: str) -> Parts:
    if connection.lease is None:
        raise TooLong
    return connection.lease.members(wanted.org, group, wanted.base)
