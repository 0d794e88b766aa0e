"""The order of a list, and what stands behind a place in it (RFC 7644 section 3.4.2.3)."""

from headcount.scim.messages import Position, Query
from headcount.store.filters import Condition, Translator

BY_ID = Condition("r.id")


def order_of(translator: Translator, query: Query) -> Condition:
    """No value comes last, or first when descending (RFC 7644 section 3.4.2.3); then by id."""
    if query.sort_by is None:
        return BY_ID
    key = translator.sort_key(query.sort_by)
    direction = " DESC" if query.descending else ""
    if key.always:
        return Condition(f"{key.sql}{direction}, r.id", key.parameters)
    return Condition(
        f"({key.sql}) IS NULL{direction}, {key.sql}{direction}, r.id", key.parameters * 2
    )


def behind(translator: Translator, query: Query, position: Position) -> Condition:
    """The condition that a row comes after `position` in the order of `query`."""
    last = position.id
    if query.sort_by is None:
        return Condition("r.id > ?", [last])
    key = translator.sort_key(query.sort_by)
    held, given = key.sql, key.parameters
    if position.key is None:
        if query.descending:
            return Condition(f"({held} IS NOT NULL OR r.id > ?)", [*given, last])
        return Condition(f"({held} IS NULL AND r.id > ?)", [*given, last])
    wanted = position.key
    sign = "<" if query.descending else ">"
    if key.unique and key.indexed:  # so that an index leads on
        return Condition(f"{held} {sign} ?", [*given, wanted])
    onwards = Condition(
        f"{held} {sign} ? OR ({held} = ? AND r.id > ?)", [*given, wanted, *given, wanted, last]
    )
    if query.descending or key.always:
        return Condition(f"({onwards.sql})", onwards.parameters)
    return Condition(f"({onwards.sql} OR {held} IS NULL)", [*onwards.parameters, *given])
