"""What many changes of one transaction come to: written once for all of them, at its end.

Each statement is a turn in which the event loop and the writer ask each other for the interpreter,
which costs more than what SQLite does in it. So counters, events and the values of lists, which no
change reads, wait here until the last change is decided.
"""

from dataclasses import dataclass, field
from typing import Any

import apsw
from orjson import dumps

from headcount.store.model import Told
from headcount.store.refusals import last_owner, seats_taken
from headcount.store.sqlite.many import insert
from headcount.store.sqlite.rows import place_of

_COUNTERS = "SELECT active, owners, position, seats FROM organisation WHERE id = ?"
_COUNT = """UPDATE organisation SET users = users + ?, active = active + ?, owners = owners + ?,
    groups = groups + ?, nested = nested + ?, users_gone = users_gone + ?,
    groups_gone = groups_gone + ?, group_names = group_names + ?, position = ? WHERE id = ?"""
_RECORD = "INSERT INTO event (org, position, type, at, actor, subject, data) VALUES"
_KEEP = "INSERT INTO event_document (place, document) VALUES"
_LIST = "INSERT OR IGNORE INTO listed_value (org, kind, path, key, id) VALUES"
_UNLIST = "DELETE FROM listed_value WHERE org = ? AND kind = ? AND path = ? AND key = ? AND id = ?"

Listed = tuple[int, int, str, str, str]
"""Organisation, kind, path, comparison key, id."""


@dataclass(slots=True)
class Effect:
    """What a change turns out to move, besides the row itself."""

    users: int = 0
    active: int = 0
    owners: int = 0
    groups: int = 0
    nested: int = 0
    names: int = 0  # of groups, that may be others
    members: int = 0
    events: list[Told] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)  # accounts a group that goes gave their role
    listed: dict[Listed, bool] = field(default_factory=dict)  # values, and whether they are there


@dataclass(slots=True)
class _Counters:
    """An organisation: how it stands, and what moved since it was read."""

    active: int
    owners: int
    position: int
    seats: int | None
    moved: list[int] = field(default_factory=lambda: [0] * 8)


class Ledger:
    """Takes the effects of changes, and writes them when it is told to."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._counters: dict[int, _Counters] = {}
        self._events: list[tuple[Any, ...]] = []
        self._documents: list[tuple[int, bytes]] = []
        self._listed: dict[Listed, bool] = {}

    def settle(self, org: int, at: str, actor: str, effect: Effect) -> None:
        """Hold what a change moves against what the organisation allows, and take it.

        Raises:
            SeatsTaken, LastOwner: it allows it not; nothing is taken.
        """
        held = self._counters.get(org) or self._read(org)
        active, owners = held.active + effect.active, held.owners + effect.owners
        if effect.active > 0 and held.seats is not None and active > held.seats:
            raise seats_taken(held.seats, active - 1)
        if effect.owners < 0 and owners == 0:
            raise last_owner()
        held.active, held.owners = active, owners
        gone = (max(0, -effect.users), max(0, -effect.groups))
        moved = (
            effect.users,
            effect.active,
            effect.owners,
            effect.groups,
            effect.nested,
            *gone,
            effect.names,
        )
        for place, by in enumerate(moved):
            held.moved[place] += by
        self._listed |= effect.listed
        for subject, event, document in effect.events:
            held.position += 1
            row = (org, held.position, event.type.value, at, actor, subject)
            self._events.append((*row, dumps(event.data).decode()))
            self._documents.append((place_of(org, held.position), document))

    def _read(self, org: int) -> _Counters:
        held = self._counters[org] = _Counters(*self._connection.execute(_COUNTERS, (org,)).get)
        return held

    def write(self) -> None:
        """Write all that was taken since this was done last."""
        execute = self._connection.execute
        for org, held in self._counters.items():
            execute(_COUNT, (*held.moved, held.position, org))
        absent = [one for one, there in self._listed.items() if not there]
        for one in absent:
            execute(_UNLIST, one)
        insert(self._connection, _LIST, [one for one, there in self._listed.items() if there])
        insert(self._connection, _RECORD, self._events)
        insert(self._connection, _KEEP, self._documents)
        self._counters, self._listed = {}, {}
        self._events, self._documents = [], []
