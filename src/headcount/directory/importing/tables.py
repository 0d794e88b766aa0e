"""Accounts out of a CSV file: the first line names the columns."""

import csv
from collections.abc import Iterator, Sequence

from headcount.directory.importing.columns import CLEAR, COLUMNS, Column, column
from headcount.directory.importing.entries import Entry, broken
from headcount.directory.importing.files import Source
from headcount.directory.types import Types
from headcount.errors import InvalidValue
from headcount.store.model import Kind

_DELIMITERS = ",;\t"  # a spreadsheet writes `;` where a comma is in numbers
_NAME, _EXTERNAL_ID = "username", "externalid"


class _Lines:
    """Lines as the csv module takes them; remembers the number of the last one."""

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.number, text = next(self._lines)
        return text


def read_table(source: Source, types: Types) -> Iterator[Entry]:
    """The accounts of a CSV file.

    Raises:
        InvalidValue: the header names a column that nobody knows, or lacks `userName`; a line has
            another number of cells, or quotes that do not fit.
    """
    lines = _Lines(source)
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _rows(lines, first, delimiter)
    _, header = next(rows, (1, []))
    columns = _columns(header, types)
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            raise broken(
                number,
                f"it has {_cells(len(row))}, and the first line names {_cells(len(columns))}; put"
                f" a value that holds {delimiter!r} in double quotes",
            )
        yield _entry(number, columns, row)


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _rows(lines: _Lines, first: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows, each with the number of the line on which it begins."""

    def texts() -> Iterator[str]:
        if first:
            yield first
        yield from lines

    reader = csv.reader(texts(), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for row in reader:
            yield begins, row
            begins = lines.number + 1
    except csv.Error as wrong:
        raise broken(begins, f"{_told(wrong)}; write a quote within quotes twice") from None


def _told(wrong: csv.Error) -> str:
    text = str(wrong)
    if "unexpected end" in text or "field larger" in text:
        return "a quote begins here and does not end"
    if "expected after" in text:
        return "something stands behind a closing quote"
    return text


def _columns(header: Sequence[str], types: Types) -> list[Column]:
    """What the cells of each row are about."""
    columns: list[Column] = []
    for place, cell in enumerate(header, start=1):
        heading = cell.strip()
        if not heading:
            raise broken(1, f"column {place} has no name")
        try:
            columns.append(column(heading, types[Kind.USER]))
        except InvalidValue as unknown:
            raise broken(1, unknown.detail) from None
    names = [one.heading.casefold() for one in columns]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise broken(1, f"the column {twice!r} is there twice")
    if _NAME not in names:
        raise broken(1, f"it must name the columns, and userName among them: {', '.join(COLUMNS)}")
    return columns


def _entry(number: int, columns: Sequence[Column], row: Sequence[str]) -> Entry:
    cells = {one.heading.casefold(): cell.strip() for one, cell in zip(columns, row, strict=True)}
    name = "" if cells[_NAME] == CLEAR else cells[_NAME]
    external_id = cells.get(_EXTERNAL_ID) or None
    try:
        found = [one.setting(cell) for one, cell in zip(columns, row, strict=True)]
    except InvalidValue as wrong:
        return Entry(number, Kind.USER, name, external_id, refused=wrong.detail)
    settings = tuple(one for one in found if one is not None)
    return Entry(number, Kind.USER, name, None if external_id == CLEAR else external_id, settings)
