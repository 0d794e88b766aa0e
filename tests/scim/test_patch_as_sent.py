"""Applying PATCH operations as identity providers really send them.

One number stands for one behaviour; the shapes in which it arrives share it.
"""

from typing import Any

import pytest

from headcount.errors import InvalidValue, Mutability, NoTarget, ScimError, TooMany
from headcount.scim.schemas import ENTERPRISE_URN as E, GROUP_TYPE, USER_URN as U
from tests.scim.patching import ADA, HOME, MEMBERS, WORK, add, as_sent, changed, remove, replace


@pytest.mark.parametrize(
    ("operation", "difference"),
    [
        pytest.param(
            {"op": "Replace", "path": "title", "value": "Ms"},
            {"title": "Ms"},
            id="31 op in capitals",
        ),
        pytest.param({"OP": "ADD", "PATH": "title", "VALUE": "Ms"}, {"title": "Ms"}, id="31 all"),
        pytest.param({"op": "Remove", "path": "title"}, {"title": None}, id="31 remove"),
        pytest.param(
            replace('emails[type eq "work"].value', "x"),
            {"emails": [{**WORK, "value": "x"}, HOME]},
            id="32 in place",
        ),
        pytest.param(
            replace('phoneNumbers[type eq "work"].value', "1"),
            {"phoneNumbers": [{"type": "work", "value": "1"}]},
            id="33 replace makes an entry",
        ),
        pytest.param(
            add('phoneNumbers[type eq "work"].value', "1"),
            {"phoneNumbers": [{"type": "work", "value": "1"}]},
            id="33 add makes one too",
        ),
        pytest.param(
            add('phoneNumbers[type eq "work" and primary eq true]', {"value": "1"}),
            {"phoneNumbers": [{"type": "work", "primary": True, "value": "1"}]},
            id="33 of all its terms",
        ),
        pytest.param(
            replace('phoneNumbers[type eq "fax"].value', ""), {}, id="33 nothing to clear, no entry"
        ),
        pytest.param(
            replace('roles[primary eq "True"].value', "member"),
            {"roles": [{"primary": True, "value": "member"}]},
            id="35 a boolean as a text",
        ),
        pytest.param(
            replace(
                None,
                {"displayName": "x", "name.givenName": "y", f"{E}:employeeNumber": "z"},
            ),
            {
                "name": {"givenName": "y", "familyName": "Lovelace"},
                E: {**ADA[E], "employeeNumber": "z"},
                "displayName": "x",
            },
            id="36 keys are paths",
        ),
        pytest.param(
            replace(None, {'emails[type eq "work"].value': "x"}),
            {"emails": [{**WORK, "value": "x"}, HOME]},
            id="36 with brackets as well",
        ),
        pytest.param(
            replace(
                None, {"schemas": [U], "id": "9", "externalId": "e", "meta": {}, "title": "Ms"}
            ),
            {"title": "Ms", "externalId": "e"},
            id="37 what the server keeps is passed over",
        ),
        pytest.param(
            {"op": "replace", "value": '{"active": "False", "title": null}'},
            {"title": None, "active": False},
            id="38 a JSON text",
        ),
        pytest.param(
            add(f"{E}:manager", "8"), {E: {**ADA[E], "manager": {"value": "8"}}}, id="39 bare text"
        ),
        pytest.param(
            replace(f"{E}:manager", ""), {E: {"department": "Engines"}}, id="40 empty text"
        ),
        pytest.param(
            replace(f"{E}:manager", {"value": ""}), {E: {"department": "Engines"}}, id="40 object"
        ),
        pytest.param(
            replace(f"{E}:manager", {"value": "", "$ref": "../Users/7"}),
            {E: {"department": "Engines"}},
            id="40 whatever stands beside it",
        ),
        pytest.param(
            replace(f"{E}:manager", {"$ref": "../Users/7", "Value": None}),
            {E: {"department": "Engines"}},
            id="40 in whatever order",
        ),
        pytest.param(
            {"op": "remove", "path": f"{E}:manager"}, {E: {"department": "Engines"}}, id="40 remove"
        ),
        pytest.param(
            add("manager", [{"$ref": "../Users/8", "value": "8"}]),
            {E: {**ADA[E], "manager": {"$ref": "../Users/8", "value": "8"}}},
            id="41 a list of one, without the URN",
        ),
        pytest.param(
            replace(f"{E}.manager", "8"), {E: {**ADA[E], "manager": {"value": "8"}}}, id="42 a dot"
        ),
        pytest.param(
            replace(None, {f"{U}:displayName": "x", E: {"department": "Looms"}}),
            {E: {**ADA[E], "department": "Looms"}, "displayName": "x"},
            id="43 URNs as keys",
        ),
        pytest.param(
            replace("roles", [{"value": "member"}, {"value": "guest"}]),
            {"roles": [{"value": "member"}, {"value": "guest"}]},
            id="44 assertive roles",
        ),
        pytest.param(
            add("roles", [{"value": '{"id":"1","value":"member","displayName":"Member"}'}]),
            {"roles": [{"value": "member", "display": "Member"}]},
            id="45 a role within a JSON text",
        ),
        pytest.param(
            add(None, {"roles": [{"value": '{"id":"1","value":"member","displayName":"Member"}'}]}),
            {"roles": [{"value": "member", "display": "Member"}]},
            id="45 without a path",
        ),
        pytest.param(
            replace(None, {"shoeSize": 9, "urn:x:User:tag": "y", "title": "Ms"}),
            {"title": "Ms"},
            id="47 unknown keys",
        ),
        pytest.param(replace("shoeSize", 9), {}, id="47 an unknown path"),
        pytest.param(replace("emails", HOME), {"emails": [HOME]}, id="51 one object for a list"),
        pytest.param(
            replace("emails", "x"), {"emails": [{"value": "x"}]}, id="51 one text for a list"
        ),
        pytest.param(replace("active", "TRUE"), {"active": True}, id="rule 2 a boolean as a text"),
        pytest.param(
            remove("emails", {"value": "ada@home.test"}), {"emails": [WORK]}, id="rule 12 an object"
        ),
        pytest.param(remove("emails", ""), {}, id="rule 12 an empty text names nobody"),
        pytest.param(
            replace('emails[type eq "home"]', ""), {"emails": [WORK]}, id="rule 4 an entry cleared"
        ),
    ],
)
def test_takes_what_arrives(operation: dict[str, Any], difference: dict[str, Any]) -> None:
    assert changed(ADA, as_sent(ADA, operation)) == difference


def test_34_three_parts_of_one_address_make_one_entry() -> None:
    path = 'addresses[type eq "work"]'
    after = as_sent(
        {"userName": "ada"},
        add(f"{path}.streetAddress", "1 Mill Lane"),
        add(f"{path}.locality", "London"),
        add(f"{path}.country", "GB"),
    )
    assert after["addresses"] == [
        {"type": "work", "streetAddress": "1 Mill Lane", "locality": "London", "country": "GB"}
    ]


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        pytest.param(
            add("members", [{"value": "3", "display": "C"}, {"$ref": None, "value": "4"}]),
            ["1", "2", "3", "4"],
            id="61 with more than a value",
        ),
        pytest.param(add("members", "3"), ["1", "2", "3"], id="61 a bare text"),
        pytest.param(add("members", ["3"]), ["1", "2", "3"], id="61 a list of texts"),
        pytest.param(add("members", {"value": "3"}), ["1", "2", "3"], id="61 one object"),
        pytest.param(
            {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "2"}]},
            ["1"],
            id="63 Entra without its flag",
        ),
        pytest.param(remove("members", []), ["1", "2"], id="64 nobody"),
        pytest.param(remove("members", None), [], id="65 null is everybody"),
        pytest.param(remove("members"), [], id="65 no value is everybody"),
        pytest.param(remove("members", {"members": [{"value": "2"}]}), ["1"], id="66 nested"),
        pytest.param(remove("members", {"value": "2"}), ["1"], id="66 flat"),
        pytest.param(remove("members", {"members": []}), ["1", "2"], id="66 nested and empty"),
        pytest.param(replace("members", []), [], id="67 an empty list"),
        pytest.param(add(None, {"members": [{"value": "3"}]}), ["1", "2", "3"], id="68 add"),
        pytest.param(replace(None, {"members": [{"value": "3"}]}), ["3"], id="68 replace"),
        pytest.param(replace(None, {"id": "9", "displayName": "Crew"}), ["1", "2"], id="69 rename"),
    ],
)
def test_takes_what_arrives_for_groups(operation: dict[str, Any], members: list[str]) -> None:
    after = as_sent(MEMBERS, operation, kind=GROUP_TYPE)
    assert [member["value"] for member in after.get("members", [])] == members


@pytest.mark.parametrize(
    ("operation", "refusal"),
    [
        pytest.param(
            replace('emails[type ne "work" and value eq "x"].display', "x"), NoTarget, id="ne"
        ),
        pytest.param(
            replace('phoneNumbers[type eq "a" or type eq "b"].value', "x"), NoTarget, id="or"
        ),
        pytest.param(
            replace('phoneNumbers[type eq "a" and not (value pr)].value', "x"), NoTarget, id="not"
        ),
        pytest.param(replace("phoneNumbers[type pr].value", "x"), NoTarget, id="pr"),
        pytest.param(replace("phoneNumbers[type eq null].value", "x"), NoTarget, id="null"),
        pytest.param(replace('phoneNumbers[type eq ""].value', "x"), NoTarget, id="an empty text"),
        pytest.param(
            replace('phoneNumbers[type eq "a" and type eq "b"].value', "x"),
            NoTarget,
            id="terms that no entry fits",
        ),
        pytest.param(replace("active", "yes"), InvalidValue, id="a boolean that is none"),
        pytest.param(replace("active", ""), InvalidValue, id="an empty boolean"),
        pytest.param(replace("role", "king"), InvalidValue, id="a role that does not exist"),
        pytest.param(replace("emails", 7), InvalidValue, id="a number for a list"),
        pytest.param(replace("emails", [["x"]]), InvalidValue, id="a list within a list"),
        pytest.param(replace("name", "Ada"), InvalidValue, id="a text for what has no value"),
        pytest.param(replace("title", {"a": 1}), InvalidValue, id="an object for a text"),
        pytest.param(remove("emails", [{"id": "7"}]), InvalidValue, id="an entry of unknown parts"),
        pytest.param(remove("emails", {"id": "7"}), InvalidValue, id="or one object of them"),
        pytest.param(replace("id", "7"), Mutability, id="the id, by its path"),
    ],
)
def test_still_refuses(operation: dict[str, Any], refusal: type[ScimError]) -> None:
    with pytest.raises(refusal):
        as_sent(ADA, operation)


def test_a_member_is_never_made_up() -> None:
    with pytest.raises(NoTarget):
        as_sent(MEMBERS, replace('members[value eq "9"].type', "User"), kind=GROUP_TYPE)


def test_half_a_character_is_never_stored() -> None:
    with pytest.raises(InvalidValue):
        as_sent(ADA, {"op": "replace", "value": '{"title": "\\ud800"}'})
    with pytest.raises(ScimError):
        as_sent(ADA, replace('phoneNumbers[type eq "\\ud800"].value', "1"))


def test_the_longest_list_takes_every_operation_and_not_one_entry_more() -> None:
    many = [{"value": f"{number}@acme.test"} for number in range(1_000)]
    whole = as_sent({}, replace("emails", many))
    assert len(whole["emails"]) == 1_000
    assert as_sent(whole, add("emails", many)) == whole
    assert as_sent(whole, remove("emails", many[1:])) == {"emails": many[:1]}
    assert as_sent(whole, remove("emails[value pr]")) == {}
    with pytest.raises(TooMany, match="1001 values"):
        as_sent(whole, add("emails", [{"value": "another@acme.test"}]))
