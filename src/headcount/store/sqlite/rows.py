"""The rows of a list: which columns are read, and what they become."""

from typing import Any

from headcount.scim.messages import Query
from headcount.store.model import Kind, Seen, Stored
from headcount.store.sqlite import relations
from headcount.store.sqlite.points import COLUMNS

OWN = "r.org = ? AND r.kind = ?"
OWN_COLUMNS = COLUMNS.count(",") + 1
TOTALS = {
    Kind.USER: "SELECT users, users_gone FROM organisation WHERE id = ?",
    Kind.GROUP: "SELECT groups, groups_gone FROM organisation WHERE id = ?",
}


def seen_in(kind: Kind, row: tuple[Any, ...]) -> Seen:
    """The resource in a row, with its relations where they were read."""
    stored = Stored(kind, *row[:OWN_COLUMNS])
    if len(row) == OWN_COLUMNS:
        return Seen(stored)
    related = row[OWN_COLUMNS]
    return Seen(stored, related.encode() if related else relations.NOTHING)


def columns_of(kind: Kind, query: Query, base: str) -> tuple[str, list[str]]:
    """What is read of each row, and the values of the question marks in it."""
    if not query.projection.shows(relations.NAMES[kind]):
        return COLUMNS, []
    sql, times = relations.OF_ROW[kind]
    return f"{COLUMNS}, {sql}", [base] * times
