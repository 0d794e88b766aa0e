"""What an index leads to in microseconds: one resource by its id, or by a name it goes by.

Most requests of an identity provider are one of the two. Their statements are written once, and
relations are read by a second statement where there are any; so the connection has to be in a
transaction.
"""

from typing import Any, NamedTuple

import apsw

from headcount.scim.filters import Compare, Op
from headcount.scim.messages import Query
from headcount.scim.values import comparison_key
from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, OrgId, Page, Seen, Stored
from headcount.store.refusals import not_found
from headcount.store.sqlite import relations

COLUMNS = "r.id, r.version, r.created, r.modified, r.document"


class Wanted(NamedTuple):
    """Which resources are read, and how much of them."""

    org: OrgId
    kind: Kind
    base: str  # what addresses in it begin with
    related: bool = True  # its groups or members, too
    most: int | None = None  # relations; None: however many there are


class TooLong(Exception):
    """It takes longer to read than other requests should wait."""


_NAMED: dict[Kind, dict[tuple[str, ...], str]] = {
    Kind.USER: {("id",): "id", ("userName",): "name", ("externalId",): "external_id"},
    Kind.GROUP: {("id",): "id", ("displayName",): "name", ("externalId",): "external_id"},
}
_SELECT = {
    kind: f"SELECT {COLUMNS}, {count} FROM resource r WHERE r.org = ? AND r.kind = {NUMBERS[kind]}"
    for kind, count in relations.COUNT.items()
}
_GET = {kind: f"{select} AND r.id = ?" for kind, select in _SELECT.items()}
_LOOK_UP = {
    (kind, names): f"{select} AND r.{column} = ? ORDER BY r.id LIMIT ?"
    for kind, select in _SELECT.items()
    for names, column in _NAMED[kind].items()
}


def get(connection: apsw.Connection, wanted: Wanted, resource_id: str) -> Seen:
    """One resource.

    Raises:
        NotFound: there is none with this id.
        TooLong: it has more relations than the reader wants to wait for.
    """
    row = connection.execute(_GET[wanted.kind], (wanted.org, resource_id)).fetchone()
    if row is None:
        raise not_found(wanted.kind, resource_id)
    return _completed(connection, wanted, row)


def look_up(connection: apsw.Connection, wanted: Wanted, query: Query) -> Page | None:
    """The list of those who go by a name, where it is that which `query` asks, and they are few.

    Raises:
        TooLong: one of them has more relations than the reader wants to wait for.
    """
    where = query.where
    if type(where) is not Compare or where.op is not Op.EQ or query.start != 1 or query.after:
        return None
    sql = _LOOK_UP.get((wanted.kind, where.path.names))
    if sql is None or not where.value:
        return None
    key = comparison_key(where.path.leaf, where.value)
    rows = connection.execute(sql, (wanted.org, key, query.count)).fetchall()
    if len(rows) == query.count:  # there may be more, or none was wanted
        return None
    return Page(len(rows), [_completed(connection, wanted, row) for row in rows])


def _completed(connection: apsw.Connection, wanted: Wanted, row: tuple[Any, ...]) -> Seen:
    """A row that ends with the number of its relations, with these relations."""
    number = row[-1]
    stored = Stored(wanted.kind, *row[:-1])
    if not wanted.related:
        return Seen(stored)
    if not number:
        return Seen(stored, relations.NOTHING)
    if wanted.most is not None and number > wanted.most:
        raise TooLong
    return Seen(stored, relations.of_one(connection, wanted.org, stored, wanted.base, number))
