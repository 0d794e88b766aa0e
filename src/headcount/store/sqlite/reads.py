"""What is read: one part of a list, with the relations of each resource, in one statement."""

from typing import Any

import apsw
from orjson import loads

from headcount.scim.filters import And, Compare, Filter, Op, ValuePath
from headcount.scim.messages import Query
from headcount.scim.paths import AttrPath
from headcount.store.model import EventType, Kind, OrgId, Page, Recorded, Seen, Stored
from headcount.store.sqlite import relations
from headcount.store.sqlite.bookmarks import Bookmarks, Place
from headcount.store.sqlite.filters import Condition, Translator, json_path
from headcount.store.sqlite.points import COLUMNS, NUMBERS

INLINE_OFFSET = 1_000  # a page further down is read in a thread

_OWN = "r.org = ? AND r.kind = ?"
_OWN_COLUMNS = COLUMNS.count(",") + 1
_TOTALS = {
    Kind.USER: "SELECT users, users_gone FROM organisation WHERE id = ?",
    Kind.GROUP: "SELECT groups, groups_gone FROM organisation WHERE id = ?",
}


def _seen(kind: Kind, row: tuple[Any, ...]) -> Seen:
    stored = Stored(kind, *row[:_OWN_COLUMNS])
    if len(row) == _OWN_COLUMNS:
        return Seen(stored)
    related = row[_OWN_COLUMNS]
    return Seen(stored, related.encode() if related else relations.NOTHING)


def is_quick(org: OrgId, kind: Kind, query: Query, bookmarks: Bookmarks) -> bool:
    """Whether a list is answered in microseconds: by an index, a bookmark, or at its beginning."""
    if query.sort_by is not None:
        return False
    if query.where is not None:
        return _is_point(kind, query.where) and not _may_be_long(kind, query)
    if kind is Kind.GROUP:
        return False  # many groups, each with many members
    return query.start <= INLINE_OFFSET or Place(org, kind, query.start) in bookmarks


def _may_be_long(kind: Kind, query: Query) -> bool:
    """Whether a row may bring any number of members along."""
    return kind is Kind.GROUP and query.projection.shows(relations.NAMES[kind])


def _is_point(kind: Kind, where: Filter) -> bool:
    """Whether an index leads to the few rows that a filter can be about."""
    match where:
        case And(left, right):
            return _is_point(kind, left) or _is_point(kind, right)
        case Compare(path, Op.EQ, str(value)) if value:
            return path.names in _POINTS[kind]
        case ValuePath(path, inner):
            return path.names == ("emails",) and _is_point(kind, _within(path, inner))
        case _:
            return False


def _within(path: AttrPath, inner: Filter) -> Filter:
    """The filter in brackets, as if it stood outside."""
    match inner:
        case And(left, right):
            return And(_within(path, left), _within(path, right))
        case Compare(sub, op, value):
            return Compare(path.below(sub.leaf), op, value)
        case _:
            return inner


_POINTS: dict[Kind, set[tuple[str, ...]]] = {
    Kind.USER: {("id",), ("userName",), ("externalId",), ("emails", "value")},
    Kind.GROUP: {("id",), ("displayName",), ("externalId",)},
}


def find(
    connection: apsw.Connection,
    org: OrgId,
    kind: Kind,
    query: Query,
    base: str,
    bookmarks: Bookmarks,
) -> Page:
    """The part of the list that `query` asks for, and how long the whole list is."""
    if query.where is None and query.sort_by is None:
        return _find_all(connection, org, kind, query, base, bookmarks)
    asked = Translator(org, kind, base)
    where = asked.condition(query.where) if query.where else Condition("TRUE")
    order = _order(asked, query)
    seen = []
    if query.count:
        columns, bases = _columns(kind, query, base)
        sql = (
            f"SELECT {columns} FROM resource r WHERE {_OWN} AND {where.sql}"
            f" ORDER BY {order.sql} LIMIT ? OFFSET ?"
        )
        given = (*bases, org, NUMBERS[kind], *where.parameters, *order.parameters)
        rows = connection.execute(sql, (*given, query.count, query.start - 1))
        seen = [_seen(kind, row) for row in rows]
    return Page(_total(connection, org, kind, query, where, len(seen)), seen)


def _columns(kind: Kind, query: Query, base: str) -> tuple[str, list[str]]:
    """What is read of each row, and the values of the question marks in it."""
    if not query.projection.shows(relations.NAMES[kind]):
        return COLUMNS, []
    sql, times = relations.OF_ROW[kind]
    return f"{COLUMNS}, {sql}", [base] * times


def _find_all(
    connection: apsw.Connection,
    org: OrgId,
    kind: Kind,
    query: Query,
    base: str,
    bookmarks: Bookmarks,
) -> Page:
    """A page of the whole list: behind a bookmark, or counted to over the narrow index."""
    total, gone = connection.execute(_TOTALS[kind], (org,)).fetchone() or (0, 0)
    if not query.count:
        return Page(total, [])
    columns, given = _columns(kind, query, base)
    own = (org, NUMBERS[kind])
    before = bookmarks.find(Place(org, kind, query.start), gone) if query.start > 1 else ""
    if before is not None:
        sql = f"SELECT {columns} FROM resource r WHERE {_OWN} AND r.id > ? ORDER BY r.id LIMIT ?"
        rows = connection.execute(sql, (*given, *own, before, query.count))
    else:
        inner = f"SELECT r.seq FROM resource r WHERE {_OWN} ORDER BY r.id LIMIT ? OFFSET ?"
        sql = f"SELECT {columns} FROM resource r WHERE r.seq IN ({inner}) ORDER BY r.id"
        rows = connection.execute(sql, (*given, *own, query.count, query.start - 1))
    seen = [_seen(kind, row) for row in rows]
    if seen:
        place = Place(org, kind, query.start + len(seen))
        bookmarks.put(place, gone, seen[-1].stored.id)
    return Page(total, seen)


_BY_ID = Condition("r.id")


def _order(translator: Translator, query: Query) -> Condition:
    """No value comes last, or first when descending (RFC 7644 section 3.4.2.3); then by id."""
    if query.sort_by is None:
        return _BY_ID
    key = _sort_key(translator, query.sort_by)
    direction = " DESC" if query.descending else ""
    return Condition(
        f"({key.sql}) IS NULL{direction}, {key.sql}{direction}, r.id", key.parameters * 2
    )


def _sort_key(translator: Translator, path: AttrPath) -> Condition:
    """The value to sort by; of a list that of its primary entry, or of its first."""
    names = path.names
    if column := translator.column(names):
        return Condition(column)
    if names[0] == "members":
        return Condition(
            "(SELECT min(m.member) FROM member m WHERE m.org = r.org AND m.grp = r.id)"
        )
    if names[0] == "groups":
        return Condition(
            "(SELECT min(m.grp) FROM member m WHERE m.org = r.org AND m.member = r.id)"
        )
    if names[0] == "meta":
        return Condition("r.id")
    for at, step in enumerate(path.steps):
        if step.multi_valued:
            entries, rest = json_path(path.steps[: at + 1]), path.steps[at + 1 :]
            value = f"json_extract(e.value, '{json_path(rest)}')" if rest else "e.value"
            primary = """json_extract(e.value, '$."primary"') IS TRUE DESC, """ if rest else ""
            return Condition(
                f"(SELECT {value} FROM json_each(r.keys, '{entries}') AS e"
                f" ORDER BY {primary}e.key LIMIT 1)"
            )
    return Condition(f"json_extract(r.keys, '{json_path(path.steps)}')")


def _total(
    connection: apsw.Connection,
    org: OrgId,
    kind: Kind,
    query: Query,
    where: Condition,
    found: int,
) -> int:
    if found < query.count and (found or query.start == 1):
        return query.start - 1 + found
    sql = f"SELECT count(*) FROM resource r WHERE {_OWN} AND {where.sql}"
    count = connection.execute(sql, (org, NUMBERS[kind], *where.parameters)).get
    return int(count)


def members(connection: apsw.Connection, org: OrgId, group: str) -> list[tuple[str, Kind]]:
    """Who is in a group, directly."""
    rows = connection.execute(
        "SELECT member, kind FROM member WHERE org = ? AND grp = ?", (org, group)
    )
    return [(member, Kind.USER if kind == 1 else Kind.GROUP) for member, kind in rows]


def events(connection: apsw.Connection, org: OrgId, position: int, limit: int) -> list[Recorded]:
    """The next events of the feed."""
    rows = connection.execute(
        "SELECT position, type, at, actor, subject, data FROM event"
        " WHERE org = ? AND position > ? ORDER BY position LIMIT ?",
        (org, position, limit),
    )
    return [
        Recorded(at_position, EventType(name), at, actor, subject, loads(data))
        for at_position, name, at, actor, subject, data in rows
    ]
