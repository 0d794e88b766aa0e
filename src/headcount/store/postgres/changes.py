"""Changes as the arguments of the function that writes them, and its rows as what became of each.

The function is in `commit.sql`; the order of its arguments is the order here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from orjson import dumps

from headcount.errors import ScimError
from headcount.store.filters import NUMBERS
from headcount.store.model import Change, Event, Outcome, Stored
from headcount.store.postgres.rows import index_key, overlong
from headcount.store.refusals import (
    changed_meanwhile,
    last_owner,
    no_such_member,
    not_found,
    own_member,
    seats_taken,
    taken,
)

_ARGUMENTS = 23
COMMIT = (
    "SELECT refusal, detail, number, version, created, modified, document, member_count, changed"
    f" FROM headcount_commit_3({', '.join(f'${n}' for n in range(1, _ARGUMENTS + 1))})"
)

_CREATE, _UPDATE, _DELETE = 1, 2, 3


def arguments(org: int, changes: Sequence[Change]) -> list[Any]:
    """What the function is called with."""
    return [org, *map(list, zip(*(_values(change) for change in changes), strict=True))]


def _values(change: Change) -> tuple[Any, ...]:
    act = _CREATE if change.creates else _DELETE if change.deletes else _UPDATE
    told = change.events
    return (
        change.id,
        NUMBERS[change.kind],
        act,
        change.expected,
        change.actor,
        change.at,
        *_state(change),
        *_members(change),
        told[0].type.value if told else None,
        _data(told[0]) if told else None,
        dumps([(one.type.value, _data(one)) for one in told[1:]]).decode() if told[1:] else None,
        change.own_role,
    )


def _data(event: Event) -> str:
    return dumps(event.data).decode()


def _state(change: Change) -> tuple[Any, ...]:
    if change.after is None:
        return (None,) * 9
    held = change.after.indexed
    return (
        index_key(held.name),
        overlong(held.name),
        index_key(held.external_id),
        overlong(held.external_id),
        held.active,
        held.role,
        change.after.title,
        None if held.keys is None else held.keys.decode(),
        change.after.document,
    )


def _members(change: Change) -> tuple[str | None, str | None, bool]:
    delta = change.members
    joined = [
        (one.id, one.display, None if one.display is None else one.display.casefold())
        for one in delta.joined
    ]
    left = dumps(delta.left).decode() if delta.left else None
    return dumps(joined).decode() if joined else None, left, delta.only


def result(change: Change, row: Sequence[Any]) -> Outcome | ScimError:
    """What became of a change."""
    refusal, detail, number, version, created, modified, document, members, changed = row
    if refusal is not None:
        return _refused(change, refusal, detail, number)
    if document is None:
        assert change.after is not None
        document = change.after.document
    stored = Stored(change.kind, change.id, version, created, modified, document)
    return Outcome(stored, changed, members)


def _refused(change: Change, refusal: str, detail: str, number: int) -> ScimError:
    refused: dict[str, Callable[[], ScimError]] = {
        "missing": lambda: not_found(change.kind, change.id),
        "version": lambda: changed_meanwhile(change.kind, number, change.expected),
        "taken": lambda: taken(change.kind, change.after.title if change.after else ""),
        "seats": lambda: seats_taken(int(detail), number),
        "owner": last_owner,
        "itself": own_member,
        "member": lambda: no_such_member(detail),
    }
    return refused[refusal]()
