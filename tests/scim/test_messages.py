"""What a client asks of a list (RFC 7644 section 3.4)."""

from typing import Any

import pytest

from headcount.errors import InvalidFilter, InvalidSyntax, InvalidValue, ScimError
from headcount.scim.filters import parse_filter
from headcount.scim.messages import DEFAULT_PAGE, MAX_PAGE, Query, read_query, read_search
from headcount.scim.projection import WHOLE, read_projection
from headcount.scim.schemas import ENTERPRISE_URN as E, USER_TYPE
from headcount.tolerance import TOLERANT

pytestmark = pytest.mark.shows("RFC 7644 3.4.2", "RFC 7644 3.4.2.4")


def test_nothing_asked_is_the_first_page_of_all() -> None:
    assert read_query({}, USER_TYPE) == Query()
    assert read_query({"session": "", "aadOptscim062020": ""}, USER_TYPE) == Query()
    query = Query()
    assert (query.where, query.start, query.count) == (None, 1, DEFAULT_PAGE)
    assert query.projection is WHOLE
    assert DEFAULT_PAGE >= 100  # authentik and Keycloak's extension take the page for the whole


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("startIndex", "3", 3, id="a text"),
        pytest.param("STARTINDEX", 3, 3, id="a number, in any case"),
        pytest.param("startIndex", "0", 1, id="zero is one"),
        pytest.param("startIndex", "-7", 1, id="so is less"),
        pytest.param("startIndex", "", 1, id="nothing is one too"),
        pytest.param("startIndex", None, 1, id="and null"),
        pytest.param("startIndex", "9" * 40, 2**62, id="no more than a database holds"),
    ],
)
def test_start(name: str, value: Any, expected: int) -> None:
    assert read_query({name: value}, USER_TYPE).start == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("50", 50, id="a text"),
        pytest.param(50, 50, id="a number"),
        pytest.param("0", 0, id="zero asks for the total alone"),
        pytest.param("-1", 0, id="so does less"),
        pytest.param(MAX_PAGE, MAX_PAGE, id="the most"),
        pytest.param(MAX_PAGE + 1, MAX_PAGE, id="more than that"),
        pytest.param("", DEFAULT_PAGE, id="nothing"),
    ],
)
def test_count(value: Any, expected: int) -> None:
    assert read_query({"count": value}, USER_TYPE).count == expected


@pytest.mark.parametrize(
    ("asked", "refusal", "detail"),
    [
        pytest.param({"startIndex": "one"}, InvalidValue, "startIndex must be", id="a word"),
        pytest.param({"count": "1.5"}, InvalidValue, "count must be", id="a fraction as a text"),
        pytest.param({"count": 1.5}, InvalidValue, "count must be", id="a fraction"),
        pytest.param({"count": True}, InvalidValue, "count must be", id="a boolean"),
        pytest.param({"count": [1]}, InvalidValue, "count must be", id="a list"),
        pytest.param({"count": "9" * 5000}, InvalidValue, "count must be", id="endless digits"),
        pytest.param({"filter": ""}, InvalidFilter, "filter ends", id="an empty filter"),
        pytest.param({"filter": "shoeSize pr"}, InvalidFilter, "shoeSize", id="an unknown name"),
        pytest.param({"filter": ["title pr"]}, InvalidValue, "filter must", id="a list of filters"),
        pytest.param({"sortBy": "shoeSize"}, InvalidValue, "to sort by", id="an unknown name"),
        pytest.param({"sortBy": 7}, InvalidValue, "to sort by", id="a number to sort by"),
        pytest.param({"sortBy": "password"}, InvalidValue, "cannot be sorted", id="the password"),
        pytest.param({"sortBy": "name"}, InvalidValue, "name.formatted", id="an object of parts"),
        pytest.param({"sortOrder": "up"}, InvalidValue, "ascending or", id="an unknown order"),
        pytest.param({"sortOrder": ["ascending"]}, InvalidValue, "ascending or", id="a list of it"),
        pytest.param({"attributes": 7}, InvalidValue, "attributes must be", id="a number of them"),
        pytest.param(
            {"excludedAttributes": [7]}, InvalidValue, "excludedA", id="a list of numbers"
        ),
        pytest.param(
            {"attributes": "id", "excludedAttributes": "name"}, InvalidValue, "not both", id="both"
        ),
    ],
)
def test_refuses(asked: dict[str, Any], refusal: type[ScimError], detail: str) -> None:
    with pytest.raises(refusal, match=detail):
        read_query(asked, USER_TYPE)


def test_filter() -> None:
    asked = {"FILTER": 'userName eq "ada"'}
    assert read_query(asked, USER_TYPE).where == parse_filter('userName eq "ada"', USER_TYPE)


def test_the_dialect_reads_filters_and_names() -> None:
    asked = {"filter": 'active eq "True"', "sortBy": "department", "attributes": "department"}
    query = read_query(asked, USER_TYPE, TOLERANT)
    assert str(query.where) == "active eq true"
    assert str(query.sort_by) == f"{E}:department"
    assert query.projection == read_projection([f"{E}:department"], [], USER_TYPE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("USERNAME", "userName", id="an attribute"),
        pytest.param("name.familyName", "name.familyName", id="a part"),
        pytest.param("emails", "emails.value", id="a list by its value"),
        pytest.param("meta.created", "meta.created", id="a moment"),
        pytest.param("", "None", id="nothing"),
        pytest.param(None, "None", id="null"),
    ],
)
def test_sort_by(name: str | None, expected: str) -> None:
    assert str(read_query({"sortBy": name}, USER_TYPE).sort_by) == expected


@pytest.mark.parametrize(
    ("order", "descending"),
    [("ascending", False), ("descending", True), ("DESCENDING", True), ("", False), (None, False)],
)
def test_sort_order(order: str | None, *, descending: bool) -> None:
    assert read_query({"sortOrder": order}, USER_TYPE).descending is descending


@pytest.mark.parametrize(
    "names",
    [
        pytest.param("userName, name.givenName,", id="with commas"),
        pytest.param(["userName", "name.givenName", " "], id="as a list"),
    ],
)
def test_names(names: Any) -> None:
    expected = read_projection(["userName", "name.givenName"], [], USER_TYPE)
    assert read_query({"attributes": names}, USER_TYPE).projection == expected
    unwanted = read_projection([], ["userName", "name.givenName"], USER_TYPE)
    assert read_query({"excludedAttributes": names}, USER_TYPE).projection == unwanted


@pytest.mark.parametrize("names", ["", " ", ",", [], [""], None])
def test_no_names_are_no_question(names: Any) -> None:
    query = read_query({"attributes": names, "excludedAttributes": names}, USER_TYPE)
    assert query.projection is WHOLE


@pytest.mark.parametrize("body", [None, [], "x", 7])
def test_a_search_is_an_object(body: Any) -> None:
    with pytest.raises(InvalidSyntax, match="SearchRequest"):
        read_search(body)
    assert read_search({"count": 1}) == {"count": 1}
