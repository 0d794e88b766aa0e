"""Reads a resource that a client sent (RFC 7643 section 2): names to our spelling, values checked.

What comes out holds only what a client may write and the schemas know. Everything else is left out
here, so that nothing behind this door has to ask.
"""

from collections.abc import Mapping
from typing import Any

from headcount.errors import InvalidSyntax, InvalidValue, TooMany
from headcount.scim.attributes import Attribute, Mutability, ResourceType
from headcount.scim.dialect import BY_THE_BOOK, Dialect, wrong_shape
from headcount.scim.values import has_shape, is_empty, is_moment

Document = dict[str, Any]
"""A resource in JSON, in the schema's spelling, without `id`, `meta` and what the store adds."""

_NEVER_KEPT = frozenset({Mutability.READ_ONLY, Mutability.WRITE_ONLY})


def read_resource(body: Any, kind: ResourceType, dialect: Dialect = BY_THE_BOOK) -> Document:
    """The resource that `body` states, with unassigned attributes as None.

    Unknown and read-only attributes are left out, not refused (RFC 7644 sections 3.3 and 3.5.1);
    so is the password, which is never kept. `schemas` is derived, see `with_schemas`.

    Raises:
        InvalidSyntax: `body` is no JSON object.
        InvalidValue: a value does not fit its attribute.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> read_resource({"USERNAME": "ada", "id": "7", "title": None, "x": 1}, USER_TYPE)
    {'userName': 'ada', 'title': None}
    """
    if not isinstance(body, dict):
        raise InvalidSyntax("the body must be one JSON object: a " + kind.name)
    document: Document = {}
    for key, value in body.items():
        attribute = find_attribute(kind, key)
        if attribute is None:
            _read_by_path(document, key, value, kind, dialect)
        elif attribute.mutability in _NEVER_KEPT:
            _check_unkept(attribute, value)
        else:
            read = read_value(attribute, value, dialect)
            document[attribute.name] = _merged(document.get(attribute.name), read)
    return document


def _read_by_path(
    document: Document, key: str, value: Any, kind: ResourceType, dialect: Dialect
) -> None:
    """A key that is a path: `urn:...:User:displayName` (RFC 7644 section 3.10)."""
    path = dialect.names(kind, key)
    if path is None or any(step.mutability in _NEVER_KEPT for step in path.steps):
        return
    if any(step.multi_valued for step in path.steps[:-1]):
        return  # `emails.value` does not say of which entry
    read = read_value(path.leaf, value, dialect)
    for name in reversed(path.names[1:]):
        read = {name: read} if read is not None else None
    document[path.names[0]] = _merged(document.get(path.names[0]), read)


def _merged(held: Any, read: Any) -> Any:
    """Two keys may speak of one complex attribute; each keeps what it says."""
    if isinstance(held, dict) and isinstance(read, dict):
        return {**held, **{key: _merged(held.get(key), part) for key, part in read.items()}}
    return held if read is None else read


def find_attribute(kind: ResourceType, key: str) -> Attribute | None:
    """The attribute that a key of the resource itself names; an extension's URN names all of it."""
    folded = key.lower()
    if found := kind.core.get(folded):
        return found
    extension = kind.extension_by_urn.get(folded)
    return extension.attribute if extension else None


def _check_unkept(attribute: Attribute, value: Any) -> None:
    if attribute.mutability is Mutability.WRITE_ONLY and not isinstance(value, str | None):
        raise wrong_shape(attribute, value)


def read_value(attribute: Attribute, value: Any, dialect: Dialect) -> Any:
    """`value` as `attribute` holds it, or None where it means unassigned."""
    if attribute.is_free_text and isinstance(value, str):  # what most values are
        return value or None
    if value is None or (is_empty(value) and attribute.type != "boolean"):
        return None
    if not attribute.multi_valued:
        return _read_one(attribute, value, dialect)
    if not isinstance(value, list):
        value = dialect.listed(attribute, value)
    check_count(attribute, value)
    entries = [_read_one(attribute, entry, dialect) for entry in value]
    return one_primary([entry for entry in entries if entry is not None]) or None


def check_count(attribute: Attribute, entries: list[Any]) -> None:
    """Refuse a list that is longer than any person's is, for every change reads all of it.

    Raises:
        TooMany: it has more than `attribute.most` values.
    """
    if attribute.most is not None and len(entries) > attribute.most:
        raise TooMany(
            f"{attribute.name} has {len(entries)} values; at most {attribute.most} are kept"
        )


def _read_one(attribute: Attribute, value: Any, dialect: Dialect) -> Any:
    if value is None:
        return None
    if not has_shape(attribute, value):
        value = dialect.mend(attribute, value)
        if value is None:
            return None
    if attribute.is_complex:
        return _read_parts(attribute, value, dialect)
    return _read_simple(attribute, value)


def _read_parts(attribute: Attribute, value: Mapping[str, Any], dialect: Dialect) -> Any:
    parts: dict[str, Any] = {}
    for key, part in value.items():
        sub = attribute.subs.get(key.lower())
        if sub is None or sub.mutability is Mutability.READ_ONLY:
            continue
        read = read_value(sub, part, dialect)
        if read is not None:
            parts[sub.name] = read
    return parts or None


def _read_simple(attribute: Attribute, value: Any) -> Any:
    if value == "":
        return None  # cleared: Okta test plan C9337, Entra Null_Update
    if attribute.closed:
        return _canonical(attribute, value)
    if attribute.type == "dateTime" and not is_moment(value):
        raise wrong_shape(attribute, value)
    return value


def _canonical(attribute: Attribute, value: str) -> str:
    for one in attribute.canonical:
        if one.casefold() == value.casefold():
            return one
    known = ", ".join(attribute.canonical)
    raise InvalidValue(
        f"{attribute.name} {value[:100]!r} does not exist; it must be one of: {known}"
    )


def one_primary(entries: list[Any], *, keep: int | None = None) -> list[Any]:
    """At most one entry is primary: `keep`, or the first that says so (RFC 7643 section 2.4)."""
    if len(entries) < 2:
        return entries
    primary = [i for i, e in enumerate(entries) if isinstance(e, dict) and e.get("primary") is True]
    if len(primary) < 2:
        return entries
    chosen = keep if keep in primary else primary[0]
    return [
        {**entry, "primary": False} if i in primary and i != chosen else entry
        for i, entry in enumerate(entries)
    ]


def without_empty(document: Document) -> Document:
    """The document without unassigned attributes: null, [] and {} are the same as absent."""
    return {key: value for key, value in document.items() if value or not is_empty(value)}


def with_schemas(document: Document, kind: ResourceType) -> Document:
    """The document with `schemas` first, naming every extension that has values."""
    urns = [kind.schema.id, *(x.id for x in kind.extensions if document.get(x.id))]
    rest = {key: value for key, value in document.items() if key != "schemas"}
    return {"schemas": urns, **rest}


def check_required(document: Document, kind: ResourceType) -> None:
    """Refuse a resource that lacks what it must have.

    Raises:
        InvalidValue: a required attribute has no value.
    """
    for attribute in kind.schema.required:
        value = document.get(attribute.name)
        if value is None or not str(value).strip():
            raise InvalidValue(f"{attribute.name} is required and must not be empty")
