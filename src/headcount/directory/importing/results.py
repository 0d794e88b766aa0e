"""What became of each entry of a file, and what of it a rehearsal has to count itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headcount.directory import events
from headcount.directory.accounts import is_active, role_of
from headcount.scim.resources import Document
from headcount.scim.schemas import OWNER
from headcount.store.model import Kind, Organisation
from headcount.store.refusals import last_owner, seats_taken


class Result(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EXISTS = "already there"  # and left alone, as was asked for
    MANAGED = "managers set"
    JOINED = "members added"
    DEACTIVATED = "deactivated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Imported:
    """One entry of a file, and what became of it."""

    line: int  # where it begins; 0: somebody who is not in the file
    kind: Kind
    name: str
    result: Result
    id: str | None = None
    changes: Mapping[str, list[Any]] = field(default_factory=dict)
    """Path -> [before, after] of what is there; None where there is no value."""
    joined: int = 0  # members
    detail: str = ""  # why it was refused


def differences(before: Document, after: Document) -> dict[str, list[Any]]:
    """Path -> [before, after], of each attribute that is not the same.

    >>> differences({"active": True, "title": "x"}, {"active": False, "title": "x"})
    {'active': [True, False]}
    """
    return dict(_state(before, after)) | events.changes(before, after)


def _state(before: Document, after: Document) -> Iterator[tuple[str, list[Any]]]:
    for name in ("active", "role"):
        if before.get(name) != after.get(name):
            yield name, [before.get(name), after.get(name)]


@dataclass(slots=True)
class Rehearsal:
    """Counts what batches that were taken back again would have left."""

    organisation: Organisation
    active: int = 0  # more than there were
    owners: int = 0

    def count(self, before: Document, after: Document) -> None:
        """Take a change of an account into account.

        Raises:
            SeatsTaken, LastOwner: with all that came before it, it would be refused.
        """
        active = self.active + is_active(after) - is_active(before)
        owners = self.owners + _owns(after) - _owns(before)
        counts, seats = self.organisation.counts, self.organisation.policy.seats
        if seats is not None and active > self.active and counts.active + active > seats:
            raise seats_taken(seats, counts.active + self.active)
        if owners < self.owners and counts.owners + owners < 1:
            raise last_owner()
        self.active, self.owners = active, owners


def _owns(account: Document) -> bool:
    return is_active(account) and role_of(account) == OWNER
