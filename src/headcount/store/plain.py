"""Statements by which rows are copied of tables that are alike in every store.

They are the same for every store; values in the order of their places.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from headcount.store.copying import LAYOUTS, MOST_ROWS, UNTOLD, Few, PlainRow, Table


def _next(table: Table) -> str:
    """The statement for a chunk: the next rows behind a key. No row is large."""
    columns, key = LAYOUTS[table]
    places = ", ".join("?" * LAYOUTS[table].width)
    return f"""SELECT {columns} FROM {table.value} WHERE org = ? AND ({key}) > ({places})
        ORDER BY {key} LIMIT {MOST_ROWS}"""


def _few(table: Few, which: str) -> str:
    columns, key = LAYOUTS[table]
    return f"SELECT {columns} FROM {table.value} WHERE {which} ORDER BY {key}"


COUNT = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table.value})" for table in UNTOLD)
NEXT = {table: _next(table) for table in UNTOLD}
FEW = {table: _few(table, "org = ?") for table in Few}
KEYS = {Few.KEYS: _few(Few.KEYS, "org IS NULL")}
FORGET_KEYS = "DELETE FROM api_key WHERE org IS NULL"
HIDE = tuple(f"DELETE FROM {table} WHERE org = ?" for table in ("token", *Few))
"""What an organisation has few of goes with it."""


def columns_of(table: Table | Few) -> str:
    """The columns of a table that are written, with the organisation as the first."""
    return f"org, {LAYOUTS[table].columns}"


def values_of(org: int | None, rows: Iterable[PlainRow]) -> list[tuple[Any, ...]]:
    """What is written of rows, for the columns of `columns_of`."""
    return [(org, *row.values) for row in rows]


def by_table(few: Sequence[PlainRow]) -> Iterator[tuple[Few, list[PlainRow]]]:
    """The rows of each table that has any."""
    for table in Few:
        if rows := [row for row in few if row.table is table]:
            yield table, rows
