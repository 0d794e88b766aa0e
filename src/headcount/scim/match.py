"""Does a resource fit a filter? The answer in memory; the store gives the same one in SQL."""

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from headcount.scim.filters import And, Compare, Filter, Not, Op, Or, Present, ValuePath
from headcount.scim.paths import values_at
from headcount.scim.values import Key, comparison_key

_TESTS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.CO: lambda held, wanted: wanted in held,
    Op.SW: lambda held, wanted: held.startswith(wanted),
    Op.EW: lambda held, wanted: held.endswith(wanted),
    Op.GT: gt,
    Op.GE: ge,
    Op.LT: lt,
    Op.LE: le,
}


def matches(node: Filter, resource: dict[str, Any]) -> bool:
    """Whether `resource` (canonical names) fits `node`.

    A multi-valued attribute fits when one of its values does (RFC 7644 section 3.4.2.2). `ne` is
    the opposite of `eq`, so it also holds where there is no value (RFC 7643 section 2.5).
    """
    match node:
        case Compare():
            return _compare(node, resource)
        case Present(path):
            return any(value not in ("", {}) for value in values_at(resource, path))
        case ValuePath(path, where):
            return any(
                matches(where, entry)
                for entry in values_at(resource, path)
                if isinstance(entry, dict)
            )
        case Not(inner):
            return not matches(inner, resource)
        case And(left, right):
            return matches(left, resource) and matches(right, resource)
        case Or(left, right):
            return matches(left, resource) or matches(right, resource)


def _compare(node: Compare, resource: dict[str, Any]) -> bool:
    attribute = node.path.leaf
    held = [
        comparison_key(attribute, value)
        for value in values_at(resource, node.path)
        if value != ""  # the same as no value, as for `pr`
    ]
    if node.value is None or (node.value == "" and node.op in {Op.EQ, Op.NE}):
        return (not held) is (node.op is Op.EQ)
    wanted = comparison_key(attribute, node.value)
    if node.op in {Op.EQ, Op.NE}:
        return (wanted in held) is (node.op is Op.EQ)
    test = _TESTS[node.op]
    return any(_comparable(one, wanted) and test(one, wanted) for one in held)


def _comparable(held: Key, wanted: Key) -> bool:
    return isinstance(held, str) is isinstance(wanted, str)
