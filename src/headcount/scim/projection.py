"""What an answer shows: `attributes` and `excludedAttributes` (RFC 7644 section 3.9)."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from headcount.errors import InvalidValue
from headcount.scim.attributes import Attribute, ResourceType, Returned
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.paths import AttrPath

Tree: TypeAlias = dict[str, "Tree | None"]
"""Names in the JSON, each with the names below it that are meant; None means all of it."""


@dataclass(frozen=True)
class Projection:
    """What a request wants to see of each resource. At most one of the two is given."""

    wanted: Tree | None = None
    unwanted: Tree | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every attribute that is returned by default is shown."""
        return self.wanted is None and not self.unwanted

    def shows(self, name: str) -> bool:
        """Whether any part of the top-level attribute `name` is shown."""
        if self.wanted is not None:
            return name in self.wanted
        return self.unwanted is None or self.unwanted.get(name, {}) is not None

    def only_hides(self, name: str) -> bool:
        """Whether the top-level attribute `name` is all that is left out."""
        return self.wanted is None and self.unwanted == {name: None}


WHOLE = Projection()


def read_projection(
    attributes: list[str],
    excluded: list[str],
    kind: ResourceType,
    dialect: Dialect = BY_THE_BOOK,
) -> Projection:
    """The projection that a request asks for. Unknown names select nothing.

    Raises:
        InvalidValue: both parameters are given; the RFC allows one.
    """
    if attributes and excluded:
        raise InvalidValue("use either attributes or excludedAttributes, not both")
    if attributes:
        return Projection(wanted=_tree(attributes, kind, dialect))
    if excluded:
        return Projection(unwanted=_tree(excluded, kind, dialect))
    return WHOLE


def _tree(names: list[str], kind: ResourceType, dialect: Dialect) -> Tree:
    tree: Tree = {}
    for name in names:
        path = dialect.names(kind, name.strip())
        if path is not None:
            _plant(tree, path)
    return tree


def _plant(tree: Tree, path: AttrPath) -> None:
    *above, leaf = path.names
    for name in above:
        below = tree.setdefault(name, {})
        if below is None:
            return  # the whole attribute is named already
        tree = below
    tree[leaf] = None


def project(resource: dict[str, Any], projection: Projection, kind: ResourceType) -> dict[str, Any]:
    """The part of `resource` that the projection shows; `schemas` and `id` are always part of it.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> some = read_projection(["name.givenName"], [], USER_TYPE)
    >>> project({"id": "7", "name": {"givenName": "Ada", "familyName": "L"}}, some, USER_TYPE)
    {'id': '7', 'name': {'givenName': 'Ada'}}
    """
    if projection.wanted is not None:
        return _pick(resource, projection.wanted, kind)
    return _drop(resource, projection.unwanted or {}, kind)


def _always(kind: ResourceType, name: str) -> bool:
    attribute: Attribute | None = kind.core.get(name.lower())
    return attribute is not None and attribute.returned is Returned.ALWAYS


def _pick(resource: dict[str, Any], wanted: Tree, kind: ResourceType) -> dict[str, Any]:
    shown = {}
    for name, value in resource.items():
        if _always(kind, name):
            shown[name] = value
        elif name in wanted:
            part = _part(value, wanted[name])
            if part not in ({}, [], None) or value == []:
                shown[name] = part
    return shown


def _part(value: Any, below: Tree | None) -> Any:
    if below is None:
        return value
    if isinstance(value, list):
        entries = [_part(entry, below) for entry in value]
        return [entry for entry in entries if entry]
    if not isinstance(value, dict):
        return None
    parts = {name: _part(value[name], below[name]) for name in value if name in below}
    return {name: part for name, part in parts.items() if part not in ({}, [], None)}


def _drop(resource: dict[str, Any], unwanted: Tree, kind: ResourceType) -> dict[str, Any]:
    shown = {}
    for name, value in resource.items():
        if name not in unwanted or _always(kind, name):
            shown[name] = value
        elif (below := unwanted[name]) is not None:
            part = _without(value, below)
            if part or not value:  # `members: []` stays
                shown[name] = part
    return shown


def _without(value: Any, below: Tree) -> Any:
    if isinstance(value, list):
        return [part for entry in value if (part := _without(entry, below))]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, part in value.items():
        deeper = below.get(name, {})
        if deeper is None:
            continue
        left = _without(part, deeper) if deeper else part
        if left or not part:  # what has lost its last part is not shown as an empty object
            kept[name] = left
    return kept
