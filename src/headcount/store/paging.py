"""How a part of a list comes together, whichever database is asked."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

from headcount.store.browsing import Chosen, Line, Part
from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, OrgId, Stored
from headcount.store.refusals import not_found
from headcount.store.streams import Ask, Place, Streams, Words, keys_of, roles_counted

MOST_LOOKED_AT = 5_000  # candidates for one part
_AT_A_TIME = 500
_AGAIN = "~"  # between an id and by how manieth key a text led there

T = TypeVar("T")

Rows = Sequence[Sequence[Any]]
Asking: TypeAlias = Generator[Ask, Rows, T]
"""Asks the database, is sent the rows, and comes to a result."""


class _Found(NamedTuple):
    lines: list[Line]
    at: Place | None  # the last candidate that was looked at
    over: bool  # there are no more candidates


def counted_roles(words: Words, org: OrgId, roles: Sequence[str], most: int) -> Asking[list[int]]:
    """How many have each of these roles, as `Browsing.count_roles` tells."""
    rows = (yield roles_counted(words, org, roles, most)) if roles else []
    return [times for _, times in sorted((row[0], row[1]) for row in rows)]


@dataclass(frozen=True, slots=True)
class Paging:
    """One list of an organisation."""

    words: Words
    org: OrgId
    kind: Kind
    chosen: Chosen
    limit: int

    def part(self, after: str, before: str) -> Asking[Part]:
        """The part behind `after`, or before `before`, or the first."""
        chosen, place = self.chosen, None
        texts = (chosen.text, chosen.role, chosen.group, *chosen.writers)
        if any("\0" in (one or "") for one in texts):
            return Part([])  # no text in a database holds it
        if before or after:
            place = yield from self._place(before or after)
        backwards = bool(before) and place is not None
        found = yield from self._find(place, backwards=backwards)
        lines, full = found.lines[: self.limit], found.over or len(found.lines) >= self.limit
        behind = None
        if len(found.lines) > self.limit:
            behind = self._called(lines[-1])
        elif not found.over and found.at is not None:
            behind = yield from self._name(found.at)
        first = self._called(lines[0]) if lines and place is not None else None
        if backwards:
            return Part(lines[::-1], behind, first, full)
        return Part(lines, first, behind, full)

    def one(self, resource_id: str) -> Asking[Line]:
        """The line of one resource."""
        rows: Rows = []
        if "\0" not in resource_id:
            rows = yield self._those([resource_id])
        if not rows:
            raise not_found(self.kind, resource_id)
        return Line(Stored(self.kind, *rows[0][:5]), rows[0][5])

    def _find(self, place: Place | None, *, backwards: bool) -> Asking[_Found]:
        descending = self.chosen.descending and not self.chosen.text
        streams = Streams(self.words, self.org, self.kind, self.chosen, descending is not backwards)
        some = 3 if self.chosen.text else 1  # a text may lead to the same again, and costs more
        number = _AT_A_TIME if streams.picks else some * (self.limit + 1)
        lines: list[Line] = []
        at, looked_at = place, 0
        while len(lines) <= self.limit and looked_at < MOST_LOOKED_AT:
            rows = yield streams.candidates(at, number)
            lines += yield from self._fitting(rows)
            if len(rows) < number:
                return _Found(lines, at, over=True)
            at, looked_at = Place(rows[-1][0], rows[-1][1]), looked_at + some * number
        return _Found(lines, at, over=False)

    def _fitting(self, rows: Rows) -> Asking[list[Line]]:
        """The lines of those candidates who fit, each where a text leads to them first."""
        fitting = list(dict.fromkeys((row[0], row[1]) for row in rows if row[2]))
        if not fitting:
            return []
        read = {row[0]: row for row in (yield self._those([one for _, one in fitting]))}
        return [
            Line(Stored(self.kind, *row[:5]), row[5])
            for key, one in fitting
            if (row := read.get(one)) is not None and self._leads_first(key, row)
        ]

    def _leads_first(self, key: str, row: Sequence[Any]) -> bool:
        return not self.chosen.text or self._keys(row)[:1] == [key]

    def _keys(self, row: Sequence[Any]) -> list[str]:
        return keys_of(self.words, self.kind, self.chosen.text, row[4], row[6])

    def _those(self, ids: Sequence[str]) -> Ask:
        some = list(dict.fromkeys(ids))
        sql = (
            "SELECT r.id, r.version, r.created, r.modified, r.document, r.member_count, r.name"
            f" FROM resource r WHERE r.org = ? AND r.kind = {NUMBERS[self.kind]}"
            f" AND r.id IN ({', '.join('?' * len(some))})"
        )
        return Ask(sql, [self.org, *some])

    def _called(self, line: Line) -> str:
        """What the place of a line is called."""
        return f"{line.stored.id}{_AGAIN}0" if self.chosen.text else line.stored.id

    def _name(self, place: Place) -> Asking[str | None]:
        """What a place is called where a text may have led to somebody before."""
        if not self.chosen.text:
            return place.id
        rows = yield self._those([place.id])
        keys = self._keys(rows[0]) if rows else []
        return f"{place.id}{_AGAIN}{keys.index(place.key)}" if place.key in keys else None

    def _place(self, name: str) -> Asking[Place | None]:
        """The place that is called so."""
        if "\0" in name:
            return None
        resource_id, number = name, 0
        if self.chosen.text:
            resource_id, _, digits = name.rpartition(_AGAIN)
            number = int(digits) if digits.isdecimal() and len(digits) < 5 else 0
        elif not self.chosen.by_name or self.chosen.group is not None:
            return Place(name, name)
        rows = yield self._those([resource_id])
        if not rows:
            return None
        keys = self._keys(rows[0]) if self.chosen.text else [rows[0][6]]
        return Place(keys[number], resource_id) if number < len(keys) else None
