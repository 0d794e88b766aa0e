"""The order of a list, and what stands behind a place in it (RFC 7644 section 3.4.2.3)."""

from headcount.scim.messages import Position, Query
from headcount.scim.paths import AttrPath
from headcount.store.sqlite.filters import Condition, Translator, json_path

BY_ID = Condition("r.id")

_ALWAYS_THERE = ("r.id", "r.name", "substr(r.")  # what begins so is never NULL


def order_of(translator: Translator, query: Query) -> Condition:
    """No value comes last, or first when descending (RFC 7644 section 3.4.2.3); then by id."""
    if query.sort_by is None:
        return BY_ID
    key = sort_key(translator, query.sort_by)
    direction = " DESC" if query.descending else ""
    if key.sql.startswith(_ALWAYS_THERE):
        return Condition(f"{key.sql}{direction}, r.id")
    return Condition(
        f"({key.sql}) IS NULL{direction}, {key.sql}{direction}, r.id", key.parameters * 2
    )


def behind(translator: Translator, query: Query, position: Position) -> Condition:
    """The condition that a row comes after `position` in the order of `query`."""
    last = position.id
    if query.sort_by is None:
        return Condition("r.id > ?", [last])
    key = sort_key(translator, query.sort_by)
    held, given = key.sql, key.parameters
    if position.key is None:
        if query.descending:
            return Condition(f"({held} IS NOT NULL OR r.id > ?)", [*given, last])
        return Condition(f"({held} IS NULL AND r.id > ?)", [*given, last])
    wanted = position.key
    if held == "r.name":  # unique, so that an index leads on
        return Condition(f"r.name {'<' if query.descending else '>'} ?", [wanted])
    sign = "<" if query.descending else ">"
    onwards = Condition(
        f"{held} {sign} ? OR ({held} = ? AND r.id > ?)", [*given, wanted, *given, wanted, last]
    )
    if query.descending or held.startswith(_ALWAYS_THERE):
        return Condition(f"({onwards.sql})", onwards.parameters)
    return Condition(f"({onwards.sql} OR {held} IS NULL)", [*onwards.parameters, *given])


def sort_key(translator: Translator, path: AttrPath) -> Condition:
    """The value to sort by; of a list that of its primary entry, or of its first."""
    names = path.names
    if column := translator.column(names):
        return Condition(column)
    if names[0] == "members":
        return Condition(
            "(SELECT min(m.member) FROM member m WHERE m.org = r.org AND m.grp = r.id)"
        )
    if names[0] == "groups":
        return Condition(
            "(SELECT min(m.grp) FROM member m WHERE m.org = r.org AND m.member = r.id)"
        )
    if names[0] == "meta":
        return Condition("r.id")
    for at, step in enumerate(path.steps):
        if step.multi_valued:
            entries, rest = json_path(path.steps[: at + 1]), path.steps[at + 1 :]
            value = f"json_extract(e.value, '{json_path(rest)}')" if rest else "e.value"
            primary = """json_extract(e.value, '$."primary"') IS TRUE DESC, """ if rest else ""
            return Condition(
                f"(SELECT {value} FROM json_each(r.keys, '{entries}') AS e"
                f" ORDER BY {primary}e.key LIMIT 1)"
            )
    return Condition(f"json_extract(r.keys, '{json_path(path.steps)}')")
