"""How filters, PATCH paths and projections point at attributes (RFC 7644 section 3.10).

A path is the attributes one passes on the way down: an extension counts as a complex attribute that
is named by its URN, which is just how it lies in the JSON.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from headcount.scim.attributes import Attribute, ResourceType, Schema


@dataclass(frozen=True, slots=True)
class AttrPath:
    """An attribute, by the steps that lead to it: `name.familyName`, `urn:...:User:department`."""

    steps: tuple[Attribute, ...]
    urn: str | None = field(default=None)
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The keys one follows in the JSON."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(step.name for step in self.steps))

    @property
    def leaf(self) -> Attribute:
        """The attribute that the path ends at."""
        return self.steps[-1]

    def below(self, sub: Attribute) -> "AttrPath":
        """The path one step further down."""
        return AttrPath((*self.steps, sub), self.urn)

    def __str__(self) -> str:
        names = self.names
        if self.urn is None:
            return ".".join(names)
        return ":".join((self.urn, ".".join(names[1:]))) if names[1:] else self.urn


Names = Callable[[ResourceType, str], AttrPath | None]

LONGEST_NAME = 250  # characters; no schema has a longer one, and found names are remembered


def resolve(kind: ResourceType, text: str) -> AttrPath | None:
    """The path that `text` names in `kind`, or None where no schema has it. Names have no case.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> str(resolve(USER_TYPE, "NAME.familyname"))
    'name.familyName'
    >>> resolve(USER_TYPE, "fullName") is None
    True
    """
    return _resolve(kind, text) if len(text) <= LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _resolve(kind: ResourceType, text: str) -> AttrPath | None:
    folded = text.lower()
    for schema in kind.schemas:
        if folded == schema.folded and schema is not kind.schema:
            return AttrPath((schema.attribute,), schema.id)
        if folded.startswith(schema.folded + ":"):
            return _within(kind, schema, text[len(schema.id) + 1 :])
    return _descend((), kind.core, text, None)


def _within(kind: ResourceType, schema: Schema, rest: str) -> AttrPath | None:
    if schema is kind.schema:
        return _descend((), kind.core, rest, None)
    extension = schema.attribute
    return _descend((extension,), extension.subs, rest, schema.id)


def _descend(
    start: tuple[Attribute, ...], names: dict[str, Attribute], text: str, urn: str | None
) -> AttrPath | None:
    steps = start
    for name in text.lower().split("."):
        found = names.get(name)
        if found is None:
            return None
        steps = (*steps, found)
        names = found.subs
    return AttrPath(steps, urn)


def values_at(resource: dict[str, Any], path: AttrPath) -> Iterator[Any]:
    """Every value that stands at `path`, each entry of a multi-valued attribute by itself."""
    return _values(resource, path.steps)


def _values(node: Any, steps: tuple[Attribute, ...]) -> Iterator[Any]:
    if isinstance(node, list):
        for entry in node:
            yield from _values(entry, steps)
    elif not steps:
        if node is not None:
            yield node
    elif isinstance(node, dict):
        value = node.get(steps[0].name)
        if value is not None:
            yield from _values(value, steps[1:])
