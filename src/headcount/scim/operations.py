"""A PATCH message: what it does to which part of the resource (RFC 7644 section 3.5.2)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from headcount.errors import (
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    NoTarget,
    TooMany,
)
from headcount.scim.attributes import Attribute, Mutability, ResourceType
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.filters import MAX_LENGTH, Filter, Reader, UnknownSub
from headcount.scim.paths import AttrPath

PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MAX_OPERATIONS = 5_000

_WELL_FORMED = re.compile(r"[A-Za-z$][\w$-]*([.:][\w$-]+)*(\[.+\](\.[\w$-]+)*)?", re.DOTALL)


class PatchOp(StrEnum):
    """What an operation does."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Target:
    """What an operation points at: `emails[type eq "work"].value`."""

    path: AttrPath
    where: Filter | None = None
    sub: Attribute | None = None

    @property
    def head(self) -> Attribute:
        """The attribute of the resource that the target lies in."""
        return self.path.steps[0]

    @property
    def is_read_only(self) -> bool:
        """Whether the server alone writes what the target points at."""
        steps = (*self.path.steps, self.sub) if self.sub else self.path.steps
        return any(step.mutability is Mutability.READ_ONLY for step in steps)

    def __str__(self) -> str:
        bracket = f"[{self.where}]" if self.where else ""
        return f"{self.path}{bracket}{'.' + self.sub.name if self.sub else ''}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a PATCH. A `remove` with a value takes out only the entries that it lists."""

    op: PatchOp
    target: Target
    value: Any = None


def read_operations(
    body: Any, kind: ResourceType, dialect: Dialect = BY_THE_BOOK
) -> tuple[Operation, ...]:
    """The operations of a PatchOp message; those without a path become one for each attribute.

    Raises:
        InvalidSyntax: the message is not a PatchOp.
        InvalidPath, InvalidFilter: a path does not parse, or the filter in it.
        NoTarget: a `remove` without a path.
        TooMany: more than `MAX_OPERATIONS`.
    """
    listed = _listed(body)
    if len(listed) > MAX_OPERATIONS:
        raise TooMany(f"{len(listed)} operations in one PATCH; at most {MAX_OPERATIONS} are taken")
    found: list[Operation] = []
    for number, raw in enumerate(listed, start=1):
        if not isinstance(raw, dict):
            raise InvalidSyntax(f"operation {number} is not an object")
        found.extend(_read_one(raw, number, kind, dialect))
    return tuple(found)


def _listed(body: Any) -> list[Any]:
    if not isinstance(body, dict):
        raise InvalidSyntax("the body must be one JSON object: a PatchOp message")
    listed = body.get("Operations")
    if not isinstance(listed, list):
        raise InvalidSyntax("a PatchOp message has a list named Operations")
    return listed


def _read_one(
    raw: Mapping[str, Any], number: int, kind: ResourceType, dialect: Dialect
) -> Iterator[Operation]:
    op = _read_op(raw.get("op"), number)
    path, value = raw.get("path"), raw.get("value")
    if path is None:
        yield from _pathless(op, value, number, kind, dialect)
        return
    if not isinstance(path, str):
        raise InvalidPath(f"the path of operation {number} is not a text")
    if op is not PatchOp.REMOVE and "value" not in raw:
        raise InvalidValue(f"operation {number} ({op} {path[:100]}) has no value")
    target = read_target(path, kind, dialect)
    if target is not None:
        yield Operation(op, target, value)


def _read_op(op: Any, number: int) -> PatchOp:
    try:
        return PatchOp(op)
    except ValueError:
        shown = "no op" if op is None else f"the op {str(op)[:40]!r}"
        raise InvalidSyntax(
            f"operation {number} has {shown}; it must be add, replace or remove"
        ) from None


def _pathless(
    op: PatchOp, value: Any, number: int, kind: ResourceType, dialect: Dialect
) -> Iterator[Operation]:
    if op is PatchOp.REMOVE:
        raise NoTarget(f"operation {number} removes without a path; name what to remove")
    if not isinstance(value, dict):
        raise InvalidValue(
            f"operation {number} has no path, so its value must be an object of attributes"
        )
    for key, one in value.items():
        target = _named(key, kind, dialect)
        if target is None or target.is_read_only:
            continue  # what a client read and sends back (RFC 7644 section 3.5.1 for PUT)
        yield Operation(op, target, one)


def _named(key: str, kind: ResourceType, dialect: Dialect) -> Target | None:
    """Where there is no path, each key is one, brackets included; unknown names are passed over."""
    if "[" in key:
        return read_target(key, kind, dialect)
    path = dialect.names(kind, key)
    return Target(path) if path else None


def read_target(text: str, kind: ResourceType, dialect: Dialect = BY_THE_BOOK) -> Target | None:
    """What a path points at; None for an unknown attribute that the dialect passes over.

    Raises:
        InvalidPath: it does not parse, or names nothing that exists.
        InvalidFilter: the filter in its brackets does not parse.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> str(read_target('EMAILS[type eq "work"].value', USER_TYPE))
    'emails[type eq "work"].value'
    """
    if len(text) > MAX_LENGTH:
        raise InvalidPath(f"the path has {len(text)} characters; at most {MAX_LENGTH} are read")
    if _WELL_FORMED.fullmatch(text.strip()) is None:
        raise InvalidPath(f"the path {text[:100]!r} does not parse")
    name = text.partition("[")[0].strip()
    known = dialect.names(kind, name)
    if known is None:
        if dialect.forgiving:
            return None
        raise InvalidPath(f"a {kind.name} has no attribute {name[:100]!r}")
    if "[" not in text:
        return Target(known)
    try:
        return Target(*Reader(text, kind, dialect).target())
    except UnknownSub:
        if dialect.forgiving:
            return None
        raise
    except InvalidFilter as broken:
        raise InvalidFilter(f"in the path {text[:100]!r}: {broken.detail}") from None
