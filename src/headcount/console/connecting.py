"""What pages ask of connectors. Connectors are a room beside, so the operations are handed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from headcount.store.connectors import Connector


class Change(NamedTuple):
    """One thing that would be done at the application."""

    what: str
    whom: str
    why: str


class LeftAlone(NamedTuple):
    """Something that stays as it is there."""

    whom: str
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a connector would do: all of it in numbers, and the first changes one by one."""

    counts: Mapping[str, int]  # by what is done
    changes: Sequence[Change]
    more_changes: int
    left_alone: Sequence[LeftAlone]
    more_left_alone: int
    adopted: int
    unknown: int
    protected: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What the key of a connector may do, for people."""

    facts: Mapping[str, str]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Applying:
    """How far an application of all changes is, or how it ended where that was not well."""

    runs: bool
    detail: str  # what it does now, or why it ended; empty: it broke off


@dataclass(frozen=True, slots=True)
class Seen:
    """A connector, and how it does."""

    connector: Connector
    behind: int | None = None  # events that it has not dealt with; None: it was not applied yet
    trouble: str = ""  # why it is stuck
    applying: Applying | None = None


class Connecting(Protocol):
    """The operations on connectors. Each raises `NotFound` where there is no such connector."""

    async def all(self, slug: str) -> Sequence[Seen]:
        """Those of an organisation, by name."""

    async def one(self, slug: str, name: str) -> Seen:
        """One of them."""

    async def check(self, slug: str, name: str) -> Checked:
        """Come in with the key, and see what it may do; `Unavailable` where that fails."""

    async def plan(self, slug: str, name: str) -> Comparison:
        """Compare both sides, and change nothing; `Unavailable` where the other cannot be read."""

    async def apply(self, slug: str, name: str, *, actor: str) -> None:
        """Begin to make every change, and return at once; `InUse` where that goes on already."""

    async def switch(self, slug: str, name: str, *, on: bool, actor: str) -> None:
        """Whether it follows the events by itself."""

    async def remove(self, slug: str, name: str, *, actor: str) -> None:
        """Forget it and its key; in the application everything stays."""
