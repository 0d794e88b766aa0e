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
from headcount.scim.resources import Document, check_count, one_primary, read_value
from headcount.scim.values import Key, comparison_key, is_empty

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
    if target.is_read_only:
        raise MutabilityError(f"{target} is kept by the server and cannot be changed")
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
    """Sub-attributes that are not named stay as they are (RFC 7644 sections 3.5.2.1, 3.5.2.3)."""
    if not isinstance(value, dict) and value not in (None, "", []):
        value = dialect.mend(attribute, value)
    if not value or _empties(attribute, value, dialect):
        container.pop(attribute.name, None)
        return
    parts = dict(container.get(attribute.name) or {})
    for key, part in value.items():
        sub = attribute.subs.get(key.lower())
        if sub is None or sub.mutability is Mutability.READ_ONLY:
            continue
        if sub.is_complex and not sub.multi_valued:
            merge(parts, sub, part, dialect)
            continue
        _set(parts, sub, read_value(sub, part, dialect))
    _set(container, attribute, parts or None)


def _empties(attribute: Attribute, value: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether `{"value": ""}` takes the whole away, as Entra does with a manager."""
    sub = attribute.value
    return sub is not None and any(
        key.lower() == sub.folded and read_value(sub, part, dialect) is None
        for key, part in value.items()
    )


def _set_list(
    container: Document, attribute: Attribute, operation: Operation, dialect: Dialect
) -> None:
    given = read_value(attribute, operation.value, dialect) or []
    held: list[Any] = [] if operation.op is _REPLACE else list(container.get(attribute.name) or [])
    places: dict[Any, int] = {}
    for at, entry in enumerate(held):
        places.setdefault(_identity(attribute, entry), at)
    newly_primary = None
    for entry in given:
        at = places.setdefault(_identity(attribute, entry), len(held))
        if at == len(held):
            held.append(entry)
        elif isinstance(entry, dict):
            held[at] = {**held[at], **entry}
        if isinstance(entry, dict) and entry.get("primary") is True:
            newly_primary = at
    if newly_primary is not None:  # the same entry may have come twice, once without
        held[newly_primary] = {**held[newly_primary], "primary": True}
    check_count(attribute, held)
    _set(container, attribute, one_primary(held, keep=newly_primary) or None)


def _identity(attribute: Attribute, entry: Any) -> Any:
    """What makes two entries one: the same `value` and `type`, or else all the same parts."""
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
    unwanted: dict[tuple[str, ...], set[tuple[Key, ...]]] = {}
    for one in _unwanted(attribute, value, dialect):
        names = _telling(one)
        unwanted.setdefault(names, set()).add(_keys(attribute, one, names))
    kept = [
        entry
        for entry in container.get(attribute.name) or []
        if not any(_keys(attribute, entry, names) in keys for names, keys in unwanted.items())
    ]
    _set(container, attribute, kept or None)


def _unwanted(attribute: Attribute, value: Any, dialect: Dialect) -> list[Any]:
    """The entries to take out. A list that names none, and is not empty, means something else."""
    if is_empty(value):
        return []
    listed = value if isinstance(value, list) else dialect.listed(attribute, value)
    found: list[Any] = read_value(attribute, listed, dialect) or []
    if listed and not found:
        raise InvalidValue(f"the value names no entry of {attribute.name} that could be removed")
    return found


def _telling(entry: Any) -> tuple[str, ...]:
    """The parts by which an entry is found again: its `value`, or all that it has."""
    if not isinstance(entry, dict):
        return ()
    return ("value",) if "value" in entry else tuple(sorted(entry))


def _keys(attribute: Attribute, entry: Any, names: tuple[str, ...]) -> tuple[Key, ...]:
    if not isinstance(entry, dict):
        return (comparison_key(attribute, entry),)
    return tuple(comparison_key(attribute.subs[name.lower()], entry.get(name)) for name in names)


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
        _set(container, attribute, _removed(entries, set(chosen), sub) or None)
        return
    given = _given(attribute, sub, operation.value, dialect)
    if not chosen:
        chosen = [len(entries)]
        entries.append(_made(attribute, operation, dialect))
        if given is None:
            return  # nothing is there to be cleared
    for i in chosen:
        entries[i] = _written(entries[i], sub, given, operation)
    primary = next((i for i in chosen if entries[i].get("primary") is True), None)
    kept = [entry for entry in one_primary(entries, keep=primary) if entry]
    _set(container, attribute, kept or None)


def _given(attribute: Attribute, sub: Attribute | None, value: Any, dialect: Dialect) -> Any:
    """What an entry, or its part `sub`, shall be; None is unassigned."""
    if sub is not None:
        return read_value(sub, value, dialect)
    entries = read_value(attribute, [value], dialect)
    return entries[0] if entries else None


def _removed(entries: list[Document], chosen: set[int], sub: Attribute | None) -> list[Document]:
    if sub is None:
        return [entry for i, entry in enumerate(entries) if i not in chosen]
    for i in chosen:
        _check_mutable(entries[i], sub, None)
        entries[i].pop(sub.name, None)
    return [entry for entry in entries if entry]


def _written(entry: Document, sub: Attribute | None, given: Any, operation: Operation) -> Document:
    """The entry as the operation leaves it; empty when nothing of it is left."""
    if sub is not None:
        _check_mutable(entry, sub, given)
        _set(entry, sub, given)
        return entry
    if operation.op is _REPLACE:
        return {**dict(_terms(operation.target.where)), **given} if given else {}
    return {**entry, **(given or {})}


def _check_mutable(entry: Document, sub: Attribute, value: Any) -> None:
    """An immutable part is set once, with its entry: who a member is (RFC 7643 section 2.2)."""
    if sub.mutability is Mutability.IMMUTABLE and entry.get(sub.name) not in (None, value):
        raise MutabilityError(f"{sub.name} of an entry cannot be changed; remove the entry instead")


def _made(attribute: Attribute, operation: Operation, dialect: Dialect) -> Document:
    """A new entry that fits the filter, its `eq` terms being its parts.

    The RFC wants `noTarget` here (section 3.5.2.3). Entra sets a work address in this way that the
    person does not have yet, and would repeat the request for ever. A reference is never made up.
    """
    where = operation.target.where
    terms = dict(_terms(where))
    refers = attribute.value is not None and attribute.value.mutability is Mutability.IMMUTABLE
    made = dialect.forgiving and not refers and where is not None and _only_terms(where)
    if where is not None and not (made and matches(where, terms)):
        raise NoTarget(f"nothing fits {operation.target}, so there is nothing to {operation.op}")
    return terms


def _terms(where: Filter | None) -> Iterator[tuple[str, Any]]:
    match where:
        case And(left, right):
            yield from _terms(left)
            yield from _terms(right)
        case Compare(path, Op.EQ, value) if value not in {None, ""}:
            yield path.leaf.name, value


def _only_terms(where: Filter) -> bool:
    match where:
        case And(left, right):
            return _only_terms(left) and _only_terms(right)
        case Compare(_, Op.EQ, value):
            return value not in {None, ""}
        case _:
            return False
