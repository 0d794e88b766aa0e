"""Whether two databases hold the same: every row of the one against every row of the other.

Both sides are read in the order of their keys and hashed by the same code, so neither has to fit
into memory. Where the hashes differ, both are read once more to name the first row that does.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from orjson import OPT_SORT_KEYS, dumps

from headcount.store.copying import (
    LAYOUTS,
    START,
    Archive,
    AuditedRow,
    EventRow,
    Few,
    Key,
    MemberRow,
    OrganisationRow,
    PlainRow,
    ResourceRow,
    Row,
    Table,
    TokenRow,
)
from headcount.store.filters import NUMBERS
from headcount.store.model import Kind

T = TypeVar("T")


class Watch(Protocol):
    """Somebody who is told how far it is."""

    def begins(self, rows: int) -> None:
        """There are about so many rows to go through."""

    def moves(self, what: str, slug: str, rows: int) -> None:
        """So many rows of an organisation are done, and this is what was done."""


class Part(StrEnum):
    """What is counted and compared by itself."""

    ACCOUNTS = "accounts"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"
    EVENTS = "events"
    ACCOUNT_LINKS = "account_links"
    CONNECTOR_LINKS = "connector_links"
    WAITING = "waiting_webhooks"

    @property
    def name_for_people(self) -> str:
        """As it stands in a sentence."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Compared:
    """One organisation on both sides, with how much of it there is in the source."""

    slug: str
    counts: dict[Part, int]
    differences: tuple[str, ...] = ()  # none: both sides are the same


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found."""

    organisations: tuple[Compared, ...]
    differences: tuple[str, ...] = ()  # besides those of the organisations
    moved: tuple[str, ...] = ()  # organisations that were changed in the source meanwhile

    @property
    def same(self) -> bool:
        """Whether nothing differs, and nothing moved."""
        differ = any(one.differences for one in self.organisations)
        return not (differ or self.differences or self.moved)


State = dict[str, str]
"""Slug -> a digest of everything that tells whether the organisation was changed."""


async def state_of(archive: Archive) -> State:
    """How the organisations stand: counters and positions move with every change."""
    return {
        one.slug: digest([one, *await archive.tokens(one.id), *await archive.few(one.id)])
        for one in await archive.organisations()
    }


async def compare(source: Archive, target: Archive, before: State, watch: Watch) -> Report:
    """Hold the target against the source, which stood as in `before` when all began."""
    theirs = {one.id: one for one in await target.organisations()}
    compared = [
        await _compare(source, target, one, theirs.pop(one.id, None), watch)
        for one in await source.organisations()
    ]
    compared += [_alone(one, "only in the target") for one in theirs.values()]
    differences = await _besides(source, target)
    after = await state_of(source)
    moved = sorted(slug for slug in before | after if before.get(slug) != after.get(slug))
    return Report(tuple(compared), differences, tuple(moved))


async def _besides(source: Archive, target: Archive) -> tuple[str, ...]:
    """What differs and is of no organisation."""
    unlike = set(await source.secrets()) ^ set(await target.secrets())
    differences = [f"the secret {name}" for name in sorted({one.name for one in unlike})]
    differences += _few(await source.few(None), await target.few(None))
    odd = set(await source.administrators()) ^ set(await target.administrators())
    differences += [f"the administrator {email}" for email in sorted({one.email for one in odd})]
    number = await _first_odd_entry(source, target)
    if number is not None:
        differences.append(f"the audit trail: first at {number}")
    return tuple(differences)


async def _first_odd_entry(source: Archive, target: Archive) -> int | None:
    """The number at which the two audit trails part ways."""
    async with aclosing(_each_entry(source)) as ours, aclosing(_each_entry(target)) as theirs:
        while True:
            one, other = await anext(ours, None), await anext(theirs, None)
            if one != other:
                return min(entry.number for entry in (one, other) if entry)
            if one is None:
                return None


async def _each_entry(archive: Archive) -> AsyncGenerator[AuditedRow, None]:
    async with aclosing(entries(archive)) as all_chunks:
        async for rows in all_chunks:
            for row in rows:
                yield row


async def entries(archive: Archive) -> AsyncGenerator[Sequence[AuditedRow], None]:
    """The audit trail, a chunk at a time."""
    rows = await archive.audited(0)
    while rows:
        yield rows
        rows = await archive.audited(rows[-1].number)


async def _compare(
    source: Archive,
    target: Archive,
    one: OrganisationRow,
    other: OrganisationRow | None,
    watch: Watch,
) -> Compared:
    if other is None:
        return _alone(one, "not in the target")
    counts: dict[Part, int] = {}
    differences = _settings(one, other)
    differences += _tokens(await source.tokens(one.id), await target.tokens(one.id))
    differences += _few(await source.few(one.id), await target.few(one.id))
    for table in Table:
        ours, theirs = await _both(
            _sums(source, table, one.id, lambda rows: watch.moves("Comparing", one.slug, rows)),
            _sums(target, table, one.id, lambda _: None),
        )
        for part, held in ours.items():
            counts[part] = held.count
            found = theirs[part]
            if found.digest != held.digest:
                where = await _first_difference(source, target, table, one.id, part)
                count = f", {found.count} instead of {held.count}" * (found.count != held.count)
                differences.append(f"{part.name_for_people}: first at {where}{count}")
    return Compared(one.slug, counts, tuple(differences))


def _alone(one: OrganisationRow, why: str) -> Compared:
    counts = {Part.ACCOUNTS: one.users, Part.GROUPS: one.groups, Part.EVENTS: one.position}
    return Compared(one.slug, counts, (why,))


def _settings(one: OrganisationRow, other: OrganisationRow) -> list[str]:
    pairs = zip(one._fields, one, other, strict=True)
    return [name.replace("_", " ") for name, ours, theirs in pairs if ours != theirs]


def _tokens(ours: Sequence[TokenRow], theirs: Sequence[TokenRow]) -> list[str]:
    odd = {one.id for one in set(ours) ^ set(theirs)}
    return [f"token {one}" for one in sorted(odd)]


_CALLED = {
    Few.FOLLOWERS: "the position of",
    Few.ENDPOINTS: "webhook",
    Few.KEYS: "API key",
    Few.CONNECTORS: "connector",
}


def _few(ours: Sequence[PlainRow], theirs: Sequence[PlainRow]) -> list[str]:
    odd = {(one.table, one.key[0]) for one in set(ours) ^ set(theirs)}
    return [f"{_CALLED[Few(table)]} {key}" for table, key in sorted(odd)]


@dataclass(slots=True)
class Sum:
    """How many rows there are, and a digest of all of them in their order."""

    count: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, row: Row) -> None:
        """One row more."""
        self.count += 1
        self._hash.update(repr(canonical(row)).encode())

    @property
    def digest(self) -> str:
        """Of all rows."""
        return str(self._hash.hexdigest())


_PARTS = {
    Table.RESOURCES: (Part.ACCOUNTS, Part.GROUPS),
    Table.MEMBERS: (Part.MEMBERSHIPS,),
    Table.EVENTS: (Part.EVENTS,),
    Table.ACCOUNT_LINKS: (Part.ACCOUNT_LINKS,),
    Table.CONNECTOR_LINKS: (Part.CONNECTOR_LINKS,),
    Table.WAITING: (Part.WAITING,),
}


async def _sums(
    archive: Archive, table: Table, org: int, watch: Callable[[int], None]
) -> dict[Part, Sum]:
    sums = {part: Sum() for part in _PARTS[table]}
    async with aclosing(chunks(archive, table, org, START[table])) as all_chunks:
        async for rows in all_chunks:
            for row in rows:
                sums[part_of(row)].add(row)
            watch(len(rows))
            await asyncio.sleep(0)
    return sums


def part_of(row: Row) -> Part:
    """What a row is counted as."""
    match row:
        case ResourceRow():
            return Part.ACCOUNTS if row.kind == NUMBERS[Kind.USER] else Part.GROUPS
        case MemberRow():
            return Part.MEMBERSHIPS
        case EventRow():
            return Part.EVENTS
        case PlainRow():
            return _PARTS[Table(row.table)][0]


async def chunks(
    archive: Archive, table: Table, org: int, after: Key
) -> AsyncGenerator[Sequence[Row], None]:
    """The rows behind a key, a chunk at a time; the next one is read meanwhile."""
    rows = await archive.read(table, org, after)
    while rows:
        ahead = asyncio.ensure_future(archive.read(table, org, rows[-1].key))
        try:
            yield rows
            rows = await ahead
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)


async def _first_difference(
    source: Archive, target: Archive, table: Table, org: int, part: Part
) -> str:
    """Where the two sides of a part part ways."""
    async with (
        aclosing(_rows(source, table, org)) as ours,
        aclosing(_rows(target, table, org)) as theirs,
    ):
        one, other = await anext(ours, None), await anext(theirs, None)
        while row := _smaller(one, other):
            differs = not (one and other and canonical(one) == canonical(other))
            if differs and part_of(row) is part:
                return " in ".join(map(str, reversed(row.key[-2:])))
            key = row.key
            if one and one.key == key:
                one = await anext(ours, None)
            if other and other.key == key:
                other = await anext(theirs, None)
    return "a row that was changed meanwhile"


async def _rows(archive: Archive, table: Table, org: int) -> AsyncGenerator[Row, None]:
    async with aclosing(chunks(archive, table, org, START[table])) as all_chunks:
        async for rows in all_chunks:
            for row in rows:
                yield row


def _smaller(one: Row | None, other: Row | None) -> Row | None:
    if one is None or other is None:
        return one or other
    return one if one.key <= other.key else other


async def _both(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, T]) -> tuple[T, T]:
    """Both results; when one of them fails, the other is ended."""
    tasks = [asyncio.ensure_future(one), asyncio.ensure_future(other)]
    try:
        return await tasks[0], await tasks[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def without_use(row: PlainRow) -> PlainRow:
    """The row as it was before it was ever used."""
    if row.table is not Few.KEYS:
        return row
    used = LAYOUTS[row.table].columns.split(", ").index("last_used")
    return row._replace(values=(*row.values[:used], None, *row.values[used + 1 :]))


def digest(values: Iterable[Any]) -> str:
    """A hash of some values, in the same words in every process."""
    return hashlib.sha256(repr([tuple(one) for one in values]).encode()).hexdigest()


def canonical(row: Row) -> tuple[Any, ...]:
    """The row as it compares: a store may order and space the keys of JSON as it likes."""
    if isinstance(row, ResourceRow):
        row = row._replace(keys=canonical_json(row.keys))
    return tuple(row)


def canonical_json(text: str) -> str:
    """JSON with its names in order, and one spelling for each number.

    >>> canonical_json('{"b": 1.0, "a": [1e16, -0.0, 0.1]}')
    '{"a":[10000000000000000,0,0.1],"b":1}'
    """
    return dumps(_DECODER.decode(text), option=OPT_SORT_KEYS).decode()


def _number(text: str) -> int | float:
    """A number; what fits into 64 bits without a fraction is exact.

    >>> _number("9007199254740993"), _number("1e300") == _number("1" + 300 * "0")
    (9007199254740993, True)
    """
    if text.lstrip("-").isdecimal() and len(text) < 19:
        return int(text)
    number = float(text)
    exact = int(text) if text.lstrip("-").isdecimal() else int(number)
    return exact if -(2**63) <= exact < 2**63 and number == exact else number


_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_number)
