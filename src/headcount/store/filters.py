"""A filter as SQL: the same answer as `scim.match`, from comparison keys that Python made.

What has a column is compared there; everything else in `keys`, the JSON of the comparison keys. A
condition may be NULL where there is no value, which a WHERE takes for no; only `ne` and `not` turn
it round, and have to say so. How a store writes each of these is its own; what a filter means is
here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from headcount.scim.attributes import Attribute
from headcount.scim.filters import And, Compare, Filter, Not, Op, Or, Present, ValuePath
from headcount.scim.paths import AttrPath
from headcount.scim.values import Scalar, comparison_key
from headcount.store.model import Kind, OrgId

NUMBERS = {Kind.USER: 1, Kind.GROUP: 2}
"""How a kind is written in the database."""

NAMES = {Kind.USER: ("userName",), Kind.GROUP: ("displayName",)}
"""What is unique in an organisation, and in the column `name`."""


@dataclass(slots=True)
class Condition:
    """SQL about a row `r`, with the values of its question marks in order."""

    sql: str
    parameters: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Expression(Condition):
    """SQL for a value of a row `r`."""

    is_json: bool = False  # some JSON, of whatever type; otherwise what the column holds
    indexed: bool = False  # an index leads to the rows that begin with a text
    always: bool = False  # never NULL
    unique: bool = False  # no two rows of a kind in an organisation have the same


_FIRST_RELATION = {
    "members": "(SELECT min(m.member) FROM member m WHERE m.org = r.org AND m.grp = r.id)",
    "groups": "(SELECT min(m.grp) FROM member m WHERE m.org = r.org AND m.member = r.id)",
}

Columns = Mapping[Kind, Mapping[tuple[str, ...], Expression]]
Parts = Mapping[str, Mapping[str, str]]
Rows = Mapping[str, str]


@dataclass(slots=True)
class Translator(ABC):
    """Turns filters about the resources of one kind in one organisation into SQL."""

    org: OrgId
    kind: Kind
    base: str = ""  # what `$ref` and `meta.location` begin with

    columns: ClassVar[Columns]
    """What has a column of its own, by the names that lead to it."""

    relation_parts: ClassVar[Parts]
    """The parts of the entries of `members` and `groups`; a question mark stands for the base."""

    relation_rows: ClassVar[Rows]
    """The rows that are these entries; `{0}` is what is selected."""

    below: ClassVar[str]
    """Whether a row is in a group, at any depth: organisation, group, organisation."""

    @abstractmethod
    def test(self, held: Expression, op: Op, wanted: Any) -> Condition:
        """Whether `op` (neither `ne` nor about no value) holds between a value and a key."""

    @abstractmethod
    def in_keys(self, steps: tuple[Attribute, ...], document: str, test: "Test") -> Condition:
        """Whether `test` holds of a value that stands below `document`, some JSON of keys."""

    @abstractmethod
    def by_index(self, path: AttrPath, wanted: Any) -> Condition | None:
        """An `eq` for which there is an index in `keys` or beside them."""

    @abstractmethod
    def first_key(self, path: AttrPath) -> Expression:
        """The key at `path`; in a list that of its primary entry, or of its first."""

    def sortable(self, column: Expression) -> Expression:
        """A column in a form that may stand in a cursor."""
        return column

    def sort_key(self, path: AttrPath) -> Expression:
        """The value to sort by; of a list that of its primary entry, or of its first."""
        names = path.names
        if column := self.column(names):
            return self.sortable(column)
        if names[0] in _FIRST_RELATION:
            return Expression(_FIRST_RELATION[names[0]])
        if names[0] == "meta":
            return Expression("r.id", always=True)
        return self.first_key(path)

    def condition(self, node: Filter) -> Condition:
        """The condition that `node` states about a row `r`."""
        return self._node(node, self._of_row)

    def column(self, names: tuple[str, ...]) -> Expression | None:
        """The column that holds the key of an attribute, where there is one."""
        return self.columns[self.kind].get(names)

    def _node(self, node: Filter, of: "Of") -> Condition:
        match node:
            case And(left, right):
                return joined("AND", self._node(left, of), self._node(right, of))
            case Or(left, right):
                return joined("OR", self._node(left, of), self._node(right, of))
            case Not(inner):
                return _opposite(self._node(inner, of))
            case Present(path):
                return of(path, _present)
            case ValuePath(path, where):
                return self._entry(path, where)
            case Compare(path, op, value):
                return self._compare(path, op, value, of)

    def _compare(self, path: AttrPath, op: Op, value: Scalar, of: "Of") -> Condition:
        if op is Op.NE:
            return _opposite(self._compare(path, Op.EQ, value, of))
        if value is None or (value == "" and op is Op.EQ):
            return _opposite(of(path, _present))
        wanted = comparison_key(path.leaf, value)
        if op is Op.EQ and of == self._of_row and (quick := self._equal(path, wanted)):
            return quick
        return of(path, lambda held: self.test(held, op, wanted))

    def _equal(self, path: AttrPath, wanted: Any) -> Condition | None:
        """An `eq` in a list that has an index: by e-mail, by member, by group."""
        if path.names == ("members", "value"):
            sql = "r.id IN (SELECT grp FROM member WHERE org = ? AND member = ?)"
            return Condition(sql, [self.org, wanted])
        if path.names == ("groups", "value"):
            return Condition(self.below, [self.org, wanted, self.org])
        if path.names[0] in {"members", "groups", "meta"} or self.column(path.names):
            return None
        return self.by_index(path, wanted)

    def _of_row(self, path: AttrPath, test: "Test") -> Condition:
        """`test` holds of a value at `path` in the row."""
        names = path.names
        if names[0] in {"members", "groups"}:
            return self._of_relation(path, test)
        if names in {("meta",), ("meta", "location"), ("meta", "resourceType")}:
            return test(self._meta(names))
        column = self.column(names)
        if column is not None:
            return test(column)
        return self.in_keys(path.steps, "r.keys", test)

    def _meta(self, names: tuple[str, ...]) -> Expression:
        if names[1:] == ("location",):
            sql = "CAST(? AS TEXT) || r.id"
            return Expression(sql, [f"{self.base}/{self.kind.value}s/"], always=True)
        return Expression("CAST(? AS TEXT)", [self.kind.value], always=True)

    def _of_relation(self, path: AttrPath, test: "Test") -> Condition:
        """Entries that are rows of their own: the members of a group, the groups of an account."""
        parts = self._parts(path.names[0])
        part = parts.get(path.names[1] if len(path.names) > 1 else "value")
        return self._some(path.names[0], test(part) if part else Condition("FALSE"))

    def _parts(self, name: str) -> Mapping[str, Expression]:
        return {
            key: Expression(sql, [self.base] if "?" in sql else [])
            for key, sql in self.relation_parts[name].items()
        }

    def _some(self, name: str, test: Condition) -> Condition:
        """Whether one of the related rows passes."""
        rows = self.relation_rows[name].format(f"({test.sql}) IS TRUE AS fits")
        return Condition(f"EXISTS (SELECT 1 FROM ({rows}) AS x WHERE fits)", test.parameters)

    def _entry(self, path: AttrPath, where: Filter) -> Condition:
        """One entry fits all of `where`; an index narrows the rows down first, where one can."""
        if path.names[0] in {"members", "groups"}:
            parts = self._parts(path.names[0])
            test = self._node(where, lambda sub, test: test(parts[sub.names[0]]))
            return self._some(path.names[0], test)
        test = self._node(where, lambda sub, test: self.in_keys(sub.steps, "e.value", test))
        found = self.in_keys(path.steps, "r.keys", lambda _: test)
        for sub, wanted in _equal_values(where):
            quick = self.by_index(path.below(path.leaf.subs[sub]), wanted)
            if quick is not None:
                found = joined("AND", quick, found)
        return found


Test = Callable[[Expression], Condition]
Of = Callable[[AttrPath, Test], Condition]


def joined(word: str, left: Condition, right: Condition) -> Condition:
    """Two conditions with AND or OR between them."""
    return Condition(f"({left.sql} {word} {right.sql})", left.parameters + right.parameters)


def _opposite(inner: Condition) -> Condition:
    return Condition(f"({inner.sql}) IS NOT TRUE", inner.parameters)


def _present(held: Expression) -> Condition:
    return Condition(f"({held.sql}) IS NOT NULL", held.parameters)


def prefix_range(held: Expression, prefix: str) -> Condition | None:
    """`held` begins with `prefix`, as a range that an index leads to, where there is one."""
    if not held.indexed or not prefix or (end := behind_prefix(prefix)) is None:
        return None
    return Condition(f"({held.sql} >= ? AND {held.sql} < ?)", [prefix, end])


def behind_prefix(prefix: str) -> str | None:
    """The first text behind all that start with `prefix`, where there is one to write down."""
    last = ord(prefix[-1]) + 1
    if last > 0x10FFFF or 0xD800 <= last <= 0xDFFF:
        return None
    return prefix[:-1] + chr(last)


def _equal_values(where: Filter) -> list[tuple[str, Any]]:
    """The (folded sub-attribute, key) that every fitting entry must have."""
    match where:
        case And(left, right):
            return _equal_values(left) + _equal_values(right)
        case Compare(path, Op.EQ, value) if isinstance(value, str) and value:
            return [(path.leaf.folded, comparison_key(path.leaf, value))]
        case _:
            return []
