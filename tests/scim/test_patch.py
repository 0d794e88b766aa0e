"""Applying PATCH operations by the book (RFC 7644 section 3.5.2)."""

from typing import Any

import pytest

from headcount.errors import InvalidValue, Mutability, NoTarget, ScimError
from headcount.scim.schemas import ENTERPRISE_URN as E, GROUP_TYPE
from tests.scim.patching import (
    ADA,
    HOME,
    MEMBERS,
    WORK,
    add,
    as_sent,
    by_the_book,
    changed,
    remove,
    replace,
)

pytestmark = pytest.mark.shows("RFC 7644 3.5.2.1", "RFC 7644 3.5.2.2", "RFC 7644 3.5.2.3")


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
            add("emails", [{"value": "ada@acme.test", "type": "work"}]),
            {},
            id="nor does less of it",
        ),
        pytest.param(
            add("addresses", [{"type": "work"}, {"type": "WORK", "primary": True}]),
            {"addresses": [{"type": "WORK", "primary": True}]},
            id="the mark of the primary does not make another entry",
        ),
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
            replace('emails[type ne "work"]', {"value": "x"}),
            {"emails": [WORK, {"value": "x"}]},
            id="a whole entry does not get what it was chosen against",
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
