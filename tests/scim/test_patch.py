"""Applying PATCH operations: RFC 7644 section 3.5.2, then what really arrives."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from headcount.errors import InvalidValue, Mutability, NoTarget, ScimError
from headcount.scim.attributes import Attribute
from headcount.scim.resources import Document
from headcount.scim.schemas import ENTERPRISE_URN as E, GROUP_TYPE, USER_TYPE, USER_URN as U
from tests.scim.patching import as_sent, by_the_book
from tests.scim.strategies import documents, users, values

WORK = {"value": "ada@acme.test", "type": "work", "primary": True}
HOME = {"value": "ada@home.test", "type": "home"}
ADA: Document = {
    "userName": "ada",
    "title": "Countess",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [WORK, HOME],
    E: {"department": "Engines", "manager": {"value": "7"}},
}


def changed(before: Document, after: Document) -> dict[str, Any]:
    """The top-level attributes that differ, as they are afterwards; None where they are gone."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def add(path: str | None, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def replace(path: str | None, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str, *value: Any) -> dict[str, Any]:
    return {"op": "remove", "path": path, **({"value": value[0]} if value else {})}


@pytest.mark.parametrize(
    ("operation", "difference"),
    [
        pytest.param(add("nickName", "A."), {"nickName": "A."}, id="what was not there"),
        pytest.param(add("title", "Ms"), {"title": "Ms"}, id="what was there is replaced"),
        pytest.param(add("title", "Countess"), {}, id="the same changes nothing"),
        pytest.param(
            add("name", {"middleName": "K."}),
            {"name": {"givenName": "Ada", "familyName": "Lovelace", "middleName": "K."}},
            id="to an object",
        ),
        pytest.param(
            add("emails", [{"value": "x", "type": "other"}]),
            {"emails": [WORK, HOME, {"value": "x", "type": "other"}]},
            id="to a list",
        ),
        pytest.param(add("emails", [HOME]), {}, id="an entry that is there changes nothing"),
        pytest.param(
            add("emails", [{**HOME, "value": "ADA@HOME.TEST", "display": "H"}]),
            {"emails": [WORK, {**HOME, "value": "ADA@HOME.TEST", "display": "H"}]},
            id="an entry is the same without regard to case",
        ),
        pytest.param(
            add("emails", [{"value": "ada@home.test", "type": "work"}]),
            {"emails": [WORK, HOME, {"value": "ada@home.test", "type": "work"}]},
            id="another type makes another entry",
        ),
        pytest.param(
            add("emails", [{"value": "x", "primary": True}]),
            {"emails": [{**WORK, "primary": False}, HOME, {"value": "x", "primary": True}]},
            id="a new primary takes the mark from the old one",
        ),
        pytest.param(
            add("emails", [{**HOME, "primary": True}]),
            {"emails": [{**WORK, "primary": False}, {**HOME, "primary": True}]},
            id="so does an entry that is there already",
        ),
        pytest.param(add("emails", []), {}, id="an empty list"),
        pytest.param(
            add('emails[type eq "home"]', {"display": "H"}),
            {"emails": [WORK, {**HOME, "display": "H"}]},
            id="to chosen entries",
        ),
        pytest.param(
            add('emails[type eq "home"].display', "H"),
            {"emails": [WORK, {**HOME, "display": "H"}]},
            id="a part to chosen entries",
        ),
        pytest.param(
            add(f"{E}:costCenter", "4"),
            {E: {**ADA[E], "costCenter": "4"}},
            id="to an extension",
        ),
        pytest.param(
            add(None, {"nickName": "A.", "emails": [HOME]}),
            {"nickName": "A."},
            id="several attributes at once",
        ),
    ],
)
def test_add(operation: dict[str, Any], difference: dict[str, Any]) -> None:
    """RFC 7644 section 3.5.2.1."""
    assert changed(ADA, by_the_book(ADA, operation)) == difference


@pytest.mark.parametrize(
    ("operation", "difference"),
    [
        pytest.param(replace("title", "Ms"), {"title": "Ms"}, id="a value"),
        pytest.param(replace("nickName", "A."), {"nickName": "A."}, id="what was not there"),
        pytest.param(replace("title", None), {"title": None}, id="null takes away"),
        pytest.param(replace("title", ""), {"title": None}, id="so does the empty text"),
        pytest.param(
            replace("name", {"familyName": "King"}),
            {"name": {"givenName": "Ada", "familyName": "King"}},
            id="parts that are not named stay",
        ),
        pytest.param(
            replace("name", {"familyName": None}),
            {"name": {"givenName": "Ada"}},
            id="a part that is null goes",
        ),
        pytest.param(
            replace("name", {"familyName": "", "givenName": ""}),
            {"name": None},
            id="no empty object stays behind",
        ),
        pytest.param(replace("name", {}), {"name": None}, id="an empty object takes away"),
        pytest.param(
            replace("name.familyName", "King"),
            {"name": {"givenName": "Ada", "familyName": "King"}},
            id="a part",
        ),
        pytest.param(replace("emails", [HOME]), {"emails": [HOME]}, id="a whole list"),
        pytest.param(replace("emails", []), {"emails": None}, id="a list by an empty one"),
        pytest.param(
            replace("emails", [HOME, HOME, {**HOME, "display": "H"}]),
            {"emails": [{**HOME, "display": "H"}]},
            id="an entry that comes again is one entry",
        ),
        pytest.param(
            replace("emails", [{**HOME, "primary": True}, {**HOME, "primary": True}]),
            {"emails": [{**HOME, "primary": True}]},
            id="and stays primary",
        ),
        pytest.param(
            replace("emails", [WORK, {**HOME, "primary": True}]),
            {"emails": [WORK, {**HOME, "primary": False}]},
            id="the first of two primaries stays",
        ),
        pytest.param(
            replace('emails[type eq "work"]', {"value": "x"}),
            {"emails": [{"value": "x", "type": "work"}, HOME]},
            id="a whole entry keeps what it was chosen by",
        ),
        pytest.param(
            replace('emails[type eq "work"].value', "x"),
            {"emails": [{**WORK, "value": "x"}, HOME]},
            id="a part of an entry",
        ),
        pytest.param(
            replace('emails[type eq "home"].primary', value=True),
            {"emails": [{**WORK, "primary": False}, {**HOME, "primary": True}]},
            id="the mark of the primary",
        ),
        pytest.param(
            replace("emails.primary", value=True),
            {"emails": [WORK, {**HOME, "primary": False}]},
            id="the mark on every entry",
        ),
        pytest.param(
            replace('emails[type eq "home"]', None),
            {"emails": [WORK]},
            id="null takes the entry away",
        ),
        pytest.param(
            replace('emails[type eq "home"].value', None),
            {"emails": [WORK, {"type": "home"}]},
            id="null takes the part away",
        ),
        pytest.param(
            replace("emails.type", "x"),
            {"emails": [{**WORK, "type": "x"}, {**HOME, "type": "x"}]},
            id="a part of every entry",
        ),
        pytest.param(
            replace("phoneNumbers.value", "1"),
            {"phoneNumbers": [{"value": "1"}]},
            id="a part of a list that is not there",
        ),
        pytest.param(
            replace(E, {"department": "Looms", "manager": {"$ref": "r"}}),
            {E: {"department": "Looms", "manager": {"value": "7", "$ref": "r"}}},
            id="an extension, merged all the way down",
        ),
        pytest.param(replace("password", "secret"), {}, id="a password is taken and not kept"),
    ],
)
def test_replace(operation: dict[str, Any], difference: dict[str, Any]) -> None:
    """RFC 7644 section 3.5.2.3."""
    assert changed(ADA, by_the_book(ADA, operation)) == difference


@pytest.mark.parametrize(
    ("operation", "difference"),
    [
        pytest.param(remove("title"), {"title": None}, id="a value"),
        pytest.param(remove("nickName"), {}, id="what is not there"),
        pytest.param(remove("nickName.x"), None, id="what no schema has"),
        pytest.param(remove("name.familyName"), {"name": {"givenName": "Ada"}}, id="a part"),
        pytest.param(remove("name"), {"name": None}, id="an object"),
        pytest.param(remove("emails"), {"emails": None}, id="a list"),
        pytest.param(remove('emails[type eq "work"]'), {"emails": [HOME]}, id="chosen entries"),
        pytest.param(remove('emails[type eq "fax"]'), {}, id="entries that are not there"),
        pytest.param(remove("emails[value pr]"), {"emails": None}, id="every entry"),
        pytest.param(
            remove('emails[type eq "home"].type'),
            {"emails": [WORK, {"value": "ada@home.test"}]},
            id="a part of chosen entries",
        ),
        pytest.param(
            remove("emails.type"),
            {
                "emails": [
                    {"value": "ada@acme.test", "primary": True},
                    {"value": "ada@home.test"},
                ]
            },
            id="a part of every entry",
        ),
        pytest.param(
            remove(f"{E}:department"), {E: {"manager": {"value": "7"}}}, id="in an extension"
        ),
        pytest.param(remove(f"{E}:manager.value"), {E: {"department": "Engines"}}, id="deeper in"),
        pytest.param(remove(E), {E: None}, id="an extension"),
        pytest.param(remove("emails", [HOME]), {"emails": [WORK]}, id="listed entries"),
        pytest.param(
            remove("emails", [{"value": "ADA@home.test", "type": "x"}]),
            {"emails": [WORK]},
            id="listed entries by their value alone",
        ),
        pytest.param(
            remove("emails", [{"type": "HOME"}]), {"emails": [WORK]}, id="or by what they have"
        ),
        pytest.param(
            remove("emails", [{"type": "home", "display": "x"}]), {}, id="all of what they have"
        ),
        pytest.param(remove("emails", []), {}, id="nobody is listed"),
        pytest.param(remove("emails", None), {"emails": None}, id="null lists everybody"),
    ],
)
def test_remove(operation: dict[str, Any], difference: dict[str, Any] | None) -> None:
    """RFC 7644 section 3.5.2.2."""
    if difference is None:
        with pytest.raises(ScimError):
            by_the_book(ADA, operation)
    else:
        assert changed(ADA, by_the_book(ADA, operation)) == difference


@pytest.mark.parametrize(
    ("operation", "refusal"),
    [
        pytest.param(replace("id", "8"), Mutability, id="the id"),
        pytest.param(replace("meta.created", "now"), Mutability, id="a part of meta"),
        pytest.param(add("groups", [{"value": "7"}]), Mutability, id="the groups of an account"),
        pytest.param(remove('groups[value eq "7"]'), Mutability, id="one of them"),
        pytest.param(
            replace(f"{E}:manager.displayName", "Bo"), Mutability, id="a part that is read-only"
        ),
        pytest.param(remove("userName"), Mutability, id="to remove what is required"),
        pytest.param(replace('emails[type eq "fax"].value', "x"), NoTarget, id="no such entry"),
        pytest.param(
            add('emails[type eq "fax"].value', "x"), NoTarget, id="no such entry to add to"
        ),
        pytest.param(replace('emails[type eq "fax"]', None), NoTarget, id="no such entry to clear"),
        pytest.param(replace("active", "true"), InvalidValue, id="a text for a boolean"),
        pytest.param(replace("title", 7), InvalidValue, id="a number for a text"),
        pytest.param(replace("name", "Ada"), InvalidValue, id="a text for an object"),
        pytest.param(replace("emails", HOME), InvalidValue, id="an object for a list"),
        pytest.param(replace("role", "king"), InvalidValue, id="a role that does not exist"),
        pytest.param(remove("emails", [{"shoe": 9}]), InvalidValue, id="an entry of unknown parts"),
        pytest.param(remove("emails", [None]), InvalidValue, id="an entry that is null"),
    ],
)
def test_refuses(operation: dict[str, Any], refusal: type[ScimError]) -> None:
    with pytest.raises(refusal):
        by_the_book(ADA, operation)


MEMBERS: Document = {"displayName": "Staff", "members": [{"value": "1"}, {"value": "2"}]}


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        pytest.param(add("members", [{"value": "3"}]), ["1", "2", "3"], id="join"),
        pytest.param(add("members", [{"value": "2"}]), ["1", "2"], id="join again"),
        pytest.param(remove('members[value eq "2"]'), ["1"], id="leave"),
        pytest.param(remove('members[value eq "9"]'), ["1", "2"], id="leave without being in it"),
        pytest.param(remove("members", [{"value": "2"}]), ["1"], id="leave by the list"),
        pytest.param(remove("members", []), ["1", "2"], id="nobody leaves"),
        pytest.param(remove("members"), [], id="all leave"),
        pytest.param(replace("members", [{"value": "3"}]), ["3"], id="exactly these"),
        pytest.param(
            replace('members[value eq "2"].value', "2"), ["1", "2"], id="the same value again"
        ),
    ],
)
def test_members(operation: dict[str, Any], members: list[str]) -> None:
    after = by_the_book(MEMBERS, operation, kind=GROUP_TYPE)
    assert [member["value"] for member in after.get("members", [])] == members


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(replace('members[value eq "2"].value', "3"), id="another person in its place"),
        pytest.param(replace("members.value", "3"), id="one person in every place"),
        pytest.param(remove('members[value eq "2"].value'), id="an entry of nobody"),
        pytest.param(replace('members[value eq "2"].value', None), id="or set to nobody"),
    ],
)
def test_a_member_stays_who_it_is(operation: dict[str, Any]) -> None:
    """Immutable: RFC 7643 section 4.2."""
    with pytest.raises(Mutability):
        by_the_book(MEMBERS, operation, kind=GROUP_TYPE)
    with pytest.raises(Mutability):
        as_sent(MEMBERS, operation, kind=GROUP_TYPE)


def test_operations_apply_in_order() -> None:
    after = by_the_book(
        ADA,
        remove("emails"),
        add("emails", [{"value": "x", "type": "work"}]),
        replace('emails[type eq "work"].value', "y"),
        add("title", "a"),
        remove("title"),
    )
    assert changed(ADA, after) == {"title": None, "emails": [{"value": "y", "type": "work"}]}


# ---- what really arrives: idp-behaviours 2.3 and 2.4, by number


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


def test_large_lists_cost_their_length_and_not_its_square() -> None:
    """Each takes minutes where entries are searched for one by one."""
    many = [{"value": f"{number}@acme.test"} for number in range(20_000)]
    whole = as_sent({}, replace("emails", many))
    assert len(whole["emails"]) == 20_000
    assert as_sent(whole, add("emails", many)) == whole
    assert as_sent(whole, remove("emails", many[1:])) == {"emails": many[:1]}
    assert as_sent(whole, remove("emails[value pr]")) == {}


# ---- laws


def writable(user: Document) -> list[Attribute]:
    core = USER_TYPE.core
    return [core[name.lower()] for name in user if name.lower() in core and name != "userName"]


def tidy(user: Document) -> Document:
    """The user, with lists as a PATCH leaves them: no two entries of one value and type."""
    return by_the_book(user, *(replace(one.name, user[one.name]) for one in writable(user)))


ATTRIBUTES = st.sampled_from(
    [USER_TYPE.core[name] for name in ("title", "name", "emails", "roles", "active", "addresses")]
)
ASSIGNMENTS = ATTRIBUTES.flatmap(lambda one: st.tuples(st.just(one.name), values(one)))
FILTERED = st.builds(
    lambda entry, sub, value: replace(f'emails[type eq "{entry}"].{sub}', value),
    st.sampled_from(["work", "home", "x"]),
    st.sampled_from(["value", "display", "type"]),
    st.sampled_from(["a", "b", "", "work", None]),
)
PRIMARY = st.builds(
    lambda entry: replace(f'emails[type eq "{entry}"].primary', value=True),
    st.sampled_from(["work", "home", "x"]),
)
REPLACES = ASSIGNMENTS.map(lambda pair: replace(*pair)) | PRIMARY
ANYTHING = (
    REPLACES
    | FILTERED
    | ASSIGNMENTS.map(lambda pair: add(*pair))
    | ATTRIBUTES.map(lambda one: remove(one.name))
)


@given(users(), REPLACES)
def test_replacing_twice_is_replacing_once(user: Document, operation: dict[str, Any]) -> None:
    once = as_sent(user, operation)
    assert as_sent(once, operation) == once


@given(users())
def test_adding_what_is_there_changes_nothing(user: Document) -> None:
    before = tidy(user)
    for attribute in writable(before):
        assert by_the_book(before, add(attribute.name, before[attribute.name])) == before


@given(users())
def test_replacing_by_what_is_there_changes_nothing(user: Document) -> None:
    before = tidy(user)
    for attribute in writable(before):
        assert by_the_book(before, replace(attribute.name, before[attribute.name])) == before


@given(users(), ASSIGNMENTS)
def test_adding_twice_is_adding_once(user: Document, pair: tuple[str, Any]) -> None:
    once = by_the_book(user, add(*pair))
    assert by_the_book(once, add(*pair)) == once


@given(users(), ATTRIBUTES)
def test_what_is_removed_is_gone_and_nothing_else_is(user: Document, attribute: Attribute) -> None:
    after = by_the_book(user, remove(attribute.name))
    assert after == {key: value for key, value in user.items() if key != attribute.name}


@given(users(), ASSIGNMENTS)
def test_removing_what_was_added_by_its_list(user: Document, pair: tuple[str, Any]) -> None:
    name, value = pair
    assume(USER_TYPE.core[name.lower()].multi_valued)
    added = by_the_book({"userName": "x"}, add(name, value))
    both = by_the_book(user, add(name, value))
    left = by_the_book(both, remove(name, added.get(name, []))).get(name, [])
    assert len(left) <= len(user.get(name, []))


@given(users(), st.lists(ANYTHING, max_size=6))
def test_at_most_one_entry_is_primary(user: Document, operations: list[dict[str, Any]]) -> None:
    after = as_sent(user, *operations)
    for value in after.values():
        if isinstance(value, list):
            assert sum(entry.get("primary") is True for entry in value) <= 1


@given(users(), st.lists(ANYTHING, max_size=6))
def test_nothing_empty_stays_behind(user: Document, operations: list[dict[str, Any]]) -> None:
    def check(value: Any) -> None:
        assert value not in (None, "", [], {})
        if isinstance(value, list | dict):
            for inner in value.values() if isinstance(value, dict) else value:
                check(inner)

    check(as_sent(user, *operations))


@given(documents(), ASSIGNMENTS)
def test_the_value_of_an_operation_is_not_changed(user: Document, pair: tuple[str, Any]) -> None:
    sent = deepcopy(pair[1])
    as_sent(user, add(*pair), PRIMARY_OF_ALL)
    assert pair[1] == sent


PRIMARY_OF_ALL = replace("emails.primary", value=True)
