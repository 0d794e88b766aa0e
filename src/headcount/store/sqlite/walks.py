"""A page of a list that is walked with a cursor: it costs the same wherever it begins."""

from typing import Any

from headcount.scim.messages import Position, Query
from headcount.store.filters import NUMBERS, Condition
from headcount.store.model import Kind, OrgId, Page
from headcount.store.order import behind, order_of
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.filters import Translator
from headcount.store.sqlite.rows import OWN, TOTALS, columns_of, seen_in, wanted_of


def walk(connection: Connection, org: OrgId, kind: Kind, query: Query, base: str) -> Page:
    """The page behind `query.after`, and where the next one begins."""
    asked = Translator(org, kind, base)
    where = asked.condition(query.where) if query.where else Condition("TRUE")
    rows = _rows(connection, asked, query, where) if query.count else []
    page, is_over = rows[: query.count], len(rows) <= query.count
    last_key = page[-1][0] if page and query.sort_by else None
    if query.sort_by:
        page = [row[1:] for row in page]
    seen = seen_in(connection, wanted_of(org, kind, query, base), page)
    more = None if is_over else Position(seen[-1].stored.id, last_key)
    total = 0 if query.after else _total(connection, asked, query, where)
    return Page(total, seen, more)


def _rows(
    connection: Connection, asked: Translator, query: Query, where: Condition
) -> list[tuple[Any, ...]]:
    """One more than the page holds, to know whether there is another.

    Where they are sorted by an attribute, each begins with its sort key.
    """
    columns = columns_of(wanted_of(asked.org, asked.kind, query, asked.base))
    key = asked.sort_key(query.sort_by) if query.sort_by else None
    onwards = behind(asked, query, query.after) if query.after else Condition("TRUE")
    order = order_of(asked, query)
    sql = (
        f"SELECT {f'{key.sql}, ' if key else ''}{columns} FROM resource r"
        f" WHERE {OWN} AND ({where.sql}) AND {onwards.sql} ORDER BY {order.sql} LIMIT ?"
    )
    own = (asked.org, NUMBERS[asked.kind])
    given = (*(key.parameters if key else ()), *own, *where.parameters, *onwards.parameters)
    return connection.execute(sql, (*given, *order.parameters, query.count + 1)).fetchall()


def _total(connection: Connection, asked: Translator, query: Query, where: Condition) -> int:
    if query.where is None:
        counted = connection.execute(TOTALS[asked.kind], (asked.org,)).fetchone()
        return int(counted[0]) if counted else 0
    sql = f"SELECT count(*) FROM resource r WHERE {OWN} AND ({where.sql})"
    own = (asked.org, NUMBERS[asked.kind])
    return int(connection.execute(sql, (*own, *where.parameters)).get)
