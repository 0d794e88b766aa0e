"""Applies the operations of a PATCH to a document (RFC 7644 section 3.5.2).

The document is changed in place: it belongs to the caller, who throws it away when an operation is
refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from headcount.errors import InvalidValue, Mutability as MutabilityError, NoTarget
from headcount.scim.attributes import Attribute, Mutability
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.filters import And, Compare, Filter, Op
from headcount.scim.match import matches
from headcount.scim.operations import Operation, PatchOp
from headcount.scim.resources import Document, one_primary, read_value
from headcount.scim.values import comparison_key

_REMOVE = PatchOp.REMOVE
_REPLACE = PatchOp.REPLACE


def apply(document: Document, operation: Operation, dialect: Dialect = BY_THE_BOOK) -> None:
    """Change `document` as `operation` says.

    Raises:
        NoTarget: a value filter matches nothing, and nothing is to be made.
        Mutability: the attribute is read-only, or required and to be removed.
        InvalidValue: the value does not fit.
    """
    target = operation.target
    if target.head.mutability is Mutability.READ_ONLY:
        raise MutabilityError(f"{target.path} is kept by the server and cannot be changed")
    if operation.op is _REMOVE and target.path.leaf.required:
        raise MutabilityError(f"{target.path} is required and cannot be removed")
    if target.path.leaf.mutability is Mutability.WRITE_ONLY:
        return  # a password is accepted and never kept
    _descend(document, list(target.path.steps), operation, dialect)


def _descend(
    container: Document, steps: list[Attribute], operation: Operation, dialect: Dialect
) -> None:
    """Go down to the attribute that is changed; leave no empty object behind."""
    attribute, rest = steps[0], steps[1:]
    if attribute.multi_valued and (rest or operation.target.where):
        sub = rest[0] if rest else operation.target.sub
        _change_entries(container, attribute, sub, operation, dialect)
    elif rest:
        below = container.get(attribute.name)
        below = container[attribute.name] = below if isinstance(below, dict) else {}
        _descend(below, rest, operation, dialect)
        if not below:
            del container[attribute.name]
    else:
        _change(container, attribute, operation, dialect)


def _change(
    container: Document, attribute: Attribute, operation: Operation, dialect: Dialect
) -> None:
    """The whole attribute: set it, add to it, merge into it or take it away."""
    if operation.op is _REMOVE:
        _remove(container, attribute, operation.value, dialect)
    elif attribute.multi_valued:
        _set_list(container, attribute, operation, dialect)
    elif attribute.is_complex:
        merge(container, attribute, operation.value, dialect)
    else:
        _set(container, attribute, read_value(attribute, operation.value, dialect))


def _set(container: Document, attribute: Attribute, value: Any) -> None:
    """Unassigned and absent are the same (RFC 7643 section 2.5)."""
    if value is None:
        container.pop(attribute.name, None)
    else:
        container[attribute.name] = value


def merge(container: Document, attribute: Attribute, value: Any, dialect: Dialect) -> None:
    """Sub-attributes that are not named stay as they are (RFC 7644 sections 3.5.2.1 and 3.5.2.3)."""
    if not isinstance(value, Mapping):
        value = {} if value in (None, "", []) else dialect.mend(attribute, value)
    parts = dict(container.get(attribute.name) or {})
    if not value:
        parts = {}
    for key, part in (value or {}).items():
        sub = attribute.subs.get(key.lower())
        if sub is None or sub.mutability is Mutability.READ_ONLY:
            continue
        if sub.is_complex and not sub.multi_valued:
            merge(parts, sub, part, dialect)
            continue
        _set(parts, sub, read_value(sub, part, dialect))
        if sub is attribute.value and sub.name not in parts:
            parts.clear()  # `{"value": ""}` takes the whole away: Entra and a manager
    _set(container, attribute, parts or None)


def _set_list(
    container: Document, attribute: Attribute, operation: Operation, dialect: Dialect
) -> None:
    given = read_value(attribute, operation.value, dialect) or []
    held: list[Any] = [] if operation.op is _REPLACE else list(container.get(attribute.name) or [])
    newly_primary = None
    for entry in given:
        at = _place(held, attribute, entry)
        if at is None:
            at = len(held)
            held.append(entry)
        elif isinstance(entry, dict):
            held[at] = {**held[at], **entry}
        if isinstance(entry, dict) and entry.get("primary") is True:
            newly_primary = at
    _set(container, attribute, one_primary(held, keep=newly_primary) or None)


def _place(held: list[Any], attribute: Attribute, entry: Any) -> int | None:
    """Where `entry` stands already: equal, or with the same `value` and `type`."""
    wanted = _identity(attribute, entry)
    for at, one in enumerate(held):
        if _identity(attribute, one) == wanted:
            return at
    return None


def _identity(attribute: Attribute, entry: Any) -> Any:
    if not isinstance(entry, dict):
        return comparison_key(attribute, entry)
    keys = {
        sub.name: comparison_key(sub, entry[sub.name]) for sub in attribute.sub if sub.name in entry
    }
    if "value" in keys:
        return keys["value"], keys.get("type")
    return tuple(sorted((name, key) for name, key in keys.items() if name != "primary"))


def _remove(container: Document, attribute: Attribute, value: Any, dialect: Dialect) -> None:
    """A list takes out exactly its entries, an empty one nobody; no value takes out everything."""
    if value is None or not attribute.multi_valued:
        container.pop(attribute.name, None)
        return
    unwanted = read_value(attribute, value, dialect) or []
    kept = [
        entry
        for entry in container.get(attribute.name) or []
        if not any(_covers(attribute, one, entry) for one in unwanted)
    ]
    _set(container, attribute, kept or None)


def _covers(attribute: Attribute, wanted: Any, entry: Any) -> bool:
    """Whether `entry` has every part of `wanted`; its `value` alone decides where there is one."""
    if not isinstance(wanted, dict) or not isinstance(entry, dict):
        return comparison_key(attribute, wanted) == comparison_key(attribute, entry)
    names = ["value"] if "value" in wanted else list(wanted)
    return all(
        comparison_key(attribute.subs[name.lower()], wanted[name])
        == comparison_key(attribute.subs[name.lower()], entry.get(name))
        for name in names
    )


def _change_entries(
    container: Document,
    attribute: Attribute,
    sub: Attribute | None,
    operation: Operation,
    dialect: Dialect,
) -> None:
    """The entries that a value filter chooses, or all of them where there is none."""
    where = operation.target.where
    entries = [dict(entry) for entry in container.get(attribute.name) or []]
    chosen = [i for i, entry in enumerate(entries) if where is None or matches(where, entry)]
    if operation.op is _REMOVE:
        kept = _removed(entries, chosen, sub)
        _set(container, attribute, kept or None)
        return
    if not chosen:
        chosen = [len(entries)]
        entries.append(_made(where, operation, dialect))
    for i in chosen:
        entries[i] = _written(entries[i], attribute, sub, operation, dialect)
    primary = next((i for i in chosen if entries[i].get("primary") is True), None)
    kept = one_primary([entry for entry in entries if entry], keep=primary)
    _set(container, attribute, kept or None)


def _removed(entries: list[Document], chosen: list[int], sub: Attribute | None) -> list[Document]:
    if sub is None:
        return [entry for i, entry in enumerate(entries) if i not in chosen]
    for i in chosen:
        entries[i].pop(sub.name, None)
    return [entry for entry in entries if entry]


def _written(
    entry: Document, attribute: Attribute, sub: Attribute | None, operation: Operation, dialect: Dialect
) -> Document:
    if sub is not None:
        _set(entry, sub, read_value(sub, operation.value, dialect))
        return entry
    single = read_value(attribute, [operation.value], dialect) or [{}]
    if operation.op is _REPLACE:
        return {**dict(_terms(operation.target.where)), **single[0]}
    return {**entry, **single[0]}


def _made(where: Filter | None, operation: Operation, dialect: Dialect) -> Document:
    """A new entry that fits the filter, its `eq` terms being its parts.

    The RFC wants `noTarget` here (section 3.5.2.3). Entra sets a work address in this way that the
    person does not have yet, and would repeat the request for ever.
    """
    terms = dict(_terms(where))
    if where is not None and (not dialect.forgiving or not terms or not _only_terms(where)):
        raise NoTarget(f"nothing fits {operation.target}, so there is nothing to {operation.op}")
    return terms


def _terms(where: Filter | None) -> Iterator[tuple[str, Any]]:
    match where:
        case And(left, right):
            yield from _terms(left)
            yield from _terms(right)
        case Compare(path, Op.EQ, value) if value is not None:
            yield path.leaf.name, value


def _only_terms(where: Filter) -> bool:
    match where:
        case And(left, right):
            return _only_terms(left) and _only_terms(right)
        case Compare(_, Op.EQ, value):
            return value is not None
        case _:
            return False
