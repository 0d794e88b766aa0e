"""Many rows in few statements: each asks the event loop for the interpreter once more."""

from collections.abc import Iterator, Sequence
from typing import Any

import apsw

_AT_ONCE = (32, 16, 8, 4, 2, 1)  # rows of one statement: each number is one that is kept prepared

Values = tuple[Any, ...]


def insert(connection: apsw.Connection, into: str, rows: Sequence[Values]) -> None:
    """Write rows, in order.

    Args:
        connection: in a transaction.
        into: the statement up to its `VALUES`.
        rows: values, as many in each row.
    """
    for part in _parts(rows):
        row = f"({', '.join('?' * len(part[0]))})"
        values = [value for one in part for value in one]
        connection.execute(f"{into} {', '.join([row] * len(part))}", values)


def insert_numbered(connection: apsw.Connection, into: str, rows: Sequence[Values]) -> list[int]:
    """Write rows, in order, into a table that numbers them; their numbers.

    Nobody else writes meanwhile, so the numbers that one statement gives follow each other.
    """
    numbers: list[int] = []
    for part in _parts(rows):
        insert(connection, into, part)
        last = connection.last_insert_rowid()
        numbers += range(last - len(part) + 1, last + 1)
    return numbers


def _parts(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """The rows in parts, of few different lengths.

    >>> [len(part) for part in _parts([()] * 51)]
    [32, 16, 2, 1]
    """
    first = 0
    for size in _AT_ONCE:
        while len(rows) - first >= size:
            yield rows[first : first + size]
            first += size
