"""What the laws are tried on: accounts, operations and filters in which nothing is empty."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from headcount.scim.filters import And, Compare, Filter, Not, Or, ValuePath
from headcount.scim.operations import read_target
from headcount.scim.resources import Document
from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE, USER_URN
from tests.laws.judge import NAMES
from tests.scim.strategies import filters, users, values

_EMPTY: tuple[Any, ...] = (None, "", [], {})
_ROLES = USER_TYPE.core["roles"]
_SIMPLE = [USER_TYPE.core[name.lower()] for name in NAMES if name != ENTERPRISE_URN]


def clean(value: Any) -> Any:
    """The value without anything empty, entries that come twice, or a second primary one."""
    if isinstance(value, dict):
        parts = {key: clean(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in _EMPTY}
    if not isinstance(value, list):
        return value
    entries: dict[Any, Any] = {}
    primary = False
    for one in map(clean, value):
        if one in _EMPTY:
            continue
        if one.get("primary") is True and primary:
            one = {**one, "primary": False}  # noqa: PLW2901 - the entry as it is kept
        primary = primary or one.get("primary") is True
        entries.setdefault(_identity(one), one)
    return list(entries.values())


def _identity(entry: dict[str, Any]) -> Any:
    folded = {key: str(part).casefold() for key, part in entry.items() if key != "primary"}
    if "value" in folded:
        return folded["value"], folded.get("type")
    return tuple(sorted(folded.items()))


accounts: st.SearchStrategy[Document] = users(NAMES).map(
    lambda user: {key: clean(part) if key == "roles" else part for key, part in user.items()}
)

_OPS = st.sampled_from(["add", "replace"])
_PATHS = (
    "title",
    "nickName",
    "externalId",
    "active",
    "name",
    "name.givenName",
    "roles",
    f"{USER_URN}:title",
    f"{ENTERPRISE_URN}:department",
    f"{ENTERPRISE_URN}:manager",
    'roles[type eq "a"]',
    'roles[value eq "ab"]',
    "roles[primary eq true]",
)
_ENTRIES = (
    'type eq "a"',
    'value eq "ab"',
    "primary eq true",
    'type eq "a" and primary eq true',
    'type eq "a" or value eq "b"',
    'not (type eq "a")',
)
_SUBS = st.builds(
    lambda entry, sub: f"roles[{entry}].{sub}",
    st.sampled_from(_ENTRIES),
    st.sampled_from(["value", "display", "type"]),
)


def _written(path: str) -> st.SearchStrategy[Any]:
    target = read_target(path, USER_TYPE)
    assert target is not None
    leaf = target.path.leaf
    return values(replace(leaf, multi_valued=False) if target.where is not None else leaf)


def _assigned(path: str) -> st.SearchStrategy[dict[str, Any]]:
    """Whole entries are only added: a replace of them is in the table of differences."""
    ops = st.just("add") if path.endswith("]") else _OPS
    return st.builds(_operation, ops, st.just(path), _written(path))


def _operation(op: str, path: str, value: Any) -> dict[str, Any]:
    return {"op": op, "path": path, "value": _valued(clean(value)) if path == "roles" else value}


def _valued(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that have a value, and of it what tells them apart: see the table of differences."""
    return [
        {key: part for key, part in one.items() if key != "display" and part is not False}
        for one in entries
        if "value" in one
    ]


def _pathless(op: str, value: dict[str, Any]) -> dict[str, Any]:
    roles = {"roles": _valued(clean(value["roles"]))} if "roles" in value else {}
    return {"op": op, "value": value | roles}


def _named(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries as a remove names them: by their value alone, where they have one."""
    return [{"value": one["value"]} if "value" in one else one for one in entries]


_operations = (
    st.sampled_from(_PATHS).flatmap(_assigned)
    | st.builds(
        _operation,
        _OPS,
        _SUBS,
        st.sampled_from(["a", "ab", "b", "A"]),
    )
    | st.builds(lambda path: {"op": "remove", "path": path}, st.sampled_from(_PATHS) | _SUBS)
    | values(_ROLES).map(
        lambda value: {"op": "remove", "path": "roles", "value": _named(clean(value))}
    )
    | st.builds(
        _pathless,
        _OPS,
        st.fixed_dictionaries({}, optional={one.name: values(one) for one in _SIMPLE}),
    )
)


def _is_whole(operation: dict[str, Any]) -> bool:
    return "value" not in operation or operation["value"] not in _EMPTY


operations: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    _operations.map(
        lambda one: {**one, "value": clean(one["value"])} if "value" in one else one
    ).filter(_is_whole),
    min_size=1,
    max_size=3,
)


def _asks_for_nothing(node: Filter) -> bool:
    """Whether a value is empty, or a list of entries is held against null: see the table."""
    match node:
        case And(left, right) | Or(left, right):
            return _asks_for_nothing(left) or _asks_for_nothing(right)
        case Not(inner) | ValuePath(_, inner):
            return _asks_for_nothing(inner)
        case Compare(_, _, ""):
            return True
        case Compare(path, _, None):
            return any(step.multi_valued for step in path.steps)
        case _:
            return False


questions: st.SearchStrategy[Filter] = filters(USER_TYPE, (*NAMES, "userName")).filter(
    lambda node: not _asks_for_nothing(node)
)

names: st.SearchStrategy[list[str]] = st.lists(
    st.sampled_from(
        (
            *NAMES,
            "userName",
            "USERNAME",
            "name.givenName",
            "roles.value",
            "roles.type",
            "id",
            "schemas",
            f"{USER_URN}:title",
            f"{ENTERPRISE_URN}:department",
            f"{ENTERPRISE_URN}:manager",
            f"{ENTERPRISE_URN}:manager.value",
            "nobody",
        )
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
