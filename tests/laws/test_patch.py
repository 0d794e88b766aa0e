"""Our PATCH is the judge's, but for what the table of differences says, with the reason."""

from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given

from headcount.errors import ScimError
from headcount.scim.resources import Document
from headcount.scim.schemas import ENTERPRISE_URN
from tests.laws import judge
from tests.laws.judge import RefusedError
from tests.laws.strategies import accounts, operations
from tests.scim.patching import add, as_sent, remove, replace

pytestmark = pytest.mark.shows("RFC 7644 3.5.2")


@given(accounts, operations)
def test_both_leave_the_same_account(user: Document, asked: list[dict[str, Any]]) -> None:
    assume(not _names_one_entry_twice(user, asked))
    try:
        theirs = judge.patched(user, asked)
    except RefusedError as refused:
        # The one refusal that we do not share: see the table.
        assume("contradicts the filter" not in str(refused))
        with pytest.raises(ScimError):
            as_sent(user, *asked)
    else:
        assert as_sent(user, *asked) == theirs


def _names_one_entry_twice(user: Document, asked: list[dict[str, Any]]) -> bool:
    """Whether two entries have one value and type, and differ in what else they say."""
    entries = list(user.get("roles", []))
    for operation in asked:
        value = operation.get("value")
        if operation.get("path") is None and isinstance(value, dict):
            value = value.get("roles")
        if isinstance(value, list):
            entries += value
        elif "[" in str(operation.get("path")) and operation["op"] != "remove":
            entries += [{"value": word, "type": kind} for word in _WORDS for kind in _WORDS]
    seen: dict[Any, Any] = {}
    return any(seen.setdefault(_identity(one), one) != one for one in entries)


_WORDS = ("a", "ab", "b", "A", None)  # what operations write into a part of an entry


def _identity(entry: dict[str, Any]) -> tuple[str, str]:
    return str(entry.get("value")).casefold(), str(entry.get("type")).casefold()


class Difference(NamedTuple):
    """Where we do otherwise than the judge, and why."""

    why: str  # with the section that allows it
    user: Document
    operation: dict[str, Any]
    ours: Document  # what changes, None where it goes
    theirs: Document | None  # None: refused


ADA: Document = {"userName": "ada", "title": "Countess", "name": {"givenName": "Ada"}}
TWO = [{"value": "a", "primary": True}, {"value": "b", "primary": True}]

DIFFERENCES = {
    "an empty text": Difference(
        "an empty value is an unassigned one (RFC 7643 section 2.5; Okta and Entra clear so)",
        ADA,
        replace("title", ""),
        {"title": None},
        {"title": ""},
    ),
    "an empty object": Difference(
        "an empty value is an unassigned one (RFC 7643 section 2.5)",
        ADA,
        replace("name", {}),
        {"name": None},
        {},
    ),
    "an entry of nothing": Difference(
        "an entry without a value is none (RFC 7643 section 2.5)",
        ADA,
        add('roles[type eq "a"]', {}),
        {},
        {"roles": [{"type": "a"}]},
    ),
    "two primary entries": Difference(
        "the first stays primary (RFC 7643 section 2.4 allows one; refusing both helps nobody)",
        ADA,
        add("roles", TWO),
        {"roles": [{"value": "a", "primary": True}, {"value": "b", "primary": False}]},
        None,
    ),
    "one entry twice": Difference(
        "a value and type stand once in a list (RFC 7643 section 2.4)",
        ADA,
        replace("roles", [{"value": "a", "type": "x"}, {"value": "A", "type": "x"}]),
        {"roles": [{"value": "A", "type": "x"}]},
        {"roles": [{"value": "a", "type": "x"}, {"value": "A", "type": "x"}]},
    ),
    "a value that contradicts its filter": Difference(
        "the terms of the filter are set first, then the value (what Entra means by it)",
        ADA,
        add('roles[value eq "a"].value', "b"),
        {"roles": [{"value": "b"}]},
        None,
    ),
    "a manager of nobody": Difference(
        "an empty reference takes the manager away (Entra sends it so)",
        {**ADA, ENTERPRISE_URN: {"manager": {"value": "7"}}},
        replace(f"{ENTERPRISE_URN}:manager", {"value": ""}),
        {ENTERPRISE_URN: None},
        {ENTERPRISE_URN: {"manager": {"value": ""}}},
    ),
    "an entry without a value that is there already": Difference(
        "whether it is primary does not make it another (RFC 7643 section 2.4)",
        {**ADA, "roles": [{"type": "x", "primary": True}]},
        add("roles", [{"type": "x", "primary": False}]),
        {"roles": [{"type": "x", "primary": False}]},
        {"roles": [{"type": "x", "primary": True}, {"type": "x", "primary": False}]},
    ),
    "an entry under another name": Difference(
        "value and type say which entry it is, the display is changed (RFC 7643 section 2.4)",
        {**ADA, "roles": [{"value": "a", "type": "x", "display": "A"}]},
        add("roles", [{"value": "a", "type": "x", "display": "B"}]),
        {"roles": [{"value": "a", "type": "x", "display": "B"}]},
        {
            "roles": [
                {"value": "a", "type": "x", "display": "A"},
                {"value": "a", "type": "x", "display": "B"},
            ]
        },
    ),
    "replace of a whole entry": Difference(
        "the record is replaced, not merged (RFC 7644 section 3.5.2.3)",
        {**ADA, "roles": [{"value": "a", "type": "x", "display": "A"}]},
        replace('roles[type eq "x"]', {"value": "b"}),
        {"roles": [{"value": "b", "type": "x"}]},
        {"roles": [{"value": "b", "type": "x", "display": "A"}]},
    ),
    "remove of an entry by its value": Difference(
        "the value says which entry, whatever else came along (Entra sends `$ref` and names)",
        {**ADA, "roles": [{"value": "a", "display": "A"}]},
        remove("roles", [{"value": "a", "display": "Other"}]),
        {"roles": None},
        {"roles": [{"value": "a", "display": "A"}]},
    ),
}


def _changed(user: Document, changes: Document) -> Document:
    return {key: value for key, value in {**user, **changes}.items() if value is not None}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_is_as_the_table_says(name: str) -> None:
    one = DIFFERENCES[name]
    assert as_sent(one.user, one.operation) == _changed(one.user, one.ours)
    if one.theirs is None:
        with pytest.raises(RefusedError):
            judge.patched(one.user, [one.operation])
    else:
        assert judge.patched(one.user, [one.operation]) == _changed(one.user, one.theirs)
