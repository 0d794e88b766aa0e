"""What is read: one part of a list, with the relations of each resource, in one statement."""

from headcount.scim.filters import And, Compare, Filter, Op, ValuePath
from headcount.scim.messages import Query
from headcount.scim.paths import AttrPath
from headcount.store.bookmarks import Bookmarks, Place
from headcount.store.filters import NUMBERS, Condition
from headcount.store.model import RELATIONS, Kind, OrgId, Page, Seen
from headcount.store.order import order_of
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.filters import Translator
from headcount.store.sqlite.rows import OWN, TOTALS, columns_of, seen_in, wanted_of
from headcount.store.sqlite.walks import walk

INLINE_OFFSET = 1_000  # a page further down is read in a thread


def is_quick(org: OrgId, kind: Kind, query: Query, bookmarks: Bookmarks) -> bool:
    """Whether a list is answered in microseconds: by an index, a bookmark, or at its beginning."""
    if query.sort_by is not None:
        return False
    if query.where is not None:
        return _is_point(kind, query.where) and not _may_be_long(kind, query)
    if _may_be_long(kind, query):
        return False
    if query.cursor is not None:
        return True
    return query.start <= INLINE_OFFSET or Place(org, kind, query.start) in bookmarks


def _may_be_long(kind: Kind, query: Query) -> bool:
    """Whether a row may bring any number of members along."""
    return kind is Kind.GROUP and query.projection.shows(RELATIONS[kind])


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
    connection: Connection,
    org: OrgId,
    kind: Kind,
    query: Query,
    base: str,
    bookmarks: Bookmarks,
) -> Page:
    """The part of the list that `query` asks for, and how long the whole list is."""
    if query.cursor is not None:
        return walk(connection, org, kind, query, base)
    if query.where is None and query.sort_by is None:
        return _find_all(connection, org, kind, query, base, bookmarks)
    asked = Translator(org, kind, base)
    where = asked.condition(query.where) if query.where else Condition("TRUE")
    order = order_of(asked, query)
    if query.where and query.sort_by is None and _is_point(kind, query.where):
        order = Condition("+r.id")  # or SQLite walks along all ids for their order
    seen: list[Seen] = []
    if query.count:
        wanted = wanted_of(org, kind, query, base)
        sql = (
            f"SELECT {columns_of(wanted)} FROM resource r WHERE {OWN} AND {where.sql}"
            f" ORDER BY {order.sql} LIMIT ? OFFSET ?"
        )
        given = (org, NUMBERS[kind], *where.parameters, *order.parameters)
        rows = connection.execute(sql, (*given, query.count, query.start - 1)).fetchall()
        seen = seen_in(connection, wanted, rows)
    return Page(_total(connection, org, kind, query, where, len(seen)), seen)


def _find_all(
    connection: Connection,
    org: OrgId,
    kind: Kind,
    query: Query,
    base: str,
    bookmarks: Bookmarks,
) -> Page:
    """A page of the whole list: behind a bookmark, or counted to over the narrow index."""
    total, gone = connection.execute(TOTALS[kind], (org,)).fetchone() or (0, 0)
    if not query.count:
        return Page(total, [])
    wanted = wanted_of(org, kind, query, base)
    columns = columns_of(wanted)
    own = (org, NUMBERS[kind])
    before = bookmarks.find(Place(org, kind, query.start), gone) if query.start > 1 else ""
    if before is not None:
        sql = f"SELECT {columns} FROM resource r WHERE {OWN} AND r.id > ? ORDER BY r.id LIMIT ?"
        rows = connection.execute(sql, (*own, before, query.count))
    else:
        sql = f"SELECT {columns} FROM resource r WHERE {OWN} ORDER BY r.id LIMIT ? OFFSET ?"
        rows = connection.execute(sql, (*own, query.count, query.start - 1))
    seen = seen_in(connection, wanted, rows.fetchall())
    if seen:
        place = Place(org, kind, query.start + len(seen))
        bookmarks.put(place, gone, seen[-1].stored.id)
    return Page(total, seen)


def _total(
    connection: Connection,
    org: OrgId,
    kind: Kind,
    query: Query,
    where: Condition,
    found: int,
) -> int:
    if found < query.count and (found or query.start == 1):
        return query.start - 1 + found
    sql = f"SELECT count(*) FROM resource r WHERE {OWN} AND {where.sql}"
    count = connection.execute(sql, (org, NUMBERS[kind], *where.parameters)).get
    return int(count)


def members(connection: Connection, org: OrgId, group: str) -> list[tuple[str, Kind]]:
    """Who is in a group, directly."""
    rows = connection.execute(
        "SELECT member, kind FROM member WHERE org = ? AND grp = ?", (org, group)
    )
    return [(member, Kind.USER if kind == 1 else Kind.GROUP) for member, kind in rows]
