"""Statements one after the other, each decided from what the ones before found.

What a store does with such rows is written once, as a generator, and run by every store in a
transaction of its own.
"""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

LOCK = "/* lock */"
"""Where a row is read in order to change it: other writers wait, where they do not anyhow."""


class Statement(NamedTuple):
    """SQL with question marks, and their values."""

    sql: str
    values: Sequence[Any] = ()


Steps = Generator[Statement, list[Any], T]
"""Hands out statements and is given the rows of each; what it returns is the result."""
