"""Which attribute a column is about, and what a cell says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from headcount.directory.importing.entries import MAKING, AnySetting, MainSetting, Setting
from headcount.errors import InvalidFilter, InvalidPath, InvalidValue
from headcount.scim.attributes import Attribute, Mutability, ResourceType
from headcount.scim.operations import Target, read_target

CLEAR = "<empty>"
"""The cell that takes a value away; an empty one leaves it alone."""

COLUMNS = (
    "userName",
    "givenName",
    "familyName",
    "displayName",
    "email",
    "phone",
    "mobile",
    "title",
    "department",
    "employeeNumber",
    "role",
    "active",
    "externalId",
)
"""Those that are named most; any other attribute is a column by its path."""

_PATHS = {"givenname": "name.givenName", "familyname": "name.familyName"}
_MAIN = {
    "email": ("emails", "work", True),
    "phone": ("phoneNumbers", "work", False),
    "mobile": ("phoneNumbers", "mobile", False),
    "fax": ("phoneNumbers", "fax", False),
}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Column:
    """What the cells below a heading are about."""

    heading: str
    leaf: Attribute  # what a cell is a value of
    make: Callable[[Any], AnySetting]

    def setting(self, cell: str) -> AnySetting | None:
        """What a cell says; None: nothing.

        Raises:
            InvalidValue: it is no value of the attribute.
        """
        text = cell.strip()
        if not text:
            return None
        return self.make(None if text == CLEAR else self._value(text))

    def _value(self, text: str) -> Any:
        if not self.leaf.multi_valued:
            return value_of(self.leaf, text, self.heading)
        parts = [part.strip() for part in text.split(";")]
        return [value_of(self.leaf, part, self.heading) for part in parts if part]


def value_of(attribute: Attribute, text: str, called: str) -> Any:
    """A text as a value of an attribute.

    Raises:
        InvalidValue: it is none.

    >>> value_of(Attribute("active", "boolean"), "Yes", "active")
    True
    """
    try:
        match attribute.type:
            case "boolean":
                return _BOOLEANS[text.casefold()]
            case "integer":
                return int(text)
            case "decimal":
                return float(text)
            case _:
                return text
    except (KeyError, ValueError):
        wanted = "true or false" if attribute.type == "boolean" else "a number"
        raise InvalidValue(f"{called} must be {wanted}, not {text[:100]!r}") from None


@lru_cache(maxsize=1024)
def column(heading: str, kind: ResourceType) -> Column:
    """What a heading names: a short name, or the path of any attribute, in any letter case.

    Raises:
        InvalidValue: nothing that could be set.
    """
    folded = heading.casefold()
    if folded in _MAIN:
        name, type_, primary = _MAIN[folded]
        attribute = kind.core[name.lower()]
        return Column(
            heading,
            attribute.subs["value"],
            lambda value: MainSetting(attribute, type_, value, primary),
        )
    target = _target(_PATHS.get(folded, heading), kind)
    if target is None:
        raise InvalidValue(
            f"unknown column {heading[:100]!r}; the columns are: {', '.join(COLUMNS)}, or the path"
            " of any other attribute, such as nickName or name.middleName"
        )
    leaf = target.sub or target.path.leaf
    _check(target, leaf, heading)
    return Column(heading, leaf, lambda value: Setting(target, value))


def _target(text: str, kind: ResourceType) -> Target | None:
    """The attribute of a path; a name that one extension alone has needs no URN."""
    try:
        if (found := read_target(text, kind, MAKING)) is not None:
            return found
    except (InvalidPath, InvalidFilter) as wrong:
        if "[" not in text:
            return None
        raise InvalidValue(
            f"the column {text[:100]!r} names no attribute: {wrong.detail}"
        ) from None
    having = [one for one in kind.extensions if text.lower() in one.by_name]
    return read_target(f"{having[0].id}:{text}", kind, MAKING) if len(having) == 1 else None


def _check(target: Target, leaf: Attribute, heading: str) -> None:
    if leaf.mutability is Mutability.WRITE_ONLY:
        raise InvalidValue(f"the column {heading!r} holds passwords, which are never kept here")
    if target.is_read_only or target.head.folded == "members":
        raise InvalidValue(f"the column {heading!r} is kept by the server; take it out of the file")
    above = [*target.path.steps[:-1], *([target.path.leaf] if target.sub else [])]
    if leaf.is_complex or (any(one.multi_valued for one in above) and target.where is None):
        name = target.head.name
        raise InvalidValue(
            f"the column {heading!r} has parts; name one of them, such as"
            + (f' {name}[type eq "work"].value' if target.head.multi_valued else f" {target}.value")
        )
