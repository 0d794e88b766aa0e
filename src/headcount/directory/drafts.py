"""From a document to what a store keeps: the bytes of the wire, and the keys to find them by."""

from typing import Any

from orjson import dumps

from headcount.scim.attributes import Attribute, ResourceType
from headcount.scim.resources import Document, find_attribute, with_schemas
from headcount.scim.values import comparison_key
from headcount.store.model import Draft, Indexed, Kind, listed_values

_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}
_IN_COLUMNS = {
    Kind.USER: frozenset({"id", "externalId", "userName", "active", "role"}),
    Kind.GROUP: frozenset({"id", "externalId", "displayName"}),
}


def draft(
    kind: Kind, document: Document, resource_type: ResourceType, *, same_keys: bool = False
) -> Draft:
    """The document as it shall stand, ready for the store.

    Args:
        kind: what the document is.
        document: the whole of it.
        resource_type: which attributes its organisation knows.
        same_keys: nothing changed but whether an account is active, or its role.
    """
    whole = with_schemas(document, resource_type)
    title = document[_NAMES[kind]]
    keys = {} if same_keys else _keys(whole, resource_type, _IN_COLUMNS[kind])
    indexed = Indexed(
        name=title.casefold(),
        external_id=document.get("externalId"),
        active=document.get("active"),
        role=document.get("role"),
        keys=None if same_keys else dumps(keys),
        listed=listed_values(keys),
    )
    return Draft(dumps(whole), indexed, title)


def _keys(document: Document, kind: ResourceType, apart: frozenset[str]) -> dict[str, Any]:
    """The comparison keys of everything that has no column of its own."""
    keys = {}
    for name, value in document.items():
        if name not in apart:
            attribute = find_attribute(kind, name)
            if attribute is not None:
                keys[name] = _key(attribute, value)
    return keys


def _key(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, str):  # what most values are
        return comparison_key(attribute, value)
    if isinstance(value, list):
        return [_key(attribute, entry) for entry in value]
    if isinstance(value, dict):
        return {name: _key(attribute.named[name], part) for name, part in value.items()}
    return comparison_key(attribute, value)
