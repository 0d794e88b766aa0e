"""What an organisation may declare, and what becomes of its resource types."""

import pytest

from headcount.errors import InvalidValue, Taken
from headcount.scim.custom import MAX_CUSTOM, CustomAttribute, check_custom, extended
from headcount.scim.paths import resolve
from headcount.scim.schemas import GROUP_TYPE, GROUP_URN, RESOURCE_TYPES, USER_TYPE, USER_URN

OWN = "urn:example:acme:2.0:User"
BADGE = CustomAttribute("badge", USER_URN)
SITE = CustomAttribute("site", OWN, canonical=("Oslo", "Lima"))


def test_a_type_without_own_attributes_is_itself() -> None:
    assert extended(USER_TYPE, ()) is USER_TYPE
    assert extended(GROUP_TYPE, (BADGE, SITE)) is GROUP_TYPE


def test_equal_declarations_make_one_type() -> None:
    again = CustomAttribute("badge", USER_URN)
    assert extended(USER_TYPE, (BADGE,)) is extended(USER_TYPE, (again,))


def test_own_attributes_are_found_by_name_and_by_urn() -> None:
    kind = extended(USER_TYPE, (BADGE, SITE))
    assert str(resolve(kind, "BADGE")) == "badge"
    assert str(resolve(kind, f"{USER_URN}:badge")) == "badge"
    assert str(resolve(kind, f"{OWN}:site")) == f"{OWN}:site"
    assert resolve(USER_TYPE, "badge") is None
    assert [schema.id for schema in kind.extensions][-1] == OWN


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (CustomAttribute("1st", USER_URN), "begin with a letter"),
        (CustomAttribute('a"b', USER_URN), "must be letters"),
        (CustomAttribute("", USER_URN), "must be letters"),
        (CustomAttribute("a.b", USER_URN), "must be letters"),
        (CustomAttribute("badge", USER_URN, type="complex"), "must be one of"),
        (CustomAttribute("badge", USER_URN, resource="Robot"), "no resource type"),
        (CustomAttribute("badge", GROUP_URN), "a URN of your own"),
        (CustomAttribute("badge", "acme"), "a URN of your own"),
        (CustomAttribute("badge", "urn:acme:a'b"), "a URN of your own"),
        (CustomAttribute("badge", "urn:ietf:params:scim:schemas:acme"), "a URN of your own"),
        (CustomAttribute("badge", OWN.upper()), "that of another"),
        (CustomAttribute("badge", OWN, resource="Group"), "that of another"),
        (CustomAttribute("level", USER_URN, type="integer", canonical=("1",)), "only a text"),
        (CustomAttribute("level", USER_URN, canonical=("a", "A")), "two of them are equal"),
        (CustomAttribute("level", USER_URN, canonical=("",)), "say something"),
    ],
)
def test_what_makes_no_attribute_is_refused(new: CustomAttribute, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        check_custom(new, (SITE,), RESOURCE_TYPES)


@pytest.mark.parametrize(
    "new",
    [
        CustomAttribute("USERNAME", USER_URN),
        CustomAttribute("id", USER_URN),
        CustomAttribute("Role", USER_URN),
        CustomAttribute("Site", OWN),
        CustomAttribute("members", GROUP_URN, resource="Group"),
    ],
)
def test_a_name_is_given_once(new: CustomAttribute) -> None:
    with pytest.raises(Taken):
        check_custom(new, (SITE,), RESOURCE_TYPES)


def test_there_is_an_end() -> None:
    many = tuple(CustomAttribute(f"a{number}", USER_URN) for number in range(MAX_CUSTOM))
    check_custom(BADGE, many[1:], RESOURCE_TYPES)
    with pytest.raises(InvalidValue, match="at most"):
        check_custom(BADGE, many, RESOURCE_TYPES)
