"""Tables that are opened in spreadsheets: CSV that runs nothing."""

import csv
import io
from collections.abc import Iterable

BEGINNING = "\ufeff"
"""A spreadsheet takes a CSV file for UTF-8 by this mark alone; without it, `Zoë` comes out broken.
Who reads by program has the SCIM interface."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as lines of a CSV file (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def cell(value: object) -> str:
    """A value as text, with an apostrophe before what a spreadsheet would take for a formula.

    >>> cell("=1+1"), cell("Ada"), cell(None), cell(True)
    ("'=1+1", 'Ada', '', 'true')
    """
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
