"""What a row, a record or a line of a file states, whatever the form of the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from headcount.errors import InvalidValue, ScimError
from headcount.scim.attributes import Attribute
from headcount.scim.dialect import Dialect, quoted_only, refuse
from headcount.scim.operations import Operation, PatchOp, Target
from headcount.scim.patch import apply
from headcount.scim.paths import AttrPath, resolve
from headcount.scim.resources import Document
from headcount.store.model import Kind

MAKING = Dialect(resolve, refuse, refuse, quoted_only, forgiving=True)
"""By the book, but a value filter that nothing fits makes an entry: `emails[type eq "home"]`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One attribute gets a value; None takes the value away."""

    target: Target
    value: Any

    def operation(self, _: Document) -> Operation:
        """What this does to any document."""
        op = PatchOp.REMOVE if self.value is None else PatchOp.REPLACE
        return Operation(op, self.target, self.value)


@dataclass(frozen=True, slots=True)
class MainSetting:
    """The entry of one type in a list, such as the work address, gets a value; others stay."""

    attribute: Attribute
    type: str
    value: str | None
    primary: bool = False  # the primary entry is the one that is meant, whatever its type

    def operation(self, document: Document) -> Operation:
        """What this does to a document: the whole list, as it shall be."""
        entries = [dict(entry) for entry in document.get(self.attribute.name) or ()]
        place = self._place(entries)
        if place is not None and self.value is None:
            del entries[place]
        elif place is not None:
            entries[place]["value"] = self.value
        elif self.value is not None:
            made: Document = {"value": self.value, "type": self.type}
            entries.append({**made, "primary": True} if self.primary else made)
        return Operation(PatchOp.REPLACE, Target(AttrPath((self.attribute,))), entries)

    def _place(self, entries: list[Document]) -> int | None:
        kinds = [str(entry.get("type", "")).casefold() == self.type for entry in entries]
        main = [self.primary and entry.get("primary") is True for entry in entries]
        return next((i for found in (main, kinds) for i, fits in enumerate(found) if fits), None)


AnySetting: TypeAlias = Setting | MainSetting


@dataclass(frozen=True, slots=True)
class Entry:
    """One account or group that a file states, or some more members of a group."""

    line: int  # where it begins; the first line of a file is line 1
    kind: Kind
    name: str  # userName or displayName; empty: it has none
    external_id: str | None = None
    settings: tuple[AnySetting, ...] = ()
    keys: tuple[str, ...] = ()  # what others in the file call it
    members: tuple[str, ...] = ()  # what they are called in the file
    manager: str | None = None  # what the manager is called in the file
    refused: str | None = None  # why it cannot be what it says

    @property
    def only_members(self) -> bool:
        """Whether it goes on with the members of a group that came before."""
        return self.kind is Kind.GROUP and not self.settings and self.refused is None


def operations(settings: Iterable[AnySetting], before: Document) -> list[Operation]:
    """What the settings do to a document, one after the other; the document becomes that.

    Raises:
        InvalidValue, Mutability: a value does not fit, or cannot be taken away.
    """
    done = []
    for setting in settings:
        operation = setting.operation(before)
        apply(before, operation, MAKING)
        done.append(operation)
    return done


def stated(entry: Entry) -> Document:
    """What an entry states, as a resource that was not there before.

    Raises:
        InvalidValue: a value does not fit.
    """
    if entry.refused is not None:
        raise InvalidValue(entry.refused)
    document: Document = {}
    operations(entry.settings, document)
    return document


def email_of(entry: Entry) -> str | None:
    """The main address that an entry states; None also where something in it does not fit."""
    try:
        return main_email(stated(entry))
    except ScimError:
        return None


def main_email(document: Document) -> str | None:
    """The primary address of an account, or else its first."""
    listed = [entry for entry in document.get("emails") or () if entry.get("value")]
    listed.sort(key=lambda entry: entry.get("primary") is not True)
    return str(listed[0]["value"]) if listed else None


def broken(line: int, why: str) -> InvalidValue:
    """The refusal of a whole file for what stands on one line.

    >>> broken(3, "a quote is missing").detail
    'line 3: a quote is missing; nothing was written'
    """
    return InvalidValue(f"line {line}: {why}; nothing was written")
