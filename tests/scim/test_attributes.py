"""What attributes, schemas and resource types say of themselves (RFC 7643 sections 2, 6 and 7)."""

import pytest

from headcount.scim.attributes import Attribute, Mutability, ResourceType, Returned, Schema
from headcount.scim.schemas import (
    COMMON,
    ENTERPRISE,
    ENTERPRISE_URN,
    GROUP_TYPE,
    RESOURCE_TYPES,
    ROLE,
    ROLES,
    USER,
    USER_TYPE,
)


def test_the_defaults_are_those_of_the_rfc() -> None:
    """RFC 7643 section 2.2."""
    assert Attribute("Title").definition() == {
        "name": "Title",
        "type": "string",
        "multiValued": False,
        "description": "The Title of the resource.",
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }


def test_a_definition_shows_all_that_was_said() -> None:
    sub = Attribute("value", "reference", case_exact=True, references=("User", "external"))
    whole = Attribute(
        "links",
        "complex",
        multi_valued=True,
        required=True,
        mutability=Mutability.IMMUTABLE,
        returned=Returned.REQUEST,
        unique=True,
        canonical=("a", "b"),
        description="Links.",
        sub=(sub,),
    )
    assert whole.definition() == {
        "name": "links",
        "type": "complex",
        "multiValued": True,
        "description": "Links.",
        "required": True,
        "canonicalValues": ["a", "b"],
        "mutability": "immutable",
        "returned": "request",
        "uniqueness": "server",
        "subAttributes": [sub.definition()],
    }
    assert sub.definition()["referenceTypes"] == ["User", "external"]
    assert sub.definition()["caseExact"] is True


@pytest.mark.parametrize(
    ("type_", "is_text"),
    [
        ("string", True),
        ("reference", True),
        ("dateTime", True),
        ("binary", True),
        ("boolean", False),
        ("integer", False),
        ("decimal", False),
        ("complex", False),
    ],
)
def test_only_texts_have_case(type_: str, *, is_text: bool) -> None:
    attribute = Attribute("x", type_)
    assert attribute.is_text is is_text
    assert ("caseExact" in attribute.definition()) is is_text
    assert attribute.is_complex is (type_ == "complex")


def test_names_are_found_without_case() -> None:
    attribute = Attribute("Emails", "complex", sub=(Attribute("Value"), Attribute("$ref")))
    assert attribute.folded == "emails"
    assert list(attribute.subs) == ["value", "$ref"]
    assert attribute.value is attribute.sub[0]
    assert Attribute("name", "complex", sub=(Attribute("formatted"),)).value is None
    schema = Schema("urn:X", "X", "", (attribute,))
    assert schema.folded == "urn:x"
    assert schema.by_name == {"emails": attribute}


def test_a_resource_type_knows_its_attributes() -> None:
    more = Schema("urn:x:longer", "More", "", (Attribute("b"),))
    kind = ResourceType(
        "X", "/Xs", "", Schema("urn:X", "X", "", (Attribute("A"),)), (Attribute("Id"),), (more,)
    )
    assert list(kind.core) == ["id", "a"]
    assert kind.extension_by_urn == {"urn:x:longer": more}
    assert kind.schemas == (more, kind.schema)
    assert [(urn and urn.id, one.name) for urn, one in kind.everything()] == [
        (None, "Id"),
        (None, "A"),
        ("urn:x:longer", "b"),
    ]


# ---- the schemas as they are published


def walk(attributes: tuple[Attribute, ...]) -> list[Attribute]:
    return [deeper for one in attributes for deeper in (one, *walk(one.sub))]


EVERY = [one for kind in RESOURCE_TYPES for _, top in kind.everything() for one in walk((top,))]


def test_every_attribute_of_rfc_7643_is_there() -> None:
    """Sections 3.1, 4.1, 4.2 and 4.3, and one of ours."""
    assert {one.name for one in COMMON} == {"schemas", "id", "externalId", "meta"}
    assert {one.name for one in USER.attributes} == {
        *("userName", "name", "displayName", "nickName", "profileUrl", "title", "userType"),
        *("preferredLanguage", "locale", "timezone", "active", "password", "emails"),
        *("phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles"),
        *("x509Certificates", "role"),
    }
    assert {one.name for one in ENTERPRISE.attributes} == {
        *("employeeNumber", "costCenter", "organization", "division", "department", "manager"),
    }
    assert {one.name for one in GROUP_TYPE.schema.attributes} == {"displayName", "members"}


def test_parts_of_parts_have_no_parts() -> None:
    """Erratum 8415: a complex attribute holds no complex one."""
    for kind in RESOURCE_TYPES:
        for _, one in kind.everything():
            assert not any(sub.is_complex for sub in one.sub)


def test_names_are_the_only_ones_of_their_place() -> None:
    for kind in RESOURCE_TYPES:
        assert len(kind.core) == len(kind.common) + len(kind.schema.attributes)
    assert all(len(one.subs) == len(one.sub) for one in EVERY)


def test_what_names_a_resource_is_unique_and_required() -> None:
    name, group = USER_TYPE.core["username"], GROUP_TYPE.core["displayname"]
    assert [(one.required, one.unique, one.case_exact) for one in (name, group)] == [
        (True, True, False),
        (True, True, False),
    ]
    assert [one.name for one in USER.attributes if one.required] == ["userName"]


def test_role_is_one_of_five() -> None:
    assert ROLES == ("owner", "administrator", "moderator", "member", "guest")
    assert ROLE.definition()["canonicalValues"] == list(ROLES)
    assert USER_TYPE.core["role"] is ROLE
    assert [one.name for one in EVERY if one.closed] == ["role"]


def test_only_the_password_is_never_returned() -> None:
    assert {one.name for one in EVERY if one.returned is Returned.NEVER} == {"password"}
    assert {one.name for one in EVERY if one.mutability is Mutability.WRITE_ONLY} == {"password"}


def test_ids_and_references_keep_their_case() -> None:
    exact = {one.name for one in EVERY if one.case_exact}
    assert {"id", "externalId", "$ref", "location", "version"} <= exact
    assert all(one.case_exact for one in EVERY if one.type in {"reference", "binary"})


def test_the_extension_is_known_by_its_urn() -> None:
    assert list(USER_TYPE.extension_by_urn) == [ENTERPRISE_URN.lower()]
    assert not GROUP_TYPE.extensions
