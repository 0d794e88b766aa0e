"""Reading PATCH messages (RFC 7644 section 3.5.2)."""

from dataclasses import replace
from typing import Any

import pytest

from headcount.errors import (
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    NoTarget,
    ScimError,
    TooMany,
)
from headcount.scim.attributes import Attribute, Mutability
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.filters import MAX_LENGTH
from headcount.scim.operations import MAX_OPERATIONS, PatchOp, read_operations, read_target
from headcount.scim.schemas import ENTERPRISE_URN, GROUP_TYPE, USER_TYPE, USER_URN
from headcount.tolerance import TOLERANT

pytestmark = pytest.mark.shows("RFC 7644 3.5.2")


def read(*operations: Any, dialect: Dialect = BY_THE_BOOK) -> list[tuple[str, str, Any]]:
    """The operations as (op, target, value)."""
    found = read_operations({"Operations": list(operations)}, USER_TYPE, dialect)
    return [(one.op.value, str(one.target), one.value) for one in found]


@pytest.mark.parametrize("op", list(PatchOp))
def test_reads_each_op_with_a_path(op: PatchOp) -> None:
    assert read({"op": op.value, "path": "TITLE", "value": "x"}) == [(op.value, "title", "x")]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(
            {"op": "remove", "path": "title"},
            [("remove", "title", None)],
            id="remove needs no value",
        ),
        pytest.param(
            {"op": "replace", "path": "title", "value": None},
            [("replace", "title", None)],
            id="null is a value",
        ),
        pytest.param(
            {"op": "replace", "value": {"title": "x", "name.givenName": "y"}},
            [("replace", "title", "x"), ("replace", "name.givenName", "y")],
            id="without a path, one for each key",
        ),
        pytest.param(
            {"op": "add", "value": {f"{USER_URN}:title": "x", f"{ENTERPRISE_URN}:costCenter": 1}},
            [("add", "title", "x"), ("add", f"{ENTERPRISE_URN}:costCenter", 1)],
            id="keys with URNs",
        ),
        pytest.param(
            {"op": "add", "path": None, "value": {"title": "x"}},
            [("add", "title", "x")],
            id="a path that is null is none",
        ),
        pytest.param(
            {
                "op": "replace",
                "value": {"schemas": [], "id": "7", "meta": {}, "groups": [], "externalId": "e"},
            },
            [("replace", "externalId", "e")],
            id="what the server keeps is passed over",
        ),
        pytest.param(
            {"op": "replace", "value": {f"{ENTERPRISE_URN}:manager.displayName": "Bo", "shoe": 9}},
            [],
            id="so are read-only parts and unknown names",
        ),
        pytest.param(
            {"op": "replace", "value": {'emails[type eq "work"].value': "x"}},
            [("replace", 'emails[type eq "work"].value', "x")],
            id="a key may have brackets",
        ),
        pytest.param({"op": "add", "value": {}}, [], id="an object without attributes"),
    ],
)
def test_reads(raw: dict[str, Any], expected: list[tuple[str, str, Any]]) -> None:
    assert read(raw) == expected


@pytest.mark.parametrize(
    ("body", "refusal", "detail"),
    [
        pytest.param(None, InvalidSyntax, "one JSON object", id="null"),
        pytest.param([], InvalidSyntax, "one JSON object", id="a list"),
        pytest.param({}, InvalidSyntax, "list named Operations", id="no operations"),
        pytest.param(
            {"Operations": {}}, InvalidSyntax, "list named Operations", id="an object of them"
        ),
        pytest.param(
            {"operations": []},
            InvalidSyntax,
            "list named Operations",
            id="by the book, in capitals",
        ),
        pytest.param(
            {"Operations": [{"op": "add", "path": "title", "value": 1}, 7]},
            InvalidSyntax,
            "operation 2 is not an object",
            id="a number among them",
        ),
    ],
)
def test_refuses_a_message(body: Any, refusal: type[ScimError], detail: str) -> None:
    with pytest.raises(refusal, match=detail):
        read_operations(body, USER_TYPE)


@pytest.mark.parametrize(
    ("raw", "refusal", "detail"),
    [
        pytest.param({"path": "title"}, InvalidSyntax, "has no op", id="no op"),
        pytest.param({"op": "move"}, InvalidSyntax, "the op 'move'", id="an unknown op"),
        pytest.param(
            {"op": "Add"}, InvalidSyntax, "the op 'Add'", id="by the book, in small letters"
        ),
        pytest.param({"op": ["add"]}, InvalidSyntax, "must be add", id="a list of ops"),
        pytest.param({"op": {}}, InvalidSyntax, "must be add", id="an object for an op"),
        pytest.param({"op": "remove"}, NoTarget, "without a path", id="remove everything"),
        pytest.param({"op": "add", "path": "title"}, InvalidValue, "no value", id="add nothing"),
        pytest.param(
            {"op": "replace", "path": "title"}, InvalidValue, "no value", id="replace with nothing"
        ),
        pytest.param({"op": "add"}, InvalidValue, "object of attributes", id="neither"),
        pytest.param(
            {"op": "add", "value": ["x"]},
            InvalidValue,
            "object of attributes",
            id="a pathless list",
        ),
        pytest.param(
            {"op": "add", "path": 7, "value": 1}, InvalidPath, "not a text", id="a number as path"
        ),
        pytest.param(
            {"op": "add", "path": ["title"], "value": 1}, InvalidPath, "not a text", id="a list"
        ),
    ],
)
def test_refuses_an_operation(raw: dict[str, Any], refusal: type[ScimError], detail: str) -> None:
    with pytest.raises(refusal, match=detail):
        read(raw)


def test_takes_a_limited_number_of_operations() -> None:
    one = {"op": "remove", "path": "title"}
    assert len(read(*[one] * MAX_OPERATIONS)) == MAX_OPERATIONS
    with pytest.raises(TooMany, match=f"{MAX_OPERATIONS + 1} operations"):
        read(*[one] * (MAX_OPERATIONS + 1))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        pytest.param(" title ", "title", id="blanks around"),
        pytest.param("NAME.givenname", "name.givenName", id="a part"),
        pytest.param("emails.value", "emails.value", id="a part of each entry"),
        pytest.param(f"{USER_URN}:emails[primary eq true]", "emails[primary eq true]", id="a URN"),
        pytest.param(
            'emails[type eq "work"].VALUE', 'emails[type eq "work"].value', id="a part of some"
        ),
        pytest.param(
            'emails[type eq "a]b"].value', 'emails[type eq "a]b"].value', id="a bracket in a text"
        ),
        pytest.param(
            'emails[type eq "work" and not (value sw "x")]',
            'emails[type eq "work" and not (value sw "x")]',
            id="any filter",
        ),
        pytest.param(ENTERPRISE_URN, ENTERPRISE_URN, id="a whole extension"),
        pytest.param("password", "password", id="the password may be written"),
    ],
)
def test_reads_a_target(text: str, printed: str) -> None:
    assert str(read_target(text, USER_TYPE)) == printed


@pytest.mark.parametrize("dialect", [BY_THE_BOOK, TOLERANT], ids=["by the book", "tolerant"])
@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        pytest.param("", InvalidPath, id="nothing"),
        pytest.param("name givenName", InvalidPath, id="a blank between"),
        pytest.param("emails[", InvalidPath, id="a bracket that is not closed"),
        pytest.param("emails[]", InvalidPath, id="empty brackets"),
        pytest.param('emails[type eq "work"]value', InvalidPath, id="no dot before the part"),
        pytest.param('emails[type eq "work"].', InvalidPath, id="a dot and no part"),
        pytest.param("/emails/0", InvalidPath, id="a JSON pointer"),
        pytest.param('["title"]', InvalidPath, id="no name"),
        pytest.param('title[value eq "x"]', InvalidPath, id="brackets after a text"),
        pytest.param('name[givenName eq "x"]', InvalidPath, id="brackets after one object"),
        pytest.param("emails[type]", InvalidFilter, id="a broken filter"),
        pytest.param('emails[shoe eq "9"]', InvalidFilter, id="an unknown name in the filter"),
        pytest.param("emails[primary co true]", InvalidFilter, id="an operator that does not fit"),
        pytest.param('emails[type eq "a"] or title[b]', InvalidFilter, id="two targets"),
        pytest.param("x" * (MAX_LENGTH + 1), InvalidPath, id="too long"),
    ],
)
def test_refuses_a_target(text: str, refusal: type[ScimError], dialect: Dialect) -> None:
    with pytest.raises(refusal):
        read_target(text, USER_TYPE, dialect)


def test_a_refused_filter_in_a_path_says_where_it_stands() -> None:
    with pytest.raises(
        InvalidFilter, match=r"in the path 'emails\[shoe pr\]'.*no attribute 'shoe'"
    ):
        read_target("emails[shoe pr]", USER_TYPE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("shoeSize", id="an attribute"),
        pytest.param("name.nick", id="a part"),
        pytest.param("urn:example:custom:2.0:User:tag", id="an extension"),
        pytest.param('shoes[type eq "left"].size', id="brackets after an unknown name"),
        pytest.param('emails[type eq "work"].size', id="a part of an entry"),
        pytest.param('emails[type eq "work"].value.x', id="a part of a part"),
    ],
)
def test_an_unknown_target_is_refused_by_the_book_and_otherwise_passed_over(text: str) -> None:
    with pytest.raises(InvalidPath):
        read_target(text, USER_TYPE, BY_THE_BOOK)
    assert read_target(text, USER_TYPE, TOLERANT) is None
    known = {"op": "add", "path": "title", "value": "x"}
    unknown = {"op": "add", "path": text, "value": "x"}
    assert read(unknown, known, dialect=TOLERANT) == [("add", "title", "x")]


@pytest.mark.parametrize(
    ("text", "read_only"),
    [
        pytest.param("id", True, id="the id"),
        pytest.param("meta.created", True, id="a part of meta"),
        pytest.param("groups", True, id="the groups of an account"),
        pytest.param('groups[value eq "7"]', True, id="one of them"),
        pytest.param(f"{ENTERPRISE_URN}:manager.displayName", True, id="a read-only part"),
        pytest.param(f"{ENTERPRISE_URN}:manager", False, id="what has such a part"),
        pytest.param("userName", False, id="what is required"),
    ],
)
def test_knows_what_the_server_keeps(text: str, *, read_only: bool) -> None:
    target = read_target(text, USER_TYPE)
    assert target is not None
    assert target.is_read_only is read_only


def test_a_read_only_part_of_an_entry_is_the_servers() -> None:
    target = read_target("emails[type pr]", USER_TYPE)
    assert target is not None
    seal = Attribute("seal", mutability=Mutability.READ_ONLY)
    assert replace(target, sub=seal).is_read_only
    assert not replace(target, sub=Attribute("seal")).is_read_only


def test_a_target_knows_the_attribute_that_it_lies_in() -> None:
    target = read_target('members[value eq "7"]', GROUP_TYPE)
    assert target is not None
    assert target.head.name == "members"
