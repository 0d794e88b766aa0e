"""The rows that a part of a list may be made of, as SQL that every store understands.

Each stream is a walk along one index, from a place on. Where a text is looked for there are several
of them, and the database puts them in one order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from orjson import loads

from headcount.store.browsing import LONGEST_KEY, Chosen
from headcount.store.filters import NUMBERS, behind_prefix
from headcount.store.model import Kind, OrgId


class Source(NamedTuple):
    """Rows of one organisation in the order of a key, by an index."""

    rows: str  # with the question mark of the organisation
    key: str
    id: str  # whose the key is
    unique: bool = False  # no two have the same key


class Words(NamedTuple):
    """How a store writes what is its own."""

    display: Source  # keys of displayNames, no longer than an index holds
    family: Source
    emails: Source
    by: str  # the index that leads to the rows, where the database has to be told
    writer: str  # who of those with a token wrote `r` last, with the question mark of `org`
    all_emails: bool  # or the first of each account alone
    longest_email: int | None = None  # characters of one that an index holds


class Ask(NamedTuple):
    """A statement with question marks, and their values."""

    sql: str
    given: list[Any]


class Place(NamedTuple):
    """A place in the order of a list."""

    key: str
    id: str


def keys_of(words: Words, kind: Kind, text: str, document: bytes, name: str) -> list[str]:
    """The keys by which a text leads to somebody, in their order.

    Args:
        words: of the store.
        kind: what the document is of.
        text: what is looked for.
        document: of the one who was found.
        name: the key of their name.
    """
    found: dict[str, Any] = loads(document)
    folded = text.casefold()
    leading = {name} if name.startswith(folded) else set()
    if kind is Kind.USER:
        names = (found.get("displayName"), (found.get("name") or {}).get("familyName"))
        short = [one.casefold()[:LONGEST_KEY] for one in names if one]
        leading |= {key for key in short if key.startswith(folded[:LONGEST_KEY])}
        emails = [entry.get("value") for entry in found.get("emails") or []]
        listed = emails if words.all_emails else emails[:1]
        whole = [one.casefold()[: words.longest_email] for one in listed if one]
        leading |= {key for key in whole if key.startswith(folded)}
        leading |= {""} if found.get("externalId") == text else set()
    return sorted(leading)


def roles_counted(words: Words, org: OrgId, roles: Sequence[str], most: int) -> Ask:
    """How many have each of these roles, with its place: only entries of an index are read."""
    rows = f"resource r{words.by.format('resource_role')} WHERE r.org = ? AND r.kind = 1"
    few = f"{rows} AND r.role <> 'member' AND r.role = ? ORDER BY r.id LIMIT ?"
    counts = [
        f"SELECT {place} AS place, (SELECT count(*) FROM (SELECT r.id FROM {few}) AS x) AS times"
        for place, _ in enumerate(roles)
    ]
    sql = " UNION ALL ".join(counts)
    return Ask(sql, [value for role in roles for value in (org, role, most + 1)])


_EVERYBODY = "resource_id"
"""The index of all resources, by id."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The candidates for a part, in one direction."""

    words: Words
    org: OrgId
    kind: Kind
    chosen: Chosen
    descending: bool

    def candidates(self, at: Place | None, number: int) -> Ask:
        """Keys and ids from a place on, and whether the rest of what is chosen fits."""
        inner = self._by_text(at, number) if self.chosen.text else self._by_order(at, number)
        fits = self._fits() if self.picks else Ask("1", [])
        sql = (
            f"SELECT x.key, x.id, {fits.sql} FROM ({inner.sql}) AS x"
            f" ORDER BY x.key{self._way}, x.id{self._way} LIMIT ?"
        )
        return Ask(sql, [*fits.given, *inner.given, number])

    @property
    def picks(self) -> bool:
        """Whether not every candidate fits."""
        return bool(self._rest().sql) or (self._is_led_apart and self._index() != _EVERYBODY)

    @property
    def _is_led_apart(self) -> bool:
        return bool(self.chosen.text) or self.chosen.group is not None

    def _fits(self) -> Ask:
        """Whether a candidate `x` is found by the index of those who are chosen, and fits."""
        rest = self._rest()
        rows = self._chosen_rows(_EVERYBODY if not self._is_led_apart else self._index())
        sql = f"(SELECT {rest.sql or '1'} FROM {rows.sql} AND r.id = x.id)"
        return Ask(sql, [*rest.given, *rows.given])

    def _index(self) -> str:
        """The index of those who are chosen, where they are few."""
        if self.chosen.role not in {None, "member"}:
            return "resource_role"
        return "resource_inactive" if self.chosen.active is False else _EVERYBODY

    def _chosen_rows(self, index: str, suffix: str = "") -> Ask:
        """The rows that an index holds."""
        rows = self._rows(index + suffix)
        if index == "resource_role":
            given = [self.org, self.chosen.role]
            return Ask(f"{rows} AND r.role <> 'member' AND r.role = ?", given)
        return Ask(
            rows + (" AND r.active IS NOT TRUE" if index == "resource_inactive" else ""), [self.org]
        )

    def _rest(self) -> Ask:
        """What is chosen beside that for which there is an index."""
        chosen = self.chosen
        tests: list[str] = []
        given: list[Any] = []
        if chosen.role == "member":
            tests.append("coalesce(r.role, 'member') = 'member'")
        if chosen.active is True:
            tests.append("r.active IS TRUE")
        elif chosen.active is False and self._index() != "resource_inactive":
            tests.append("r.active IS NOT TRUE")
        if chosen.group is not None and chosen.text:
            member = "SELECT 1 FROM member m WHERE m.org = ? AND m.grp = ? AND m.member = r.id"
            tests.append(f"EXISTS ({member})")
            given += [self.org, chosen.group]
        if chosen.writers:
            tests.append(f"({self.words.writer}) IN ({', '.join('?' * len(chosen.writers))})")
            given += [self.org, *chosen.writers]
        return Ask(" AND ".join(tests), given)

    @property
    def _way(self) -> str:
        return " DESC" if self.descending else ""

    @property
    def _sign(self) -> str:
        return "<" if self.descending else ">"

    def _rows(self, index: str) -> str:
        by = self.words.by.format(index)
        return f"resource r{by} WHERE r.org = ? AND r.kind = {NUMBERS[self.kind]}"

    def _ordered_rows(self) -> Ask:
        index = self._index()
        if index == _EVERYBODY:
            return self._chosen_rows("resource_name" if self.chosen.by_name else _EVERYBODY)
        return self._chosen_rows(index, "_name" if self.chosen.by_name else "")

    def _by_order(self, at: Place | None, number: int) -> Ask:
        """Everybody, or those whom an index of their own leads to, by id or by name."""
        chosen = self.chosen
        if chosen.group is not None:
            key = id_ = "m.member"
            rows = "member m WHERE m.org = ? AND m.grp = ? AND m.kind = 1"
            given: list[Any] = [self.org, chosen.group]
        else:
            key, id_ = ("r.name", "r.id") if chosen.by_name else ("r.id", "r.id")
            rows, given = self._ordered_rows()
            given = [*given]
        if at is not None:
            rows += f" AND {key} {self._sign} ?"
            given.append(at.key)
        sql = f"SELECT {key} AS key, {id_} AS id FROM {rows} ORDER BY {key}{self._way} LIMIT ?"
        return Ask(sql, [*given, number])

    def _by_text(self, at: Place | None, number: int) -> Ask:
        """Those to whom a text leads, by what it leads to."""
        words, folded = self.words, self.chosen.text.casefold()
        short = folded[:LONGEST_KEY]
        asks = self._ranges(
            Source(self._rows("resource_name"), "r.name", "r.id", unique=True), folded, at, number
        )
        if self.kind is Kind.USER:
            asks += self._ranges(words.display, short, at, number)
            asks += self._ranges(words.family, short, at, number)
            asks += self._ranges(words.emails, folded, at, number)
            asks += self._by_external_id(at, number)
        asks = asks or [Ask("SELECT '' AS key, r.id FROM resource r WHERE FALSE", [])]
        sql = " UNION ALL ".join(f"SELECT * FROM ({one.sql}) AS y" for one in asks)
        return Ask(sql, [value for one in asks for value in one.given])

    def _by_external_id(self, at: Place | None, number: int) -> list[Ask]:
        """Those who have the text as their externalId come first."""
        rows = self._rows("resource_external_id") + " AND r.external_id = ?"
        given: list[Any] = [self.org, self.chosen.text]
        if at is not None and at.key:
            if not self.descending:
                return []
        elif at is not None:
            rows += f" AND r.id {self._sign} ?"
            given.append(at.id)
        sql = f"SELECT '' AS key, r.id AS id FROM {rows} ORDER BY r.id{self._way} LIMIT ?"
        return [Ask(sql, [*given, number])]

    def _ranges(self, source: Source, prefix: str, at: Place | None, number: int) -> list[Ask]:
        """Those whose key begins so: what is left of the key that a place has, and what follows."""
        rows, key, id_, unique = source
        end = behind_prefix(prefix)
        if end is None:
            return []
        ties = "" if unique else f", {id_}{self._way}"  # a key of no use would be sorted by, too
        order = f"ORDER BY {key}{self._way}{ties} LIMIT ?"
        chosen = f"SELECT {key} AS key, {id_} AS id FROM {rows} AND {key}"
        whole = Ask(f"{chosen} >= ? AND {key} < ? {order}", [self.org, prefix, end, number])
        if at is None or (at.key >= end if self.descending else at.key < prefix):
            return [whole]
        if at.key < prefix or at.key >= end:
            return []
        by_id = f"ORDER BY {id_}{self._way} LIMIT ?"
        same = Ask(
            f"{chosen} = ? AND {id_} {self._sign} ? {by_id}", [self.org, at.key, at.id, number]
        )
        if self.descending:
            rest = f"{chosen} >= ? AND {key} < ? {order}"
            onwards = Ask(rest, [self.org, prefix, at.key, number])
        else:
            rest = f"{chosen} > ? AND {key} < ? {order}"
            onwards = Ask(rest, [self.org, at.key, end, number])
        return [onwards] if unique else [same, onwards]
