"""Accounts from before provisioning, out of a CSV file."""

import asyncio
import csv
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from headcount.directory.access import Caller
from headcount.directory.directory import Directory
from headcount.errors import InvalidValue, ScimError, Taken
from headcount.scim.resources import Document, read_resource
from headcount.scim.schemas import USER_TYPE
from headcount.store.model import Kind

COLUMNS = (
    "userName",
    "givenName",
    "familyName",
    "displayName",
    "email",
    "role",
    "active",
    "externalId",
)

_AT_ONCE = 64  # rows under way

_PLAIN = ("userName", "displayName", "role", "externalId")
_BOOLEANS = {
    "": None,
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}


class Result(StrEnum):
    """What became of a row."""

    CREATED = "created"
    EXISTS = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Imported:
    """One row of the file, and what became of it."""

    line: int  # in the file; the header is line 1
    user_name: str
    result: Result
    detail: str = ""


def read_rows(lines: Iterable[str]) -> Iterable[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV file with a header, each with the number of its line.

    Raises:
        InvalidValue: the header lacks `userName`, or names a column that nobody knows.
    """
    reader = csv.reader(lines)
    known = {column.casefold(): column for column in COLUMNS}
    header = [cell.strip() for cell in next(reader, [])]
    columns = [known.get(cell.removeprefix("\ufeff").casefold()) for cell in header]
    if unknown := [cell for cell, column in zip(header, columns, strict=True) if column is None]:
        raise InvalidValue(f"unknown column {unknown[0]!r}; the columns are: {', '.join(COLUMNS)}")
    if "userName" not in columns:
        raise InvalidValue(
            f"the first line must name the columns, and userName among them: {', '.join(COLUMNS)}"
        )
    for row in reader:
        if any(cell.strip() for cell in row):
            cells = zip(columns, row, strict=False)
            yield reader.line_num, {column: cell.strip() for column, cell in cells if column}


def account_of(row: Mapping[str, str]) -> Document:
    """The account that a row states.

    Raises:
        InvalidValue: `active` is neither true nor false, or the role does not exist.

    >>> account_of({"userName": "ada", "givenName": "Ada", "email": "ada@acme.test"})["name"]
    {'givenName': 'Ada'}
    """
    active = row.get("active", "").casefold()
    if active not in _BOOLEANS:
        raise InvalidValue(f"active must be true or false, not {row['active']!r}")
    body: Document = {name: row.get(name, "") for name in _PLAIN}
    body["name"] = {part: row.get(part, "") for part in ("givenName", "familyName")}
    body["active"] = _BOOLEANS[active]
    if row.get("email"):
        body["emails"] = [{"value": row["email"], "type": "work", "primary": True}]
    return read_resource(body, USER_TYPE)


async def import_accounts(
    directory: Directory, caller: Caller, rows: Iterable[tuple[int, Mapping[str, str]]]
) -> AsyncIterator[Imported]:
    """Create an account for each row; one that is refused stops nobody else.

    Rows are sent a few at a time, so that the store can write them with one fsync.
    """
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        for imported in await asyncio.gather(
            *(_import_row(directory, caller, line, row) for line, row in some)
        ):
            yield imported


async def _import_row(
    directory: Directory, caller: Caller, line: int, row: Mapping[str, str]
) -> Imported:
    name = row.get("userName", "")
    try:
        await directory.create(caller, Kind.USER, account_of(row))
    except Taken:
        return Imported(line, name, Result.EXISTS)
    except ScimError as refused:
        return Imported(line, name, Result.REFUSED, refused.detail)
    return Imported(line, name, Result.CREATED)
