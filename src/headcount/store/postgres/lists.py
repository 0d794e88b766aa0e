"""What is read in parts: lists by number or with a cursor, members."""

from typing import Any

from headcount.scim.messages import Position, Query
from headcount.store.bookmarks import Bookmarks, Place
from headcount.store.filters import NUMBERS, Condition
from headcount.store.model import RELATIONS, Kind, OrgId, Page
from headcount.store.order import behind, order_of
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.filters import Translator
from headcount.store.postgres.rows import OWN, columns, numbered, own, seen_in

_TOTALS = {Kind.USER: "t.users, t.users_gone", Kind.GROUP: "t.groups, t.groups_gone"}
_KEY = 2  # in the rows of a list, what goes before the columns of the resource


async def find(
    connection: Connection, org: OrgId, kind: Kind, query: Query, base: str, bookmarks: Bookmarks
) -> Page:
    """The part of the list that `query` asks for, and how long the whole list is."""
    if query.cursor is not None:
        return await _walk(connection, org, kind, query, base)
    if query.where is None and query.sort_by is None:
        return await _find_all(connection, org, kind, query, base, bookmarks)
    asked = Translator(org, kind, base)
    where = _where(asked, query)
    seen = []
    if query.count:
        read, bases = _columns(kind, query, base)
        order = order_of(asked, query)
        sql = (
            f"SELECT {read} FROM {_rows(asked, where)} ORDER BY {order.sql}"
            f" LIMIT {query.count} OFFSET ?"
        )
        given = [*bases, *own(org, kind, where.parameters, order.parameters), query.start - 1]
        rows = await connection.fetch(numbered(sql), *given)
        seen = [seen_in(kind, row, related=bool(bases)) for row in rows]
    if len(seen) < query.count and (seen or query.start == 1):
        return Page(query.start - 1 + len(seen), seen)
    return Page(await _count(connection, asked, where), seen)


def _where(asked: Translator, query: Query) -> Condition:
    return asked.condition(query.where) if query.where else Condition("TRUE")


def _rows(asked: Translator, where: Condition, onwards: str = "TRUE") -> str:
    """The rows of a list, in no order.

    Those that the index of keys leads to are found first: else the server may walk through
    everybody in the order that is wanted.
    """
    if not asked.narrowed:
        return f"resource r WHERE {OWN} AND ({where.sql}) AND {onwards}"
    found = f"SELECT * FROM resource r WHERE {OWN} AND ({where.sql}) AND {onwards} OFFSET 0"
    return f"({found}) AS r"


def _columns(kind: Kind, query: Query, base: str) -> tuple[str, list[Any]]:
    """What is read of each row, and the values of the question marks in it."""
    if not query.projection.shows(RELATIONS[kind]):
        return columns(kind, None), []
    read = columns(kind, "CAST(? AS TEXT)")
    return read, [base] * read.count("?")


async def _count(connection: Connection, asked: Translator, where: Condition) -> int:
    sql = numbered(f"SELECT count(*) FROM resource r WHERE {OWN} AND ({where.sql})")
    return int(await connection.fetchval(sql, *own(asked.org, asked.kind, where.parameters)))


async def _find_all(
    connection: Connection, org: OrgId, kind: Kind, query: Query, base: str, bookmarks: Bookmarks
) -> Page:
    """A page of the whole list, behind a bookmark that still holds, or counted to."""
    place = Place(org, kind, query.start)
    remembered = bookmarks.last(place) if query.start > 1 else (None, "")
    rows = await _all(connection, org, kind, query, base, remembered[1] if remembered else None)
    if remembered and remembered[0] not in {None, rows[0][1]}:  # somebody was deleted since
        rows = await _all(connection, org, kind, query, base, None)
    total, gone = (rows[0][0], rows[0][1]) if rows else (0, 0)
    related = query.projection.shows(RELATIONS[kind])
    seen = [seen_in(kind, row, related=related, first=_KEY) for row in rows if row[_KEY]]
    if seen:
        bookmarks.put(place._replace(start=query.start + len(seen)), gone, seen[-1].stored.id)
    return Page(total, seen)


async def _all(
    connection: Connection, org: OrgId, kind: Kind, query: Query, base: str, after: str | None
) -> list[Any]:
    """Totals and rows in one round trip; a row without a resource where the page is empty."""
    read, bases = _columns(kind, query, base)
    given: list[Any]
    mine = f"r.org = t.org AND r.kind = {NUMBERS[kind]}"
    if after is None:  # counted over the narrow index, and then read one by one
        page = (
            f"SELECT p.* FROM (SELECT r.id FROM resource r WHERE {mine} ORDER BY r.id"
            f" LIMIT {query.count} OFFSET ?) AS i CROSS JOIN LATERAL (SELECT {read}"
            f" FROM resource r WHERE {mine} AND r.id = i.id OFFSET 0) AS p ORDER BY i.id"
        )
        given = [query.start - 1, *bases, org]
    else:
        page = f"SELECT {read} FROM resource r WHERE {mine} AND r.id > ? ORDER BY r.id"
        page += f" LIMIT {query.count}"
        given = [*bases, after, org]
    sql = (
        f"SELECT {_TOTALS[kind]}, p.* FROM tally t LEFT JOIN LATERAL ({page}) AS p ON TRUE"
        " WHERE t.org = ?"
    )
    return list(await connection.fetch(numbered(sql), *given))


async def _walk(connection: Connection, org: OrgId, kind: Kind, query: Query, base: str) -> Page:
    """The page behind `query.after`, and where the next one begins (RFC 9865)."""
    asked = Translator(org, kind, base)
    where = _where(asked, query)
    rows = await _onwards(connection, asked, query, where) if query.count else []
    page, over = rows[: query.count], rows[query.count :]
    related = query.projection.shows(RELATIONS[kind])
    seen = [seen_in(kind, row, related=related, first=1) for row in page]
    more = Position(seen[-1].stored.id, page[-1][0]) if over else None
    if query.after:
        return Page(0, seen, more)
    if query.where is None:
        sql = f"SELECT {_TOTALS[kind]} FROM tally t WHERE org = $1"
        return Page(int(await connection.fetchval(sql, org) or 0), seen, more)
    return Page(await _count(connection, asked, where), seen, more)


async def _onwards(
    connection: Connection, asked: Translator, query: Query, where: Condition
) -> list[Any]:
    """One more than the page holds, to know whether there is another; each with its sort key."""
    read, bases = _columns(asked.kind, query, asked.base)
    key = asked.sort_key(query.sort_by) if query.sort_by else Condition("NULL::TEXT")
    onwards = behind(asked, query, query.after) if query.after else Condition("TRUE")
    order = order_of(asked, query)
    sql = (
        f"SELECT {key.sql}, {read} FROM {_rows(asked, where, onwards.sql)}"
        f" ORDER BY {order.sql} LIMIT {query.count + 1}"
    )
    given = own(asked.org, asked.kind, where.parameters, onwards.parameters, order.parameters)
    return list(await connection.fetch(numbered(sql), *key.parameters, *bases, *given))


async def members(connection: Connection, org: OrgId, group: str) -> list[tuple[str, Kind]]:
    """Who is in a group, directly."""
    rows = await connection.fetch(
        "SELECT member, kind FROM member WHERE org = $1 AND grp = $2", org, group
    )
    return [(row[0], Kind.USER if row[1] == 1 else Kind.GROUP) for row in rows]
