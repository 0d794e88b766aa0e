"""What identity providers really send, and what stays refused all the same."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from headcount import tolerance
from headcount.errors import InvalidSyntax, InvalidValue, ScimError
from headcount.scim.attributes import Attribute
from headcount.scim.filters import parse_filter
from headcount.scim.messages import read_query
from headcount.scim.operations import read_operations
from headcount.scim.paths import LONGEST_NAME, resolve
from headcount.scim.resources import Document, read_resource, without_empty
from headcount.scim.schemas import ENTERPRISE_URN as E, USER_TYPE, USER_URN as U
from headcount.tolerance import TOLERANT
from tests.scim.patching import as_sent
from tests.scim.strategies import leaf_paths, texts, users

TEXT = Attribute("title")
NEEDED = Attribute("userName", required=True)
CHOICE = Attribute("role", canonical=("member", "guest"), closed=True)
BOOLEAN = Attribute("active", "boolean")
WHOLE = Attribute("level", "integer")
MOMENT = Attribute("since", "dateTime")
NAME = Attribute("name", "complex", sub=(Attribute("formatted"),))
MANAGER = Attribute("manager", "complex", sub=(Attribute("value"), Attribute("$ref")))
EMAILS = Attribute("emails", "complex", multi_valued=True, sub=(Attribute("value"),))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param(f"{E}.manager", f"{E}:manager", id="a dot after the URN"),
        pytest.param(f"{E.lower()}.manager.value", f"{E}:manager.value", id="in any case"),
        pytest.param(f"{U}.displayName", "displayName", id="after the core URN"),
        pytest.param(f"{U}.name.givenName", "name.givenName", id="and a part"),
        pytest.param(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department",
            f"{E}:department",
            id="a URN without its last colon",
        ),
        pytest.param(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0User", E, id="and nothing behind"
        ),
        pytest.param("manager", f"{E}:manager", id="a short name"),
        pytest.param("MANAGER.VALUE", f"{E}:manager.value", id="a part of one"),
        pytest.param("displayName", "displayName", id="a core name comes first"),
    ],
)
def test_names(text: str, path: str) -> None:
    assert str(tolerance.names(USER_TYPE, text)) == path


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("shoeSize", id="an unknown attribute"),
        pytest.param("urn:example:custom:User:department", id="an unknown URN"),
        pytest.param(f"{E}:userName", id="a core name in an extension"),
        pytest.param(f"{E}department", id="nothing between URN and name"),
        pytest.param("manager.name", id="an unknown part of a short name"),
        pytest.param("", id="nothing"),
        pytest.param("manager" + " " * LONGEST_NAME, id="a very long name"),
    ],
)
def test_names_that_stay_unknown(text: str) -> None:
    assert tolerance.names(USER_TYPE, text) is None


def test_names_of_the_book_mean_what_they_mean_there() -> None:
    for path in leaf_paths(USER_TYPE):
        assert tolerance.names(USER_TYPE, str(path)) == resolve(USER_TYPE, str(path))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"value": "a"}, [{"value": "a"}], id="one object"),
        pytest.param("a", ["a"], id="one text"),
        pytest.param("", [], id="an empty text is an empty list"),
        pytest.param({"emails": [{"value": "a"}]}, [{"value": "a"}], id="the list in an object"),
        pytest.param({"EMAILS": []}, [], id="in any case, empty"),
        pytest.param({"emails": {"value": "a"}}, [{"value": "a"}], id="one object in an object"),
        pytest.param(
            {"emails": [], "value": "a"}, [{"emails": [], "value": "a"}], id="an entry with more"
        ),
    ],
)
def test_listed(value: Any, expected: list[Any]) -> None:
    assert tolerance.listed(EMAILS, value) == expected


@pytest.mark.parametrize("value", [True, 7, 1.5])
def test_what_is_no_list(value: Any) -> None:
    with pytest.raises(InvalidValue, match="emails must be a list of values"):
        tolerance.listed(EMAILS, value)


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        pytest.param(BOOLEAN, "True", True, id="Entra's True"),
        pytest.param(BOOLEAN, "False", False, id="Entra's False"),
        pytest.param(BOOLEAN, " fAlSe ", False, id="with blanks, in any case"),
        pytest.param(WHOLE, "-3", -3, id="a whole number as a text"),
        pytest.param(TEXT, 701984, "701984", id="a number for a text"),
        pytest.param(TEXT, 1.5, "1.5", id="a fraction for a text"),
        pytest.param(TEXT, ["x"], "x", id="a list of one text"),
        pytest.param(TEXT, [7], "7", id="a list of one number"),
        pytest.param(MANAGER, "7", {"value": "7"}, id="a text for an object with a value"),
        pytest.param(MANAGER, "", None, id="an empty text is no object"),
        pytest.param(MANAGER, ["7"], {"value": "7"}, id="a list of one text for it"),
        pytest.param(MANAGER, [{"$ref": "r"}], {"$ref": "r"}, id="a list of one object"),
        pytest.param(NAME, "", None, id="an empty text for any object"),
        pytest.param(EMAILS, "a", {"value": "a"}, id="a text for an entry"),
    ],
)
def test_mend(attribute: Attribute, value: Any, expected: Any) -> None:
    mended = tolerance.mend(attribute, value)
    assert mended == expected
    assert type(mended) is type(expected)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        pytest.param(BOOLEAN, "yes", id="a word for a boolean"),
        pytest.param(BOOLEAN, "", id="no word for a boolean"),
        pytest.param(BOOLEAN, 1, id="a number for a boolean"),
        pytest.param(BOOLEAN, {}, id="an object for a boolean"),
        pytest.param(BOOLEAN, [], id="an empty list for a boolean"),
        pytest.param(BOOLEAN, [True], id="a list of one boolean"),
        pytest.param(BOOLEAN, ["False"], id="a list of one text for it"),
        pytest.param(BOOLEAN, [True, True], id="two booleans for one"),
        pytest.param(NEEDED, 7, id="a number for what a resource must have"),
        pytest.param(NEEDED, ["ada"], id="a list of one for what it must have"),
        pytest.param(CHOICE, ["guest"], id="a list of one for one of a few"),
        pytest.param(BOOLEAN, [[True]], id="a list in a list"),
        pytest.param(WHOLE, "3.5", id="a fraction for a whole number"),
        pytest.param(WHOLE, "9" * 19, id="more digits than are kept"),
        pytest.param(WHOLE, True, id="a boolean for a number"),
        pytest.param(TEXT, True, id="a boolean for a text"),
        pytest.param(TEXT, {"value": "x"}, id="an object for a text"),
        pytest.param(TEXT, ["a", "b"], id="two texts for one"),
        pytest.param(MOMENT, 7, id="a number for a moment"),
        pytest.param(NAME, "Ada", id="a text for an object without a value"),
        pytest.param(MANAGER, 7, id="a number for an object"),
        pytest.param(MANAGER, ["7", "8"], id="two managers"),
        pytest.param(EMAILS, ["a"], id="a list for an entry of a list"),
    ],
)
def test_what_cannot_be_mended(attribute: Attribute, value: Any) -> None:
    with pytest.raises(InvalidValue, match=f"^{attribute.name} must be"):
        tolerance.mend(attribute, value)


@pytest.mark.parametrize(
    ("attribute", "word", "expected"),
    [
        pytest.param(TEXT, "Employee", "Employee", id="a word"),
        pytest.param(TEXT, "ada@acme.test", "ada@acme.test", id="an address"),
        pytest.param(TEXT, "or", None, id="a word of the grammar"),
        pytest.param(TEXT, "'ada'", None, id="single quotes"),
        pytest.param(BOOLEAN, "maybe", None, id="for a boolean"),
    ],
)
def test_bare_text(attribute: Attribute, word: str, expected: str | None) -> None:
    assert tolerance.bare_text(attribute, word) == expected


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        pytest.param(
            {"Op": "Add", "Path": "title", "Value": "x"},
            {"op": "add", "path": "title", "value": "x"},
            id="any letter case",
        ),
        pytest.param({"op": " REPLACE "}, {"op": "replace"}, id="blanks around the op"),
        pytest.param({"op": 7}, {"op": 7}, id="an op that is no text"),
        pytest.param(
            {"op": "add", "path": "", "value": {}}, {"op": "add", "value": {}}, id="an empty path"
        ),
        pytest.param(
            {"op": "REMOVE", "path": ""}, {"op": "remove", "path": ""}, id="but not to remove all"
        ),
        pytest.param(
            {"op": "add", "path": "", "value": '{"title": "x"}'},
            {"op": "add", "value": {"title": "x"}},
            id="a JSON text",
        ),
        pytest.param(
            {"op": "add", "path": "title", "value": '{"title": "x"}'},
            {"op": "add", "path": "title", "value": '{"title": "x"}'},
            id="a text that has a path stays a text",
        ),
        pytest.param(
            {"op": "add", "value": "[1]"}, {"op": "add", "value": "[1]"}, id="a JSON list"
        ),
        pytest.param({"op": "add", "value": "{x"}, {"op": "add", "value": "{x"}, id="broken JSON"),
        pytest.param(
            {"op": "add", "value": '{"x": NaN}'}, {"op": "add", "value": '{"x": NaN}'}, id="NaN"
        ),
        pytest.param(
            {"op": "add", "value": '{"x": "\\ud800"}'},
            {"op": "add", "value": '{"x": "\\ud800"}'},
            id="half a character",
        ),
        pytest.param(
            {"op": "add", "value": '{"x":' + "[" * 100_000},
            {"op": "add", "value": '{"x":' + "[" * 100_000},
            id="JSON without a bottom",
        ),
        pytest.param("add", "add", id="no operation at all"),
    ],
)
def test_operation(raw: Any, meant: Any) -> None:
    assert tolerance.operation(raw) == meant


@pytest.mark.parametrize(
    ("body", "operations"),
    [
        pytest.param({"operations": [{"OP": "add"}]}, [{"op": "add"}], id="small letters"),
        pytest.param({"Operations": {"op": "Add"}}, [{"op": "add"}], id="one object for a list"),
        pytest.param({"schemas": ["x"], "id": "7", "Operations": []}, [], id="what stands beside"),
        pytest.param({"schemas": ["x"]}, None, id="none"),
        pytest.param({"Operations": "x"}, "x", id="a text"),
    ],
)
def test_patch(body: dict[str, Any], operations: Any) -> None:
    assert tolerance.patch(body) == {"Operations": operations}


@pytest.mark.parametrize("body", [None, [], "x", 7, {"Operations": None}, {"Operations": "x"}, {}])
def test_a_message_that_is_none_stays_refused(body: Any) -> None:
    with pytest.raises(InvalidSyntax):
        read_operations(tolerance.patch(body), USER_TYPE, TOLERANT)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"op": "delete", "path": "title"}, id="an unknown op"),
        pytest.param({"path": "active", "value": False}, id="no op"),
        pytest.param({"op": "remove"}, id="remove everything"),
        pytest.param({"op": "remove", "path": ""}, id="or with an empty path"),
        pytest.param({"op": "replace", "path": "active"}, id="no value"),
        pytest.param({"op": "replace", "path": "a[", "value": 1}, id="a broken path"),
        pytest.param({"op": "replace", "path": "emails[a]", "value": 1}, id="a broken filter"),
        pytest.param({"op": "replace", "value": "active"}, id="a text that is no JSON"),
        pytest.param({"op": "replace", "value": [{"active": False}]}, id="a list without a path"),
    ],
)
def test_an_operation_that_is_none_stays_refused(raw: dict[str, Any]) -> None:
    """What could leave access standing that should be gone."""
    with pytest.raises(ScimError) as refusal:
        read_operations(tolerance.patch({"Operations": [raw]}), USER_TYPE, TOLERANT)
    assert refusal.value.status == 400


ROLE = '{"id": "1", "value": "member", "displayName": "Member"}'


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        pytest.param(
            [{"value": ROLE}], [{"value": "member", "display": "Member"}], id="a role in a text"
        ),
        pytest.param(
            [{"value": ROLE, "display": "Mine", "primary": True}],
            [{"value": "member", "display": "Mine", "primary": True}],
            id="what stands beside it stays",
        ),
        pytest.param([{"value": '{"value": "x"}'}], [{"value": "x"}], id="without a name"),
        pytest.param([{"value": '{"id": 1}'}], [{"value": '{"id": 1}'}], id="without a value"),
        pytest.param([{"value": '{"value": 1}'}], [{"value": '{"value": 1}'}], id="a number"),
        pytest.param([{"value": "{x}"}], [{"value": "{x}"}], id="braces that are no JSON"),
        pytest.param([{"value": "x"}, "y", None], [{"value": "x"}, "y", None], id="plain entries"),
        pytest.param("x", "x", id="no list"),
    ],
)
def test_json_values(value: Any, meant: Any) -> None:
    assert tolerance.json_values(value) == meant
    assert tolerance.resource({"roles": value}) == {"roles": meant}
    assert tolerance.operation({"value": {"roles": value}}) == {"value": {"roles": meant}}


def test_a_resource_that_is_none_stays_what_it_is() -> None:
    for body in (None, [1], "x", 7):
        assert tolerance.resource(body) == body


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        pytest.param(
            {"attributes": 'emails[type eq "work"],userName'},
            {"attributes": "emails,userName"},
            id="brackets behind a name",
        ),
        pytest.param(
            {"excludedAttributes": "emails[type pr].value"},
            {"excludedAttributes": "emails.value"},
            id="before a part",
        ),
        pytest.param({"filter": "emails[type pr]"}, {"filter": "emails[type pr]"}, id="a filter"),
    ],
)
def test_parameters(asked: dict[str, str], meant: dict[str, str]) -> None:
    assert tolerance.parameters(asked) == meant
    read_query(meant, USER_TYPE, TOLERANT)


KEYS = texts | st.sampled_from(
    [
        *("op", "Op", "path", "value", "Operations", "operations", "x", "$ref", "type", "primary"),
        *("userName", "title", "active", "name", "name.givenName", "emails", "emails.value"),
        *("roles", "groups", "password", "members", "manager", E, f"{E}:manager"),
        'emails[type eq "work"].value',
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove"])},
    optional={"path": KEYS, "value": JSON},
)


def refusal_of(act: Callable[[], object]) -> ScimError | None:
    """What `act` is refused with. Any other error is ours, and comes through."""
    try:
        act()
    except ScimError as refusal:
        return refusal
    return None


@given(users(), st.lists(OPERATIONS, max_size=3))
def test_any_patch_is_applied_or_refused(user: Document, operations: list[Any]) -> None:
    refusal = refusal_of(lambda: as_sent(user, *operations))
    assert refusal is None or (refusal.status == 400 and refusal.detail)


@given(JSON | st.lists(JSON, max_size=3).map(lambda listed: {"Operations": listed}))
def test_any_message_is_read_or_refused(body: Any) -> None:
    refusal = refusal_of(lambda: read_operations(tolerance.patch(body), USER_TYPE, TOLERANT))
    assert refusal is None or (refusal.status == 400 and refusal.detail)


@given(JSON | st.dictionaries(KEYS, JSON, max_size=5))
def test_any_resource_is_read_or_refused(body: Any) -> None:
    refusal = refusal_of(lambda: read_resource(tolerance.resource(body), USER_TYPE, TOLERANT))
    assert refusal is None or (refusal.status == 400 and refusal.detail)


@given(st.dictionaries(KEYS, JSON, max_size=5), st.lists(OPERATIONS, max_size=2))
def test_any_resource_that_is_read_can_be_patched(body: Any, operations: list[Any]) -> None:
    def read_then_patch() -> None:
        document = read_resource(tolerance.resource(body), USER_TYPE, TOLERANT)
        as_sent(without_empty(document), *operations)

    refusal = refusal_of(read_then_patch)
    assert refusal is None or refusal.status == 400


@pytest.mark.parametrize("frame", ["{}", "title eq {}", "emails[{}] and title pr", "{} pr"])
@given(texts | KEYS)
def test_any_filter_is_read_or_refused(frame: str, text: str) -> None:
    refusal = refusal_of(lambda: parse_filter(frame.format(text), USER_TYPE, TOLERANT))
    assert refusal is None or refusal.body()["scimType"] == "invalidFilter"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('email Co "x"', 'emails Co "x"'),
        ('(email eq "a") or EMAIL pr', '(emails eq "a") or emails pr'),
        ('title eq "email eq"', 'title eq "email eq"'),
        (
            'title eq "a \\" email eq" and email eq "b"',
            'title eq "a \\" email eq" and emails eq "b"',
        ),
        ('emails eq "x" and my.email eq "y"', 'emails eq "x" and my.email eq "y"'),
    ],
)
def test_email_in_a_filter_means_emails(where: str, expected: str) -> None:
    assert tolerance.parameters({"Filter": where}) == {"Filter": expected}
