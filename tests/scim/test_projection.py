"""What an answer shows (RFC 7644 section 3.9)."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from headcount.errors import InvalidValue
from headcount.scim.paths import values_at
from headcount.scim.projection import WHOLE, Projection, project, read_projection
from headcount.scim.resources import Document
from headcount.scim.schemas import ENTERPRISE_URN as E, GROUP_TYPE, USER_TYPE, USER_URN as U
from headcount.tolerance import TOLERANT
from tests.scim.strategies import leaf_paths, users

pytestmark = pytest.mark.shows("RFC 7644 3.9")

ADA: dict[str, Any] = {
    "schemas": [U, E],
    "id": "7",
    "userName": "ada",
    "active": False,
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [{"value": "a", "type": "work"}, {"value": "b"}],
    E: {"department": "Engines", "manager": {"value": "8", "$ref": "r"}},
    "meta": {"version": "1"},
}
ALWAYS = {"schemas": [U, E], "id": "7"}


def wanted(*names: str) -> Projection:
    return read_projection(list(names), [], USER_TYPE)


def unwanted(*names: str) -> Projection:
    return read_projection([], list(names), USER_TYPE)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        pytest.param(["userName"], {"userName": "ada"}, id="an attribute"),
        pytest.param([" USERNAME "], {"userName": "ada"}, id="in any case, with blanks"),
        pytest.param([f"{U}:userName"], {"userName": "ada"}, id="by its URN"),
        pytest.param(["active"], {"active": False}, id="one that is false"),
        pytest.param(["id"], {}, id="what is always shown"),
        pytest.param(["shoeSize"], {}, id="an unknown name"),
        pytest.param(["locale"], {}, id="one that is absent"),
        pytest.param(["name.givenName"], {"name": {"givenName": "Ada"}}, id="a part"),
        pytest.param(["name.middleName"], {}, id="a part that is absent"),
        pytest.param(["name.givenName", "name"], {"name": ADA["name"]}, id="a part, then all"),
        pytest.param(["name", "name.givenName"], {"name": ADA["name"]}, id="all, then a part"),
        pytest.param(
            ["emails.value"], {"emails": [{"value": "a"}, {"value": "b"}]}, id="of each entry"
        ),
        pytest.param(["emails.type"], {"emails": [{"type": "work"}]}, id="of those that have it"),
        pytest.param(["emails.display"], {}, id="of none"),
        pytest.param([E], {E: ADA[E]}, id="an extension"),
        pytest.param([f"{E}:department"], {E: {"department": "Engines"}}, id="a part of it"),
        pytest.param(
            [f"{E}:manager.value", f"{E}:department"],
            {E: {"department": "Engines", "manager": {"value": "8"}}},
            id="deep parts of it",
        ),
        pytest.param([f"{E}:manager.displayName"], {}, id="a deep part that is absent"),
    ],
)
def test_attributes(names: list[str], shown: dict[str, Any]) -> None:
    assert project(ADA, wanted(*names), USER_TYPE) == {**ALWAYS, **shown}


@pytest.mark.parametrize(
    ("names", "difference"),
    [
        pytest.param(["userName"], {"userName": None}, id="an attribute"),
        pytest.param(["id", "schemas"], {}, id="what is always shown"),
        pytest.param(["shoeSize"], {}, id="an unknown name"),
        pytest.param(["name.givenName"], {"name": {"familyName": "Lovelace"}}, id="a part"),
        pytest.param(["name.givenName", "name.familyName"], {"name": None}, id="every part"),
        pytest.param(["name.givenName", "name"], {"name": None}, id="a part and all"),
        pytest.param(["name", "name.givenName"], {"name": None}, id="all and a part"),
        pytest.param(
            ["emails.type"], {"emails": [{"value": "a"}, {"value": "b"}]}, id="of each entry"
        ),
        pytest.param(["emails.value"], {"emails": [{"type": "work"}]}, id="all of an entry"),
        pytest.param(
            [f"{E}:manager.$ref"],
            {E: {"department": "Engines", "manager": {"value": "8"}}},
            id="deep in an extension",
        ),
        pytest.param([E], {E: None}, id="an extension"),
    ],
)
def test_excluded_attributes(names: list[str], difference: dict[str, Any]) -> None:
    expected = {**ADA, **difference}
    shown = {name: value for name, value in expected.items() if value is not None}
    assert project(ADA, unwanted(*names), USER_TYPE) == shown


def test_an_empty_list_of_members_is_shown() -> None:
    """authentik takes a missing list for "leave alone"."""
    group = {"id": "7", "members": []}
    for names in (["members"], ["members.value"]):
        assert project(group, read_projection(names, [], GROUP_TYPE), GROUP_TYPE) == group
    some = read_projection([], ["members.type"], GROUP_TYPE)
    assert project(group, some, GROUP_TYPE) == group
    none = read_projection([], ["members"], GROUP_TYPE)
    assert project(group, none, GROUP_TYPE) == {"id": "7"}


def test_both_at_once_are_refused() -> None:
    with pytest.raises(InvalidValue, match="not both"):
        read_projection(["userName"], ["name"], USER_TYPE)


def test_nothing_asked_for_is_the_whole() -> None:
    assert read_projection([], [], USER_TYPE) is WHOLE
    assert project(ADA, WHOLE, USER_TYPE) == ADA


@pytest.mark.parametrize(
    ("projection", "whole"),
    [
        pytest.param(WHOLE, True, id="all"),
        pytest.param(unwanted("shoeSize"), True, id="all but what does not exist"),
        pytest.param(unwanted("name.givenName"), False, id="all but a part"),
        pytest.param(wanted("name"), False, id="one"),
        pytest.param(wanted("shoeSize"), False, id="what does not exist"),
    ],
)
def test_is_whole(projection: Projection, *, whole: bool) -> None:
    assert projection.is_whole is whole


@pytest.mark.parametrize(
    ("projection", "shown"),
    [
        pytest.param(WHOLE, True, id="all"),
        pytest.param(wanted("name"), True, id="itself"),
        pytest.param(wanted("name.givenName"), True, id="a part of it"),
        pytest.param(wanted("title"), False, id="another"),
        pytest.param(unwanted("name"), False, id="all but itself"),
        pytest.param(unwanted("name.givenName"), True, id="all but a part of it"),
        pytest.param(unwanted("title"), True, id="all but another"),
    ],
)
def test_shows(projection: Projection, *, shown: bool) -> None:
    assert projection.shows("name") is shown


@pytest.mark.parametrize(
    ("projection", "alone"),
    [
        pytest.param(unwanted("name"), True, id="itself"),
        pytest.param(unwanted("name.givenName"), False, id="a part of it"),
        pytest.param(unwanted("name", "title"), False, id="another as well"),
        pytest.param(wanted("title"), False, id="another is asked for"),
        pytest.param(WHOLE, False, id="nothing"),
    ],
)
def test_only_hides(projection: Projection, *, alone: bool) -> None:
    assert projection.only_hides("name") is alone


def test_the_tolerant_dialect_knows_short_names() -> None:
    some = read_projection(["department"], [], USER_TYPE, TOLERANT)
    assert project(ADA, some, USER_TYPE) == {**ALWAYS, E: {"department": "Engines"}}


NAMES = st.lists(st.sampled_from([str(path) for path in leaf_paths(USER_TYPE)]), min_size=1)


def test_an_object_whose_last_part_is_left_out_is_left_out() -> None:
    user = {"id": "7", E: {"manager": {"value": "8"}, "department": "R"}}
    asked = read_projection([], [f"{E}:manager.value"], USER_TYPE)
    assert project(user, asked, USER_TYPE) == {"id": "7", E: {"department": "R"}}


@given(users(), NAMES)
def test_projecting_twice_is_projecting_once(user: Document, names: list[str]) -> None:
    for projection in (wanted(*names), unwanted(*names)):
        once = project(user, projection, USER_TYPE)
        assert project(once, projection, USER_TYPE) == once


@given(users(), NAMES)
def test_every_value_is_shown_or_not_as_its_name_says(user: Document, names: list[str]) -> None:
    shown, rest = (
        project(user, wanted(*names), USER_TYPE),
        project(user, unwanted(*names), USER_TYPE),
    )
    for path in leaf_paths(USER_TYPE):
        values = list(values_at(user, path))
        assert list(values_at(shown, path)) == (values if str(path) in names else [])
        assert list(values_at(rest, path)) == ([] if str(path) in names else values)
