"""Statements one after the other, each decided from what the ones before found.

What a store does with such rows is written once, and run by every store.
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")

LOCK = "/* lock */"
"""Where a row is read in order to change it: other writers wait, where they do not anyhow."""

LARGEST = 2**62
"""More than any number of an organisation, or of a row."""


class Statement(NamedTuple):
    """SQL with question marks, and their values."""

    sql: str
    values: Sequence[Any] = ()


Steps = Generator[Statement, list[Any], T]
"""Hands out statements and is given the rows of each; what it returns is the result."""


class Clash(Exception):
    """Two rows would have had the same key. It is raised where the statement was handed out."""


async def take(
    steps: Steps[T], execute: Callable[[Statement], Awaitable[list[Any]]], clash: type[Exception]
) -> T:
    """Take the steps, one after the other; their result.

    Args:
        steps: of one transaction, which somebody else begins and ends.
        execute: runs a statement, and returns its rows.
        clash: what it raises where two rows would have had the same key.
    """
    try:
        statement = next(steps)
        while True:
            try:
                found = await execute(statement)
            except clash:
                statement = steps.throw(Clash())
            else:
                statement = steps.send(found)
    except StopIteration as end:
        result: T = end.value
        return result


class Rows(Protocol):
    """How a store reads and writes rows. What was written is on disk when the call returns."""

    async def read(self, sql: str, *values: Any) -> list[Any]:
        """The rows that one statement finds."""

    async def write(self, sql: str, *values: Any) -> list[Any]:
        """Run one statement that writes; the rows that it returns."""

    async def run(self, steps: Steps[T]) -> T:
        """The result of the steps, which are one transaction."""


def span(org: int | None) -> tuple[int, int]:
    """The first and the last number: of one organisation, or of all.

    >>> span(7), span(None) == (0, LARGEST)
    ((7, 7), True)
    """
    return (0, LARGEST) if org is None else (org, org)
