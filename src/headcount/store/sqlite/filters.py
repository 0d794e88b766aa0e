"""Filters and orders in SQLite's words."""

from typing import Any, ClassVar

from headcount.scim.attributes import Attribute
from headcount.scim.filters import Op
from headcount.scim.paths import AttrPath
from headcount.store.filters import (
    NAMES,
    NUMBERS,
    Columns,
    Condition,
    Expression,
    Parts,
    Rows,
    Test,
    Translator as AnyTranslator,
    prefix_range,
)
from headcount.store.model import LISTED_PATHS, Kind

_MILLISECONDS = "substr(r.{0}, 1, 23) || '000000Z'"  # as `moment_key` writes it
_COLUMNS: dict[tuple[str, ...], Expression] = {
    ("id",): Expression("r.id", indexed=True, always=True),
    ("externalId",): Expression("r.external_id", indexed=True),
    ("meta", "created"): Expression(_MILLISECONDS.format("created"), always=True),
    ("meta", "lastModified"): Expression(_MILLISECONDS.format("modified"), always=True),
    ("meta", "version"): Expression("""'W/"' || r.version || '"'"""),
}
_NAME = Expression("r.name", indexed=True, always=True, unique=True)
_USER_COLUMNS: dict[tuple[str, ...], Expression] = {
    ("active",): Expression("r.active"),
    ("role",): Expression("r.role"),
}
_LISTED = frozenset(LISTED_PATHS)


class Translator(AnyTranslator):
    """Filters as SQLite reads them."""

    columns: ClassVar[Columns] = {
        Kind.USER: {**_COLUMNS, **_USER_COLUMNS, NAMES[Kind.USER]: _NAME},
        Kind.GROUP: {**_COLUMNS, NAMES[Kind.GROUP]: _NAME},
    }
    relation_parts: ClassVar[Parts] = {
        "members": {
            "value": "m.member",
            "display": "fold(m.display)",
            "type": "CASE m.kind WHEN 1 THEN 'user' ELSE 'group' END",
            "$ref": "? || CASE m.kind WHEN 1 THEN '/Users/' ELSE '/Groups/' END || m.member",
        },
        "groups": {
            "value": "g.id",
            "display": "g.name",
            "type": "CASE WHEN max(up.direct) THEN 'direct' ELSE 'indirect' END",
            "$ref": "? || '/Groups/' || g.id",
        },
    }
    relation_rows: ClassVar[Rows] = {
        "members": "SELECT {0} FROM member m WHERE m.org = r.org AND m.grp = r.id",
        "groups": """WITH RECURSIVE up (grp, direct) AS (
            SELECT grp, 1 FROM member WHERE org = r.org AND member = r.id
            UNION SELECT m.grp, 0
            FROM up CROSS JOIN member m ON m.org = r.org AND m.member = up.grp)
            SELECT {0}
            FROM up CROSS JOIN resource g ON g.org = r.org AND g.kind = 2 AND g.id = up.grp
            GROUP BY g.id""",
    }
    below = """r.id IN (WITH RECURSIVE down (id, kind) AS (
        SELECT member, kind FROM member WHERE org = ? AND grp = ?
        UNION SELECT m.member, m.kind FROM down
        CROSS JOIN member m ON m.org = ? AND m.grp = down.id WHERE down.kind = 2)
        SELECT id FROM down WHERE kind = 1)"""
    _signs: ClassVar[dict[Op, str]] = {Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<="}

    def test(self, held: Expression, op: Op, wanted: Any) -> Condition:
        """Each `held` in the SQL takes its parameters along."""
        text = held.sql
        given = held.parameters
        match op:
            case Op.EQ:
                return Condition(f"{text} = ?", [*given, wanted])
            case Op.CO:
                return Condition(f"instr({text}, ?) > 0", [*given, wanted])
            case Op.SW:
                plain = f"substr({text}, 1, ?) = ?"
                found = prefix_range(held, wanted)
                return found or Condition(plain, [*given, len(wanted), wanted])
            case Op.EW:
                sql = f"substr({text}, -?) = ?" if wanted else f"({text}) IS NOT NULL"
                return Condition(sql, [*given, len(wanted), wanted] if wanted else [*given])
            case _:
                ordered = Condition(f"{text} {self._signs[op]} ?", [*given, wanted])
                return _same_kind(held, ordered, wanted)

    def in_keys(self, steps: tuple[Attribute, ...], document: str, test: Test) -> Condition:
        """A list in the JSON is read by `json_each`."""
        for at, step in enumerate(steps):
            if step.multi_valued:
                entries = json_path(steps[: at + 1])
                inner = _of_entry(steps[at + 1 :], test)
                rows = f"SELECT 1 FROM json_each({document}, '{entries}') AS e"
                return Condition(f"EXISTS ({rows} WHERE {inner.sql})", inner.parameters)
        return test(_json(document, steps))

    def by_index(self, path: AttrPath, wanted: Any) -> Condition | None:
        """Values in lists of accounts that have a table of their own."""
        if self.kind is not Kind.USER or path.names not in _LISTED:
            return None
        sql = "SELECT id FROM listed_value WHERE org = ? AND kind = ? AND path = ? AND key = ?"
        given = [self.org, NUMBERS[self.kind], ".".join(path.names), wanted]
        return Condition(f"r.id IN ({sql})", given)

    def first_key(self, path: AttrPath) -> Expression:
        """Of a list the primary entry comes first."""
        for at, step in enumerate(path.steps):
            if step.multi_valued:
                return _first(path.steps[: at + 1], path.steps[at + 1 :])
        return _json("r.keys", path.steps)


def _first(entries: tuple[Attribute, ...], rest: tuple[Attribute, ...]) -> Expression:
    """The value in the primary entry of a list, or in its first."""
    value = _json("e.value", rest).sql if rest else "e.value"
    primary = """json_extract(e.value, '$."primary"') IS TRUE DESC, """ if rest else ""
    return Expression(
        f"(SELECT {value} FROM json_each(r.keys, '{json_path(entries)}') AS e"
        f" ORDER BY {primary}e.key LIMIT 1)"
    )


def _json(document: str, steps: tuple[Attribute, ...]) -> Expression:
    return Expression(f"json_extract({document}, '{json_path(steps)}')", is_json=True)


def _of_entry(steps: tuple[Attribute, ...], test: Test) -> Condition:
    return test(_json("e.value", steps) if steps else Expression("e.value", is_json=True))


def json_path(steps: tuple[Attribute, ...]) -> str:
    """Where an attribute stands in JSON, in SQLite's words. Names come from schemas alone."""
    return "$" + "".join(f'."{step.name}"' for step in steps)


def _same_kind(held: Expression, test: Condition, wanted: Any) -> Condition:
    """SQLite orders numbers before texts; SCIM does not order them at all."""
    if held.is_json:
        negation = "" if isinstance(wanted, str) else "NOT "
        return Condition(
            f"({negation}typeof({held.sql}) = 'text' AND {test.sql})",
            held.parameters + test.parameters,
        )
    return test
