"""The number of a row, told by the id of what is in it: so that one step leads there, not two."""

from typing import Any

import apsw

_VERSION = "7"

FREE = "(SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM resource WHERE seq = ?1))"
"""The number in the first place of a statement; NULL, for any other, where it is taken."""


def number_of(resource_id: str) -> int | None:
    """The number that a row with this id has, if no other had it before; None for any other id.

    It is the time in a UUID of version 7 with the 20 random bits behind it (RFC 9562 section 5.7),
    so rows stand in the order in which they were made.

    >>> hex(number_of("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"))
    '0x190a1b2c3d4e5f2a'
    >>> number_of("2819c223-7f76-453a-919d-413861904646"), number_of("7")
    (None, None)
    """
    if len(resource_id) != 36 or resource_id[14] != _VERSION:
        return None
    try:
        moment = int(resource_id[:8] + resource_id[9:13], 16)
        high, low = int(resource_id[15:18], 16), int(resource_id[19:22], 16)
    except ValueError:
        return None
    return (moment & 0x7FFFFFFFFFF) << 20 | high << 8 | low >> 2 & 0xFF


def row_of(
    connection: apsw.Connection, at: str, anywhere: str, values: tuple[Any, ...]
) -> tuple[Any, ...] | None:
    """The row of whom the last of the values is the id: where it should be, or where it is.

    Args:
        connection: that reads.
        at: the statement that takes the number behind the values.
        anywhere: the same without it.
        values: what both take.
    """
    row: tuple[Any, ...] | None = None
    if (number := number_of(values[-1])) is not None:
        row = connection.execute(at, (*values, number)).fetchone()
    return connection.execute(anywhere, values).fetchone() if row is None else row
