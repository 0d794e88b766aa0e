"""How names point at attributes (RFC 7644 section 3.10)."""

from typing import Any

import pytest

from headcount.scim import paths
from headcount.scim.paths import LONGEST_NAME, resolve, values_at
from headcount.scim.schemas import ENTERPRISE_URN, GROUP_TYPE, RESOURCE_TYPES, USER_TYPE, USER_URN
from tests.scim.strategies import leaf_paths

pytestmark = pytest.mark.shows("RFC 7644 3.10")


@pytest.mark.parametrize(
    ("text", "names", "printed"),
    [
        pytest.param("userName", ("userName",), "userName", id="an attribute"),
        pytest.param("USERNAME", ("userName",), "userName", id="in any case"),
        pytest.param("id", ("id",), "id", id="a common attribute"),
        pytest.param("meta.created", ("meta", "created"), "meta.created", id="a part of one"),
        pytest.param(
            "Name.FamilyName", ("name", "familyName"), "name.familyName", id="a sub-attribute"
        ),
        pytest.param("members.$ref", None, None, id="an attribute of groups"),
        pytest.param("groups.$ref", ("groups", "$ref"), "groups.$ref", id="a name with a dollar"),
        pytest.param(
            f"{USER_URN}:name.givenName",
            ("name", "givenName"),
            "name.givenName",
            id="the core URN leaves no trace",
        ),
        pytest.param(USER_URN.lower() + ":title", ("title",), "title", id="a URN in any case"),
        pytest.param(
            f"{ENTERPRISE_URN}:department",
            (ENTERPRISE_URN, "department"),
            f"{ENTERPRISE_URN}:department",
            id="an extension's attribute",
        ),
        pytest.param(
            f"{ENTERPRISE_URN}:manager.value",
            (ENTERPRISE_URN, "manager", "value"),
            f"{ENTERPRISE_URN}:manager.value",
            id="a part of one, behind all the dots of the URN",
        ),
        pytest.param(
            ENTERPRISE_URN.upper(), (ENTERPRISE_URN,), ENTERPRISE_URN, id="a whole extension"
        ),
        pytest.param("", None, None, id="nothing"),
        pytest.param(".", None, None, id="a dot"),
        pytest.param("name.", None, None, id="a dot behind"),
        pytest.param("name.value", None, None, id="a part that the attribute has not"),
        pytest.param("userName.value", None, None, id="a part of what has none"),
        pytest.param("department", None, None, id="an extension's attribute without its URN"),
        pytest.param(USER_URN, None, None, id="the core URN alone"),
        pytest.param(f"{USER_URN}:", None, None, id="the core URN and nothing behind"),
        pytest.param(f"{USER_URN}:department", None, None, id="the wrong URN"),
        pytest.param(f"{ENTERPRISE_URN}.department", None, None, id="a dot after the URN"),
        pytest.param(f"{ENTERPRISE_URN}:userName", None, None, id="a core name in an extension"),
        pytest.param("urn:x:y:title", None, None, id="an unknown URN"),
    ],
)
def test_resolves(text: str, names: tuple[str, ...] | None, printed: str | None) -> None:
    path = resolve(USER_TYPE, text)
    assert (path.names if path else None) == names
    assert (str(path) if path else None) == printed


def test_a_printed_path_leads_back() -> None:
    for kind in RESOURCE_TYPES:
        for path in leaf_paths(kind):
            assert resolve(kind, str(path)) == path


def test_a_name_of_any_length_is_answered_and_not_remembered() -> None:
    before = paths._resolve.cache_info().misses
    assert resolve(USER_TYPE, "x" * (LONGEST_NAME + 1)) is None
    assert paths._resolve.cache_info().misses == before
    assert max(len(str(path)) for path in leaf_paths(USER_TYPE)) < LONGEST_NAME


def test_a_group_has_its_own_names() -> None:
    assert resolve(GROUP_TYPE, "userName") is None
    assert resolve(GROUP_TYPE, "members.value") is not None


RESOURCE: dict[str, Any] = {
    "title": None,
    "active": False,
    "name": {"givenName": "Ada", "familyName": None},
    "emails": [{"value": "a"}, {"type": "work"}, {"value": "b"}],
    "photos": [],
    ENTERPRISE_URN: {"manager": {"value": "7"}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("active", [False], id="a value that is false"),
        pytest.param("title", [], id="null is no value"),
        pytest.param("locale", [], id="absent"),
        pytest.param("name.givenName", ["Ada"], id="a part"),
        pytest.param("name.familyName", [], id="a part that is null"),
        pytest.param("emails.value", ["a", "b"], id="a part of each entry that has it"),
        pytest.param("emails", RESOURCE["emails"], id="each entry"),
        pytest.param("photos", [], id="an empty list"),
        pytest.param("photos.value", [], id="a part of nothing"),
        pytest.param(f"{ENTERPRISE_URN}:manager.value", ["7"], id="deep in an extension"),
    ],
)
def test_values_at(text: str, expected: list[Any]) -> None:
    path = resolve(USER_TYPE, text)
    assert path is not None
    assert list(values_at(RESOURCE, path)) == expected
