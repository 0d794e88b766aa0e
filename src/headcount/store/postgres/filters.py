"""Filters and orders in PostgreSQL's words.

Keys that have no column are JSONB. An equal value in there is a containment, which a GIN index
answers for every attribute at once.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from orjson import dumps

from headcount.scim.attributes import Attribute
from headcount.scim.filters import Op
from headcount.scim.paths import AttrPath
from headcount.store.filters import (
    NAMES,
    Columns,
    Condition,
    Expression,
    Parts,
    Rows,
    Test,
    Translator as AnyTranslator,
    prefix_range,
)
from headcount.store.model import Kind
from headcount.store.postgres.rows import index_key, overlong

_MILLISECONDS = "left(r.{0}, 23) || '000000Z'"  # as `moment_key` writes it
_WHOLE = "coalesce(r.long_{0}, r.{0})"
_COLUMNS: dict[tuple[str, ...], Expression] = {
    ("id",): Expression("r.id", indexed=True, always=True),
    ("externalId",): Expression(_WHOLE.format("external_id")),
    ("meta", "created"): Expression(_MILLISECONDS.format("created"), always=True),
    ("meta", "lastModified"): Expression(_MILLISECONDS.format("modified"), always=True),
    ("meta", "version"): Expression("""('W/"' || r.version || '"') COLLATE "C\""""),
}
_NAME = Expression(_WHOLE.format("name"), always=True, unique=True)
_USER_COLUMNS: dict[tuple[str, ...], Expression] = {
    ("active",): Expression("r.active"),
    ("role",): Expression("r.role"),
}
_SHORT = {_WHOLE.format(name): f"r.{name}" for name in ("name", "external_id")}
_SIGNS = {Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<="}


@dataclass(slots=True)
class Translator(AnyTranslator):
    """Filters as PostgreSQL reads them."""

    narrowed: bool = field(default=False, init=False)  # the GIN index has been asked

    columns: ClassVar[Columns] = {
        Kind.USER: {**_COLUMNS, **_USER_COLUMNS, NAMES[Kind.USER]: _NAME},
        Kind.GROUP: {**_COLUMNS, NAMES[Kind.GROUP]: _NAME},
    }
    relation_parts: ClassVar[Parts] = {
        "members": {
            "value": "m.member",
            "display": "m.display_key",
            "type": "CASE m.kind WHEN 1 THEN 'user' ELSE 'group' END",
            "$ref": "(CAST(? AS TEXT) || CASE m.kind WHEN 1 THEN '/Users/' ELSE '/Groups/' END"
            ' || m.member) COLLATE "C"',
        },
        "groups": {
            "value": "g.id",
            "display": _WHOLE.format("name").replace("r.", "g."),
            "type": "CASE WHEN up.direct THEN 'direct' ELSE 'indirect' END",
            "$ref": "(CAST(? AS TEXT) || '/Groups/' || g.id) COLLATE \"C\"",
        },
    }
    relation_rows: ClassVar[Rows] = {
        "members": "SELECT {0} FROM member m WHERE m.org = r.org AND m.grp = r.id",
        "groups": """WITH RECURSIVE above (grp, direct) AS (
            SELECT o.grp, TRUE FROM member o WHERE o.org = r.org AND o.member = r.id
            UNION SELECT o.grp, FALSE FROM above CROSS JOIN LATERAL (
                SELECT grp FROM member WHERE org = r.org AND member = above.grp OFFSET 0) o)
            SELECT {0} FROM (SELECT grp, bool_or(direct) AS direct FROM above GROUP BY grp) up
            JOIN resource g ON g.org = r.org AND g.kind = 2 AND g.id = up.grp""",
    }
    below: ClassVar[str] = """r.id IN (WITH RECURSIVE down (id, kind) AS (
        SELECT o.member, o.kind FROM member o WHERE o.org = ? AND o.grp = ?
        UNION SELECT o.member, o.kind FROM down CROSS JOIN LATERAL (
            SELECT member, kind FROM member WHERE org = ? AND grp = down.id OFFSET 0) o
        WHERE down.kind = 2)
        SELECT id FROM down WHERE kind = 1)"""

    def test(self, held: Expression, op: Op, wanted: Any) -> Condition:
        """Each `held` in the SQL takes its parameters along."""
        if isinstance(wanted, str) and "\0" in wanted:
            return _beside_nul(held, op, wanted)
        if op is Op.EQ:
            return _equal(held, wanted)
        text, given = _as(held, wanted), held.parameters
        match op:
            case Op.CO:
                return Condition(f"strpos({text}, ?) > 0", [*given, wanted])
            case Op.SW:
                plain = Condition(f"starts_with({text}, ?)", [*given, wanted])
                return _short_range(held, wanted) or prefix_range(held, wanted) or plain
            case Op.EW:
                sql = f"right({text}, ?) = ?" if wanted else f"({text}) IS NOT NULL"
                return Condition(sql, [*given, len(wanted), wanted] if wanted else [*given])
            case _:
                return _ordered(text, _SIGNS[op], given, wanted)

    def in_keys(self, steps: tuple[Attribute, ...], document: str, test: Test) -> Condition:
        """A list in the JSON is taken apart into its entries."""
        for at, step in enumerate(steps):
            if step.multi_valued:
                entries, rest = _json(document, steps[: at + 1]), steps[at + 1 :]
                inner = test(_json("e.value", rest))
                rows = f"SELECT 1 FROM jsonb_array_elements({entries.sql}) AS e (value)"
                return Condition(f"EXISTS ({rows} WHERE {inner.sql})", inner.parameters)
        return test(_json(document, steps))

    def by_index(self, path: AttrPath, wanted: Any) -> Condition | None:
        """Whether the keys contain this value at this place."""
        if isinstance(wanted, str) and "\0" in wanted:
            return Condition("FALSE")
        held = wanted
        for step in reversed(path.steps):
            held = {step.name: [held] if step.multi_valued else held}
        self.narrowed = True
        return Condition("r.keys @> CAST(? AS JSONB)", [dumps(held).decode()])

    def sortable(self, column: Expression) -> Expression:
        """A cursor that holds true is read as a number."""
        return Expression("r.active::INT") if column.sql == "r.active" else column

    def first_key(self, path: AttrPath) -> Expression:
        """Of a list the primary entry comes first."""
        for at, step in enumerate(path.steps):
            if step.multi_valued:
                return _first(path, at + 1)
        return Expression(_typed(_json("r.keys", path.steps), path.leaf))


def _equal(held: Expression, wanted: Any) -> Condition:
    if held.is_json:
        sql = f"({held.sql}) = CAST(? AS JSONB)"
        return Condition(sql, [*held.parameters, dumps(wanted).decode()])
    if held.sql in _SHORT:
        return Condition(f"{_SHORT[held.sql]} = ?", [index_key(wanted)])
    return Condition(f"{held.sql} = ?", [*held.parameters, wanted])


def _short_range(held: Expression, prefix: str) -> Condition | None:
    """The prefix of a text that may be too long for its index."""
    if held.sql not in _SHORT or overlong(prefix):
        return None
    return prefix_range(Expression(_SHORT[held.sql], indexed=True), prefix)


def _beside_nul(held: Expression, op: Op, wanted: str) -> Condition:
    """No text here holds U+0000, so what is above one that does is above what is behind it."""
    if op not in _SIGNS:
        return Condition("FALSE")
    sign = {">": ">=", "<=": "<"}.get(_SIGNS[op], _SIGNS[op])
    text = _as(held, wanted)
    return _ordered(text, sign, held.parameters, wanted.partition("\0")[0] + "\x01")


def _ordered(text: str, sign: str, given: list[Any], wanted: Any) -> Condition:
    collation = ' COLLATE "C"' if isinstance(wanted, str) else ""
    return Condition(f"({text}){collation} {sign} ?", [*given, wanted])


def _as(held: Expression, wanted: Any) -> str:
    """The value in the type of what it is held against; NULL where it has another."""
    if not held.is_json:
        return held.sql
    return _text(held) if isinstance(wanted, str) else _number(held)


def _text(held: Expression) -> str:
    value = f"({held.sql})"
    return (
        f"""(CASE jsonb_typeof({value}) WHEN 'string' THEN {value} #>> '{{}}' END) COLLATE "C\""""
    )


def _number(held: Expression) -> str:
    value = f"({held.sql})"
    return f"(CASE jsonb_typeof({value}) WHEN 'number' THEN {value}::FLOAT8 END)"


def _typed(held: Expression, leaf: Attribute) -> str:
    match leaf.type:
        case "integer" | "decimal":
            return _number(held)
        case "boolean":
            return f"(CASE ({held.sql}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)"
        case _:
            return _text(held)


def _first(path: AttrPath, at: int) -> Expression:
    """The value in the primary entry of a list, or in its first."""
    entries, rest = _json("r.keys", path.steps[:at]), path.steps[at:]
    value = _typed(_json("e.value", rest), path.leaf)
    primary = "(e.value -> 'primary' = 'true') IS TRUE DESC, " if rest else ""
    return Expression(
        f"(SELECT {value} FROM jsonb_array_elements({entries.sql}) WITH ORDINALITY AS e (value, o)"
        f" ORDER BY {primary}e.o LIMIT 1)"
    )


def _json(document: str, steps: tuple[Attribute, ...]) -> Expression:
    """What stands in JSON. Names come from schemas alone."""
    return Expression(document + "".join(f" -> '{step.name}'" for step in steps), is_json=True)
