"""A filter as SQL: the same answer as `scim.match`, from comparison keys that Python made.

What has a column is compared there; everything else in `keys`, the JSON of the comparison keys. A
condition may be NULL where there is no value, which a WHERE takes for no; only `ne` and `not` turn
it round, and have to say so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headcount.scim.attributes import Attribute
from headcount.scim.filters import And, Compare, Filter, Not, Op, Or, Present, ValuePath
from headcount.scim.paths import AttrPath
from headcount.scim.values import Scalar, comparison_key
from headcount.store.model import LISTED_PATHS, Kind, OrgId
from headcount.store.sqlite.points import NUMBERS

_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}
_MILLISECONDS = "substr(r.{0}, 1, 23) || '000000Z'"  # as `moment_key` writes it
_COLUMNS = {
    ("id",): "r.id",
    ("externalId",): "r.external_id",
    ("meta", "created"): _MILLISECONDS.format("created"),
    ("meta", "lastModified"): _MILLISECONDS.format("modified"),
    ("meta", "version"): """'W/"' || r.version || '"'""",
}
_USER_COLUMNS = {("active",): "r.active", ("role",): "r.role"}
_INDEXED = frozenset({"r.id", "r.external_id", "r.name"})
_LISTED = frozenset(LISTED_PATHS)

_MEMBER_PARTS = {
    "value": "m.member",
    "display": "fold(m.display)",
    "type": "CASE m.kind WHEN 1 THEN 'user' ELSE 'group' END",
    "$ref": "? || CASE m.kind WHEN 1 THEN '/Users/' ELSE '/Groups/' END || m.member",
}
_GROUP_PARTS = {
    "value": "g.id",
    "display": "g.name",
    "type": "CASE WHEN max(up.direct) THEN 'direct' ELSE 'indirect' END",
    "$ref": "? || '/Groups/' || g.id",
}
_MEMBERS = "SELECT {0} FROM member m WHERE m.org = r.org AND m.grp = r.id"
_GROUPS = """WITH RECURSIVE up (grp, direct) AS (
    SELECT grp, 1 FROM member WHERE org = r.org AND member = r.id
    UNION SELECT m.grp, 0 FROM up JOIN member m ON m.org = r.org AND m.member = up.grp)
    SELECT {0} FROM up JOIN resource g ON g.org = r.org AND g.kind = 2 AND g.id = up.grp
    GROUP BY g.id"""
_BELOW = """r.id IN (WITH RECURSIVE down (id, kind) AS (
    SELECT member, kind FROM member WHERE org = ? AND grp = ?
    UNION SELECT m.member, m.kind FROM down
    JOIN member m ON m.org = ? AND m.grp = down.id WHERE down.kind = 2)
    SELECT id FROM down WHERE kind = 1)"""


@dataclass(slots=True)
class Condition:
    """SQL about a row `r`, with the values of its question marks in order."""

    sql: str
    parameters: list[Any] = field(default_factory=list)


Expression = Condition


@dataclass(slots=True)
class Translator:
    """Turns filters about the resources of one kind in one organisation into SQL."""

    org: OrgId
    kind: Kind
    base: str = ""  # what `$ref` and `meta.location` begin with

    def condition(self, node: Filter) -> Condition:
        """The condition that `node` states about a row `r`."""
        return self._node(node, self._of_row)

    def _node(self, node: Filter, of: "Of") -> Condition:
        match node:
            case And(left, right):
                return _joined("AND", self._node(left, of), self._node(right, of))
            case Or(left, right):
                return _joined("OR", self._node(left, of), self._node(right, of))
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
        if op is Op.EQ and of == self._of_row and (quick := self._by_index(path, wanted)):
            return quick
        return of(path, lambda held: _test(held, op, wanted))

    def _by_index(self, path: AttrPath, wanted: Any) -> Condition | None:
        """An `eq` in a list that has an index: by e-mail, by member, by group."""
        if path.names == ("members", "value"):
            sql = "r.id IN (SELECT grp FROM member WHERE org = ? AND member = ?)"
            return Condition(sql, [self.org, wanted])
        if path.names == ("groups", "value"):
            return Condition(_BELOW, [self.org, wanted, self.org])
        if self.kind is Kind.USER and path.names in _LISTED:
            return self._listed(path, wanted)
        return None

    def _listed(self, path: AttrPath, wanted: Any) -> Condition:
        sql = "SELECT id FROM listed_value WHERE org = ? AND kind = ? AND path = ? AND key = ?"
        return Condition(
            f"r.id IN ({sql})", [self.org, NUMBERS[self.kind], ".".join(path.names), wanted]
        )

    def _of_row(self, path: AttrPath, test: "Test") -> Condition:
        """`test` holds of a value at `path` in the row."""
        names = path.names
        if names[0] in {"members", "groups"}:
            return self._of_relation(path, test)
        if names in {("meta",), ("meta", "location"), ("meta", "resourceType")}:
            return test(self._meta(names))
        column = self.column(names)
        if column is not None:
            return test(Expression(column))
        return _of_keys(path.steps, "r.keys", test)

    def column(self, names: tuple[str, ...]) -> str | None:
        """The column that holds the key of an attribute, where there is one."""
        if names == (_NAMES[self.kind],):
            return "r.name"
        if self.kind is Kind.USER and names in _USER_COLUMNS:
            return _USER_COLUMNS[names]
        return _COLUMNS.get(names)

    def _meta(self, names: tuple[str, ...]) -> Expression:
        if names[1:] == ("location",):
            return Expression("? || '/' || ? || 's/' || r.id", [self.base, self.kind.value])
        return Expression("?", [self.kind.value])

    def _of_relation(self, path: AttrPath, test: "Test") -> Condition:
        """Entries that are rows of their own: the members of a group, the groups of an account."""
        parts = self._parts(path.names[0])
        part = parts.get(path.names[1] if len(path.names) > 1 else "value")
        return self._some(path.names[0], test(part) if part else Condition("0"))

    def _parts(self, name: str) -> Mapping[str, Expression]:
        parts = _MEMBER_PARTS if name == "members" else _GROUP_PARTS
        return {
            key: Expression(sql, [self.base] if "?" in sql else []) for key, sql in parts.items()
        }

    def _some(self, name: str, test: Condition) -> Condition:
        """Whether one of the related rows passes."""
        rows = (_MEMBERS if name == "members" else _GROUPS).format(f"({test.sql}) IS TRUE AS fits")
        return Condition(f"EXISTS (SELECT 1 FROM ({rows}) WHERE fits)", test.parameters)

    def _entry(self, path: AttrPath, where: Filter) -> Condition:
        """One entry fits all of `where`; an index narrows the rows down first, where one can."""
        if path.names[0] in {"members", "groups"}:
            parts = self._parts(path.names[0])
            test = self._node(where, lambda sub, test: test(parts[sub.names[0]]))
            return self._some(path.names[0], test)
        test = self._node(where, lambda sub, test: _of_keys(sub.steps, "e.value", test))
        found = _of_keys(path.steps, "r.keys", lambda _: test)
        if self.kind is Kind.USER:
            for sub, wanted in _equal_values(where):
                if (*path.names, sub) in _LISTED:
                    return _joined(
                        "AND", self._listed(path.below(path.leaf.subs[sub]), wanted), found
                    )
        return found


Test = Callable[[Expression], Condition]
Of = Callable[[AttrPath, Test], Condition]


def _joined(word: str, left: Condition, right: Condition) -> Condition:
    return Condition(f"({left.sql} {word} {right.sql})", left.parameters + right.parameters)


def _opposite(inner: Condition) -> Condition:
    return Condition(f"({inner.sql}) IS NOT TRUE", inner.parameters)


def _present(held: Expression) -> Condition:
    return Condition(f"({held.sql}) IS NOT NULL", held.parameters)


def _of_keys(steps: tuple[Attribute, ...], document: str, test: Test) -> Condition:
    """`test` holds of a value that stands below `document`, some JSON."""
    for at, step in enumerate(steps):
        if step.multi_valued:
            entries = json_path(steps[: at + 1])
            inner = _of_entry(steps[at + 1 :], test)
            sql = (
                f"EXISTS (SELECT 1 FROM json_each({document}, '{entries}') AS e WHERE {inner.sql})"
            )
            return Condition(sql, inner.parameters)
    return test(Expression(f"json_extract({document}, '{json_path(steps)}')"))


def _of_entry(steps: tuple[Attribute, ...], test: Test) -> Condition:
    if not steps:
        return test(Expression("e.value"))
    return test(Expression(f"json_extract(e.value, '{json_path(steps)}')"))


def json_path(steps: tuple[Attribute, ...]) -> str:
    """Where an attribute stands in JSON, in SQLite's words. Names come from schemas alone."""
    return "$" + "".join(f'."{step.name}"' for step in steps)


def _test(held: Expression, op: Op, wanted: Any) -> Condition:
    """`op` between a value and `wanted`. Each `held` in the SQL takes its parameters along."""
    text = held.sql
    given = held.parameters
    match op:
        case Op.EQ:
            return Condition(f"{text} = ?", [*given, wanted])
        case Op.CO:
            return Condition(f"instr({text}, ?) > 0", [*given, wanted])
        case Op.SW:
            return _starts_with(held, wanted)
        case Op.EW:
            sql = f"substr({text}, -?) = ?" if wanted else f"({text}) IS NOT NULL"
            return Condition(sql, [*given, len(wanted), wanted] if wanted else [*given])
        case _:
            sign = {Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<="}[op]
            return _same_kind(held, Condition(f"{text} {sign} ?", [*given, wanted]), wanted)


def _starts_with(held: Expression, wanted: str) -> Condition:
    if held.sql in _INDEXED and wanted and (end := _after(wanted)):
        return Condition(f"({held.sql} >= ? AND {held.sql} < ?)", [wanted, end])
    return Condition(f"substr({held.sql}, 1, ?) = ?", [*held.parameters, len(wanted), wanted])


def _after(prefix: str) -> str | None:
    """The first text behind all that start with `prefix`, where there is one to write down."""
    last = ord(prefix[-1]) + 1
    if last > 0x10FFFF or 0xD800 <= last <= 0xDFFF:
        return None
    return prefix[:-1] + chr(last)


def _same_kind(held: Expression, test: Condition, wanted: Any) -> Condition:
    """SQLite orders numbers before texts; SCIM does not order them at all."""
    if held.sql.startswith(("json_extract", "e.value")):
        negation = "" if isinstance(wanted, str) else "NOT "
        return Condition(
            f"({negation}typeof({held.sql}) = 'text' AND {test.sql})",
            held.parameters + test.parameters,
        )
    return test


def _equal_values(where: Filter) -> list[tuple[str, Any]]:
    """The (sub-attribute, key) that every fitting entry must have."""
    match where:
        case And(left, right):
            return _equal_values(left) + _equal_values(right)
        case Compare(path, Op.EQ, value) if isinstance(value, str) and value:
            return [(path.leaf.name, comparison_key(path.leaf, value))]
        case _:
            return []
