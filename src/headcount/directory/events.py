"""What a change means to the application: the events that tell of it. Pure."""

from collections.abc import Collection, Iterator
from typing import Any

from headcount.directory.accounts import is_active, role_of
from headcount.scim.resources import Document
from headcount.store.model import Event, EventType

_STATE = frozenset(
    {EventType.ROLE_CHANGED, EventType.ACCOUNT_DEACTIVATED, EventType.ACCOUNT_REACTIVATED}
)
_APART = frozenset({"schemas", "id", "active", "role"})


def created_account(account: Document) -> tuple[Event, ...]:
    """An account is there."""
    told = {"userName": account["userName"], "active": is_active(account), "role": role_of(account)}
    return (Event(EventType.ACCOUNT_CREATED, told),)


def changed_account(before: Document, after: Document) -> tuple[Event, ...]:
    """What happened between `before` and `after`; each kind of change is told once."""
    return tuple(_account_events(before, after))


def _account_events(before: Document, after: Document) -> Iterator[Event]:
    if changed := changes(before, after):
        yield Event(EventType.ACCOUNT_UPDATED, {"changed": changed})
    was, role = role_of(before), role_of(after)
    if was != role:
        yield Event(EventType.ROLE_CHANGED, {"before": was, "after": role})
    back = is_active(after)
    if is_active(before) is not back:
        yield Event(EventType.ACCOUNT_REACTIVATED if back else EventType.ACCOUNT_DEACTIVATED)


def only_state(told: Collection[Event]) -> bool:
    """Whether an account changed in nothing but whether it is active, or its role."""
    return bool(told) and all(event.type in _STATE for event in told)


def deleted_account(account: Document) -> tuple[Event, ...]:
    """An account is gone."""
    return (Event(EventType.ACCOUNT_DELETED, {"userName": account["userName"]}),)


def created_group(group: Document) -> tuple[Event, ...]:
    """A group is there; its members are told one by one."""
    return (Event(EventType.GROUP_CREATED, {"displayName": group["displayName"]}),)


def changed_group(before: Document, after: Document) -> tuple[Event, ...]:
    """What changed of a group besides its members."""
    changed = changes(before, after)
    return (Event(EventType.GROUP_UPDATED, {"changed": changed}),) if changed else ()


def deleted_group(group: Document) -> tuple[Event, ...]:
    """A group is gone, and with it every membership in it."""
    return (Event(EventType.GROUP_DELETED, {"displayName": group["displayName"]}),)


def changes(before: Document, after: Document) -> dict[str, list[Any]]:
    """Path -> [before, after], of each attribute that is not the same; None where there is none.

    >>> changes({"title": "x", "name": {"givenName": "A"}}, {"name": {"givenName": "B"}})
    {'name.givenName': ['A', 'B'], 'title': ['x', None]}
    """
    return dict(sorted(_changes(before, after, "")))


def _changes(before: Document, after: Document, above: str) -> Iterator[tuple[str, list[Any]]]:
    for name in before.keys() | after.keys():
        if not above and name in _APART:
            continue
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        path = above + name
        if isinstance(old or new, dict):
            separator = ":" if name.startswith("urn:") else "."
            yield from _changes(old or {}, new or {}, path + separator)
        else:
            yield path, [old, new]
