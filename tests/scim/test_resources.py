"""Reading resources that a client sent (RFC 7643 section 2, RFC 7644 sections 3.3 and 3.5.1)."""

from typing import Any

import pytest
from hypothesis import given

from headcount.errors import InvalidSyntax, InvalidValue, TooMany
from headcount.scim.dialect import BY_THE_BOOK
from headcount.scim.resources import (
    Document,
    check_required,
    find_attribute,
    one_primary,
    read_resource,
    with_schemas,
    without_empty,
)
from headcount.scim.schemas import (
    ENTERPRISE_URN as E,
    GROUP_TYPE,
    ROLES,
    USER_TYPE,
    USER_URN as U,
)
from headcount.tolerance import TOLERANT
from tests.scim.strategies import WORDS, bodies, documents

pytestmark = pytest.mark.shows("RFC 7643 2.4", "RFC 7643 2.5")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            {"USERNAME": "ada", "eMails": [{"VALUE": "x"}]},
            {"userName": "ada", "emails": [{"value": "x"}]},
            id="names in our spelling",
        ),
        pytest.param({"title": " a  B "}, {"title": " a  B "}, id="values as they were sent"),
        pytest.param(
            {"shoeSize": 9, "name": {"nick": "A."}, "urn:x": {"a": 1}, "title": "Ms"},
            {"name": None, "title": "Ms"},
            id="unknown names are left out",
        ),
        pytest.param(
            {"id": "7", "meta": {"version": 1}, "groups": "x", "schemas": 9, "externalId": "e"},
            {"externalId": "e"},
            id="what the server keeps is left out, whatever it is",
        ),
        pytest.param({"password": "secret"}, {}, id="the password is left out"),
        pytest.param(
            {E: {"manager": {"value": "7", "displayName": "Bo"}}},
            {E: {"manager": {"value": "7"}}},
            id="a read-only part is left out",
        ),
        pytest.param(
            {"title": None, "nickName": "", "emails": [], "name": {}, "active": None},
            {"title": None, "nickName": None, "emails": None, "name": None, "active": None},
            id="null, empty texts, lists and objects are unassigned",
        ),
        pytest.param(
            {"name": {"givenName": "", "familyName": None}, "emails": [{"value": ""}, None, {}]},
            {"name": None, "emails": None},
            id="so is what holds nothing else",
        ),
        pytest.param(
            {"name": {"givenName": "Ada", "familyName": ""}},
            {"name": {"givenName": "Ada"}},
            id="and a part of what holds more",
        ),
        pytest.param({"active": False}, {"active": False}, id="false is a value"),
        pytest.param({"role": "OWNER"}, {"role": "owner"}, id="a closed value in our spelling"),
        pytest.param(
            {"emails": [{"type": "Carrier Pigeon"}]},
            {"emails": [{"type": "Carrier Pigeon"}]},
            id="an open one as it was sent",
        ),
        pytest.param(
            {f"{U}:userName": "ada", f"{U}:name.givenName": "Ada"},
            {"userName": "ada", "name": {"givenName": "Ada"}},
            id="keys with the core URN",
        ),
        pytest.param(
            {"name.givenName": "Ada", "name": {"familyName": "Lovelace"}},
            {"name": {"givenName": "Ada", "familyName": "Lovelace"}},
            id="keys that are paths meet the whole",
        ),
        pytest.param(
            {E.lower(): {"department": "Engines"}, f"{E}:manager.value": "7"},
            {E: {"department": "Engines", "manager": {"value": "7"}}},
            id="an extension in two ways",
        ),
        pytest.param(
            {f"{E}:department": None, E: {"costCenter": "4"}},
            {E: {"costCenter": "4"}},
            id="an unassigned part leaves the rest",
        ),
        pytest.param({f"{E}:department": ""}, {E: None}, id="an unassigned part alone"),
        pytest.param(
            {f"{E}:manager.displayName": "Bo"}, {}, id="a read-only part by its path is left out"
        ),
        pytest.param(
            {"emails.value": "x", "title": "Ms"}, {"title": "Ms"}, id="a part of no certain entry"
        ),
        pytest.param({"Title": "a", "TITLE": "b"}, {"title": "b"}, id="the last of two spellings"),
        pytest.param({"Title": "a", "TITLE": ""}, {"title": "a"}, id="the one that has a value"),
        pytest.param(
            {
                "emails": [
                    {"value": "a", "primary": True},
                    {"value": "b", "primary": True},
                    {"value": "c", "primary": False},
                ]
            },
            {
                "emails": [
                    {"value": "a", "primary": True},
                    {"value": "b", "primary": False},
                    {"value": "c", "primary": False},
                ]
            },
            id="the first of two primaries",
        ),
    ],
)
def test_reads(body: dict[str, Any], expected: Document) -> None:
    assert read_resource(body, USER_TYPE) == expected


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param({"userName": 7}, "userName must be text, not 7", id="a number for a text"),
        pytest.param({"title": ["x"]}, r"title must be text, not \['x'\]", id="a list"),
        pytest.param({"active": "true"}, "active must be true or false", id="a text for a boolean"),
        pytest.param({"active": 1}, "active must be true or false", id="a number for a boolean"),
        pytest.param({"active": ""}, "active must be true or false", id="an empty boolean"),
        pytest.param({"name": "Ada"}, "name must be an object", id="a text for an object"),
        pytest.param(
            {"emails": {"value": "x"}},
            "emails must be a list of values, each an object",
            id="an object for a list",
        ),
        pytest.param(
            {"emails": ["x"]},
            "emails must be a list of values, each an object",
            id="a text for an entry",
        ),
        pytest.param(
            {"emails": [{"primary": "True"}]}, "primary must be true or false", id="in an entry"
        ),
        pytest.param({E: "x"}, "must be an object", id="a text for an extension"),
        pytest.param({E: {"manager": "7"}}, "manager must be an object", id="a bare manager"),
        pytest.param(
            {"role": "king"}, "one of: owner, administrator, moderator, member, guest", id="a role"
        ),
        pytest.param({"role": " owner"}, "' owner' does not exist", id="a role with a blank"),
        pytest.param({f"{U}:title": 7}, "title must be text", id="by its path"),
    ],
)
def test_refuses(body: dict[str, Any], detail: str) -> None:
    with pytest.raises(InvalidValue, match=detail):
        read_resource(body, USER_TYPE)


@pytest.mark.parametrize("body", [None, [], "x", 7, True])
def test_refuses_what_is_no_object(body: Any) -> None:
    with pytest.raises(InvalidSyntax, match="one JSON object: a User"):
        read_resource(body, USER_TYPE)


def test_a_refusal_never_shows_a_password() -> None:
    with pytest.raises(InvalidValue) as refusal:
        read_resource({"password": ["secret"]}, USER_TYPE)
    assert "secret" not in refusal.value.detail


def test_a_refusal_shows_little_of_what_is_long_or_deep() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    for value in (["x" * 10_000], list(range(10_000)), deep):
        with pytest.raises(InvalidValue) as refusal:
            read_resource({"title": value}, USER_TYPE)
        assert len(refusal.value.detail) < 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"emails": [{"value": "x", "primary": "True"}], "active": "False"},
            {"emails": [{"value": "x", "primary": True}], "active": False},
            id="46 booleans as texts",
        ),
        pytest.param({"emails": {"value": "x"}}, {"emails": [{"value": "x"}]}, id="51 one object"),
        pytest.param({"emails": "x"}, {"emails": [{"value": "x"}]}, id="51 one text"),
        pytest.param({"emails": ["x", ""]}, {"emails": [{"value": "x"}]}, id="a list of texts"),
        pytest.param({E: {"manager": "7"}}, {E: {"manager": {"value": "7"}}}, id="39 a bare text"),
        pytest.param(
            {E: {"manager": [{"value": "7"}]}}, {E: {"manager": {"value": "7"}}}, id="41 a list"
        ),
        pytest.param({E: {"manager": {"value": ""}}}, {E: None}, id="40 an empty manager"),
        pytest.param({"department": "Engines"}, {E: {"department": "Engines"}}, id="a short name"),
        pytest.param({f"{E}.department": "Looms"}, {E: {"department": "Looms"}}, id="42 a dot"),
        pytest.param(
            {E: {"employeeNumber": 701984}}, {E: {"employeeNumber": "701984"}}, id="a number"
        ),
    ],
)
def test_the_tolerant_dialect_reads(body: dict[str, Any], expected: Document) -> None:
    assert read_resource(body, USER_TYPE, TOLERANT) == expected


def test_a_group_has_members() -> None:
    body = {"displayName": "Staff", "members": [{"value": "7", "shoe": 9}], "userName": "x"}
    assert read_resource(body, GROUP_TYPE) == {"displayName": "Staff", "members": [{"value": "7"}]}


@pytest.mark.parametrize(
    ("key", "name"),
    [("EXTERNALID", "externalId"), ("title", "title"), (E.upper(), E), ("department", None)],
)
def test_find_attribute(key: str, name: str | None) -> None:
    found = find_attribute(USER_TYPE, key)
    assert (found.name if found else None) == name


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_read_in_any_case(role: str) -> None:
    assert read_resource({"role": role.upper()}, USER_TYPE) == {"role": role}


@pytest.mark.parametrize("value", [None, "", " ", "\t\n"])
def test_a_required_attribute_must_not_be_blank(value: str | None) -> None:
    with pytest.raises(InvalidValue, match="userName is required"):
        check_required({"userName": value}, USER_TYPE)
    with pytest.raises(InvalidValue, match="displayName is required"):
        check_required({}, GROUP_TYPE)


def test_nothing_else_is_required() -> None:
    check_required({"userName": "0"}, USER_TYPE)
    check_required({"displayName": "x"}, GROUP_TYPE)


def test_schemas_come_first_and_name_what_has_values() -> None:
    bare = with_schemas({"userName": "ada", "schemas": ["x"], E: {}}, USER_TYPE)
    assert next(iter(bare.items())) == ("schemas", [U])
    assert with_schemas({E: {"department": "x"}}, USER_TYPE)["schemas"] == [U, E]


def test_without_empty_keeps_what_is_false() -> None:
    document: Document = {"a": None, "b": [], "c": {}, "d": False, "e": "", "f": [None]}
    assert without_empty(document) == {"d": False, "e": "", "f": [None]}


@pytest.mark.parametrize(
    ("keep", "expected"),
    [(None, [True, False, None]), (0, [True, False, None]), (1, [False, True, None])],
)
def test_one_primary(keep: int | None, expected: list[bool | None]) -> None:
    entries = [{"primary": True}, {"primary": True}, {"value": "x"}]
    assert [entry.get("primary") for entry in one_primary(entries, keep=keep)] == expected


def test_to_keep_what_is_not_primary_keeps_the_first() -> None:
    entries = [{"primary": True}, {"primary": True}, {"value": "x"}]
    assert one_primary(entries, keep=2)[0] == {"primary": True}


@pytest.mark.parametrize("word", [word for word in WORDS if word])
def test_every_word_is_kept_as_it_is(word: str) -> None:
    body = {"userName": word, "emails": [{"value": word}], E: {"department": word}}
    assert read_resource(body, USER_TYPE) == body


@given(bodies())
def test_reading_what_was_read_changes_nothing(body: dict[str, Any]) -> None:
    once = read_resource(body, USER_TYPE)
    assert read_resource(once, USER_TYPE) == once
    assert read_resource(with_schemas(once, USER_TYPE), USER_TYPE) == once


@given(bodies())
def test_the_tolerant_dialect_reads_alike_what_is_by_the_book(body: dict[str, Any]) -> None:
    assert read_resource(body, USER_TYPE, TOLERANT) == read_resource(body, USER_TYPE, BY_THE_BOOK)


@given(bodies())
def test_names_have_no_case(body: dict[str, Any]) -> None:
    def louder(value: Any) -> Any:
        if isinstance(value, dict):
            return {key.upper(): louder(inner) for key, inner in value.items()}
        return [louder(inner) for inner in value] if isinstance(value, list) else value

    assert read_resource(louder(body), USER_TYPE) == read_resource(body, USER_TYPE)


@given(documents())
def test_nothing_kept_is_empty(document: Document) -> None:
    def check(value: Any) -> None:
        assert value not in (None, "", [], {})
        if isinstance(value, list | dict):
            for inner in value.values() if isinstance(value, dict) else value:
                check(inner)

    for value in document.values():
        check(value)


def test_a_list_longer_than_any_persons_is_refused() -> None:
    emails = [{"value": f"{number}@x.test"} for number in range(1_001)]
    assert read_resource({"emails": emails[1:]}, USER_TYPE)
    with pytest.raises(TooMany, match="1001 values"):
        read_resource({"emails": emails}, USER_TYPE)


def test_a_group_may_have_any_number_of_members() -> None:
    members = [{"value": str(number)} for number in range(1_001)]
    assert len(read_resource({"members": members}, GROUP_TYPE)["members"]) == len(members)
