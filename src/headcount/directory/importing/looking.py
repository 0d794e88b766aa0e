"""The first pass: whether every line can be read, and which names the file has."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from headcount.directory.access import Caller
from headcount.directory.importing.entries import Entry, email_of
from headcount.directory.importing.files import Format, Source
from headcount.directory.importing.ledger import Ledger
from headcount.directory.importing.objects import read_objects
from headcount.directory.importing.people import read_directory
from headcount.directory.importing.tables import read_table
from headcount.store.model import Kind

_SEVERAL = 0  # in the place of a line, for what several rows have


def read(source: Source, caller: Caller) -> Iterator[Entry]:
    """What a file states, one entry after the other.

    Raises:
        InvalidValue: a line cannot be read; it says which, and why.
    """
    match source.format:
        case Format.CSV:
            return read_table(source, caller.types)
        case Format.LDIF:
            return read_directory(source, caller.types, caller.organisation.policy)
        case Format.JSONL:
            return read_objects(source, caller.types)


@dataclass(slots=True)
class Contents:
    """What a file holds, without its rows."""

    accounts: int = 0
    groups: int = 0
    parts: int = 0  # entries that go on with the members of a group
    nameless: int = 0  # accounts that do not say who they are
    refers: bool = False  # entries name one another, as members or managers
    _names: Ledger = field(default_factory=Ledger)

    @property
    def rows(self) -> int:
        """How many accounts and groups there are."""
        return self.accounts + self.groups

    def add(self, entry: Entry, email: str | None) -> None:
        """Take an entry into account."""
        self.refers = self.refers or bool(entry.members or entry.manager)
        if entry.only_members:
            self.parts += 1
            return
        if entry.kind is Kind.USER:
            self.accounts += 1
            self.nameless += not (entry.name or entry.external_id)
        else:
            self.groups += 1
        if entry.name:
            self._names.add(_name(entry.kind, entry.name), entry.line)
        for key in _others(entry.kind, entry.external_id, email):
            if self._names.add(key, entry.line) != entry.line:
                self._names.put(key, _SEVERAL)

    def line_of(self, kind: Kind, name: str) -> int | None:
        """The first line that states somebody of this name."""
        return self._names.get(_name(kind, name))

    def tells_apart(self, kind: Kind, external_id: str | None, email: str | None) -> bool:
        """Whether one row alone has this externalId, or this address."""
        return all(self._names.get(key) != _SEVERAL for key in _others(kind, external_id, email))

    def names(self, kind: Kind, name: str, external_id: str | None, email: str | None) -> bool:
        """Whether any row is about somebody who has one of these."""
        keys = (_name(kind, name), *_others(kind, external_id, email))
        return any(self._names.get(key) is not None for key in keys)


def _name(kind: Kind, name: str) -> str:
    return f"{kind} {name.casefold()}"


def _others(kind: Kind, external_id: str | None, email: str | None) -> Iterator[str]:
    if external_id:
        yield f"id of {kind} {external_id}"
    if email:
        yield f"e-mail {email.casefold()}"


def look_through(source: Source, caller: Caller, *, emails: bool) -> Contents:
    """Read all of a file, and write nothing.

    Args:
        source: the file.
        caller: whose organisation it is for: that says which attributes there are.
        emails: whether people are told apart by e-mail too.

    Raises:
        InvalidValue: a line cannot be read; it says which, and why.
    """
    contents = Contents()
    for entry in read(source, caller):
        contents.add(entry, email_of(entry) if emails else None)
    return contents
