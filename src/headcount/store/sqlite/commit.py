"""One decided change becomes rows, counters and events, or nothing at all."""

from dataclasses import dataclass
from typing import Any

import apsw
from orjson import loads

from headcount.store.filters import NUMBERS
from headcount.store.model import (
    Change,
    Draft,
    Event,
    EventType,
    Joining,
    Kind,
    Outcome,
    Stored,
    Told,
    listed_values,
)
from headcount.store.refusals import changed_meanwhile, no_such_member, not_found, own_member, taken
from headcount.store.roles import is_owner
from headcount.store.sqlite import roles
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.ledger import Effect, Ledger, Listed
from headcount.store.sqlite.numbers import FREE, number_of, row_of

_SELECT = """SELECT seq, version, created, modified, active, role, member_count, keys, document
    FROM resource WHERE org = ? AND kind = ? AND id = ?"""
_SELECT_AT = f"{_SELECT} AND seq = ?"
_INSERT = f"""INSERT INTO resource (seq, org, kind, id, version, created, modified, name,
    external_id, active, role, keys, document, named)
    VALUES ({FREE}, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"""
_UPDATE = """UPDATE resource SET version = ?, modified = ?, name = ?, external_id = ?, active = ?,
    role = ?, keys = ?, document = ? WHERE seq = ?"""
_UPDATE_STATE = """UPDATE resource SET version = ?, modified = ?, active = ?, role = ?, document = ?
    WHERE seq = ?"""
_OWN_ROLE = "UPDATE resource SET own_role = ? WHERE seq = ?"
_BUMP = """UPDATE resource SET version = version + 1, modified = ?, member_count = member_count + ?
    WHERE org = ? AND kind = 2 AND id = ? RETURNING document"""
_JOIN = """INSERT OR IGNORE INTO member (org, grp, member, kind, display)
    VALUES (?, ?, ?, ?, ?)"""
_LEAVE = "DELETE FROM member WHERE org = ? AND grp = ? AND member = ? RETURNING kind"
# Without the name of the index SQLite walks through all memberships of the organisation.
_LEAVE_ALL = """DELETE FROM member INDEXED BY member_of WHERE org = ? AND member = ?
    RETURNING grp, kind"""
_NAMED = """SELECT kind, json_extract(CAST(document AS TEXT),
    CASE kind WHEN 1 THEN '$.userName' ELSE '$.displayName' END) FROM resource
    WHERE org = ? AND kind IN (1, 2) AND id = ?"""
_NAMED_AT = f"{_NAMED} AND seq = ?"
_MEMBERSHIPS = (EventType.MEMBER_ADDED, EventType.MEMBER_REMOVED)


@dataclass(slots=True)
class _Row:
    """A resource as it stands before the change."""

    seq: int
    version: int
    created: str
    modified: str
    active: int | None
    role: str | None
    member_count: int
    keys: str
    document: bytes


def apply(connection: Connection, change: Change) -> Outcome:
    """Write `change`, inside the caller's transaction; raises as `enter` does."""
    ledger = Ledger(connection)
    outcome = enter(connection, ledger, change)
    ledger.write()
    return outcome


def enter(connection: Connection, ledger: Ledger, change: Change) -> Outcome:
    """Write the rows of `change`; the ledger takes the rest, and writes it when it is told to.

    Raises:
        Taken, VersionMismatch, NotFound, InvalidValue, SeatsTaken, LastOwner: see `Store.commit`.
        TooLong: it touches more accounts than the connection should read at once.
    """
    if change.creates:
        outcome, effect = _create(connection, change)
    else:
        row = _read(connection, change)
        write = _delete if change.deletes else _update
        outcome, effect = write(connection, change, row)
    if change.kind is Kind.GROUP and (change.members or change.deletes):
        _give_roles(connection, change, effect)
    if outcome.changed:
        ledger.settle(change.org, change.at, change.actor, effect)
    return outcome


def _give_roles(connection: Connection, change: Change, effect: Effect) -> None:
    """Whoever came into a group or left it may have another role by that."""
    rules = roles.rules_of(connection, change.org)
    if not rules:
        return
    accounts = effect.reached
    if not change.deletes:
        told = (one.event for one in effect.events if one.event.type in _MEMBERSHIPS)
        moved = ((change.id, event.data["member"], event.data["type"] == "Group") for event in told)
        accounts = roles.reached(connection, change.org, rules, moved)
    given = roles.give(connection, change.org, rules, accounts, change.at)
    effect.owners += given.owners
    effect.events += given.events


def _read(connection: apsw.Connection, change: Change) -> _Row:
    found = row_of(connection, _SELECT_AT, _SELECT, (change.org, NUMBERS[change.kind], change.id))
    if found is None:
        raise not_found(change.kind, change.id)
    row = _Row(*found)
    if change.expected is not None and change.expected != row.version:
        raise changed_meanwhile(change.kind, row.version, change.expected)
    return row


def _create(connection: apsw.Connection, change: Change) -> tuple[Outcome, Effect]:
    draft = change.after
    assert draft is not None
    held = draft.indexed
    assert held.keys is not None
    values = (
        held.name,
        held.external_id,
        held.active,
        held.role,
        held.keys.decode(),
        draft.document,
    )
    key = (change.org, NUMBERS[change.kind], change.id)
    try:
        connection.execute(_INSERT, (number_of(change.id), *key, change.at, change.at, *values))
    except apsw.ConstraintError:
        raise taken(change.kind, draft.title) from None
    effect = Effect(events=_told(change, draft.document), listed=_listed(change, held.listed))
    if change.kind is Kind.USER:
        effect.users, effect.active = 1, int(bool(held.active))
        effect.owners = int(is_owner(active=held.active, role=held.role))
    else:
        effect.groups = 1
        _change_members(connection, change, effect, draft.document)
        _count_members(connection, change, effect.members)
    stored = Stored(change.kind, change.id, 1, change.at, change.at, draft.document)
    return Outcome(stored, member_count=effect.members), effect


def _told(change: Change, document: bytes) -> list[Told]:
    """What the change announces of the resource that stands as `document` then."""
    return [Told(change.id, event, document) for event in change.events]


def _listed(
    change: Change, values: tuple[tuple[str, str], ...], *, there: bool = True
) -> dict[Listed, bool]:
    """The values of its lists, which are there then, or not."""
    kind = NUMBERS[change.kind]
    return {(change.org, kind, path, key, change.id): there for path, key in values}


def _update(connection: apsw.Connection, change: Change, row: _Row) -> tuple[Outcome, Effect]:
    draft = change.after
    document = row.document if draft is None else draft.document
    effect = Effect(events=_told(change, document))
    if change.members:
        _change_members(connection, change, effect, document)
    changed = draft is not None or bool(effect.events)
    version = row.version + 1 if changed else row.version
    modified = change.at if changed else row.modified
    if draft is not None:
        effect.listed = _write(connection, change, row, draft, version)
        was = (row.active, row.role)
        held = draft.indexed
        if change.kind is Kind.USER:
            effect.active = int(bool(held.active)) - int(bool(was[0]))
            effect.owners = int(is_owner(active=held.active, role=held.role))
            effect.owners -= is_owner(active=was[0], role=was[1])
        else:
            effect.names = 1
    elif changed:
        connection.execute(
            "UPDATE resource SET version = ?, modified = ? WHERE seq = ?",
            (version, modified, row.seq),
        )
    if effect.members:
        _count_members(connection, change, effect.members)
    stored = Stored(change.kind, change.id, version, row.created, modified, document)
    return Outcome(stored, changed, row.member_count + effect.members), effect


def _write(
    connection: apsw.Connection, change: Change, row: _Row, draft: Draft, version: int
) -> dict[Listed, bool]:
    """The row as it is now; and which values of its lists come and go by that."""
    held = draft.indexed
    if change.own_role is not None:
        connection.execute(_OWN_ROLE, (change.own_role, row.seq))
    if held.keys is None:
        slim = (version, change.at, held.active, held.role, draft.document, row.seq)
        connection.execute(_UPDATE_STATE, slim)
        return {}
    keys = held.keys.decode()
    values = (held.name, held.external_id, held.active, held.role, keys, draft.document)
    try:
        connection.execute(_UPDATE, (version, change.at, *values, row.seq))
    except apsw.ConstraintError:
        raise taken(change.kind, draft.title) from None
    if keys == row.keys or change.kind is not Kind.USER:
        return {}
    before = listed_values(loads(row.keys))
    return _listed(change, before, there=False) | _listed(change, held.listed)


def _count_members(connection: apsw.Connection, change: Change, moved: int) -> None:
    sql = (
        "UPDATE resource SET member_count = member_count + ? WHERE org = ? AND kind = 2 AND id = ?"
    )
    connection.execute(sql, (moved, change.org, change.id))


def _change_members(
    connection: apsw.Connection, change: Change, effect: Effect, document: bytes
) -> None:
    """Join and leave, one row each; who is in already, or out already, makes no event."""
    delta = change.members
    left = delta.left
    if delta.only:
        stay = {one.id for one in delta.joined}
        held = connection.execute(
            "SELECT member FROM member WHERE org = ? AND grp = ?", (change.org, change.id)
        )
        left = tuple(str(member) for (member,) in held.fetchall() if member not in stay)
    told = [_leave(connection, change, member, effect) for member in left]
    told += [_join(connection, change, one, effect) for one in delta.joined]
    effect.events += [Told(change.id, event, document) for event in told if event is not None]


def _leave(
    connection: apsw.Connection, change: Change, member: str, effect: Effect
) -> Event | None:
    kind: Any = connection.execute(_LEAVE, (change.org, change.id, member)).get
    if kind is None:
        return None
    _, name = row_of(connection, _NAMED_AT, _NAMED, (change.org, member)) or (kind, "")
    effect.members -= 1
    effect.nested -= int(kind == 2)
    return _membership(EventType.MEMBER_REMOVED, member, kind, name)


def _join(
    connection: apsw.Connection, change: Change, one: Joining, effect: Effect
) -> Event | None:
    member = one.id
    found = row_of(connection, _NAMED_AT, _NAMED, (change.org, member))
    if found is None:
        raise no_such_member(member)
    kind, name = found
    if member == change.id:
        raise own_member()
    connection.execute(_JOIN, (change.org, change.id, member, kind, one.display))
    if not connection.changes():
        return None
    effect.members += 1
    effect.nested += int(kind == 2)
    return _membership(EventType.MEMBER_ADDED, member, kind, name)


def _membership(what: EventType, member: str, kind: int, name: str) -> Event:
    return Event(
        what, {"member": member, "type": "User" if kind == 1 else "Group", "display": name}
    )


def _delete(connection: Connection, change: Change, row: _Row) -> tuple[Outcome, Effect]:
    effect = Effect()
    if change.kind is Kind.GROUP:
        effect.reached = _reached_by(connection, change)
    connection.execute("DELETE FROM resource WHERE seq = ?", (row.seq,))
    _leave_all(connection, change, row, effect)
    if change.kind is Kind.USER:
        effect.users, effect.active = -1, -int(bool(row.active))
        effect.owners = -is_owner(active=row.active, role=row.role)
        effect.listed = _listed(change, listed_values(loads(row.keys)), there=False)
    else:
        effect.groups = -1
        effect.nested -= _disband(connection, change)
    effect.events += _told(change, row.document)
    stored = Stored(change.kind, change.id, row.version, row.created, row.modified, row.document)
    return Outcome(stored), effect


def _reached_by(connection: Connection, change: Change) -> list[str]:
    """The accounts in a group, where it gives them a role."""
    rules = roles.rules_of(connection, change.org)
    if not rules:
        return []
    sql = "SELECT member, kind FROM member WHERE org = ? AND grp = ?"
    held = connection.execute(sql, (change.org, change.id)).fetchall()
    moved = [(change.id, str(member), kind == NUMBERS[Kind.GROUP]) for member, kind in held]
    return roles.reached(connection, change.org, rules, moved)


def _leave_all(connection: apsw.Connection, change: Change, row: _Row, effect: Effect) -> None:
    """Out of every group, each of which is a new version of itself (RFC 7643 section 4.2)."""
    held: list[tuple[Any, ...]] = connection.execute(_LEAVE_ALL, (change.org, change.id)).fetchall()
    if not held:
        return
    name = loads(row.document)["userName" if change.kind is Kind.USER else "displayName"]
    for group, kind in sorted(held):
        document: Any = connection.execute(_BUMP, (change.at, -1, change.org, group)).get
        effect.nested -= int(kind == 2)
        event = _membership(EventType.MEMBER_REMOVED, change.id, kind, name)
        effect.events.append(Told(group, event, document))


def _disband(connection: apsw.Connection, change: Change) -> int:
    """Take all members out of a group that goes; how many of them were groups."""
    key = (change.org, change.id)
    nested = connection.execute(
        "SELECT count(*) FROM member WHERE org = ? AND grp = ? AND kind = 2", key
    ).get
    connection.execute("DELETE FROM member WHERE org = ? AND grp = ?", key)
    return int(nested)
