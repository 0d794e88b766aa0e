"""The rows of a list: which columns are read, and what they become."""

from collections.abc import Sequence
from typing import Any

import apsw

from headcount.scim.messages import Query
from headcount.store.model import Kind, OrgId, Seen, Stored
from headcount.store.sqlite import relations
from headcount.store.sqlite.points import COLUMNS, Wanted

OWN = "r.org = ? AND r.kind = ?"
TOTALS = {
    Kind.USER: "SELECT users, users_gone FROM organisation WHERE id = ?",
    Kind.GROUP: "SELECT groups, groups_gone FROM organisation WHERE id = ?",
}


def wanted_of(org: OrgId, kind: Kind, query: Query, base: str) -> Wanted:
    """What `query` wants of each resource."""
    return Wanted(org, kind, base, query.projection.shows(relations.NAMES[kind]))


def columns_of(wanted: Wanted) -> tuple[str, list[str]]:
    """What is read of each row, and the values of the question marks in it."""
    if wanted.kind is Kind.USER or not wanted.related:
        return COLUMNS, []
    return f"{COLUMNS}, {relations.MEMBERS_OF_ROW}", [wanted.base]


def seen_in(
    connection: apsw.Connection, wanted: Wanted, rows: Sequence[tuple[Any, ...]]
) -> list[Seen]:
    """The resources in rows, with their relations. Each tuple is made the short way."""
    made, kind = tuple.__new__, wanted.kind
    if not wanted.related:
        return [made(Seen, (made(Stored, (kind, *row)), None)) for row in rows]
    if kind is Kind.GROUP:
        return [
            made(Seen, (made(Stored, (kind, *row[:-1])), (row[-1] or "[]").encode()))
            for row in rows
        ]
    groups = relations.of_accounts(connection, wanted.org, [row[0] for row in rows], wanted.base)
    return [
        made(Seen, (made(Stored, (kind, *row)), groups.get(row[0], relations.NOTHING)))
        for row in rows
    ]
