"""A cursor opens the list that it was made for, for a while, and no other."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from headcount.errors import ExpiredCursor, InvalidCursor
from headcount.scim.cursors import TIMEOUT, Place, Seal
from headcount.scim.filters import parse_filter
from headcount.scim.messages import Position, Query
from headcount.scim.paths import resolve
from headcount.scim.schemas import USER_TYPE

pytestmark = pytest.mark.shows("RFC 9865 2")

SEAL = Seal(bytes(32))
NOW = 1_800_000_000
QUERY = Query(where=parse_filter("active eq true", USER_TYPE), cursor="")
PLACE = Place("User", Position("7", "Ada"), 12)

places = st.builds(
    Place,
    kind=st.sampled_from(["User", "Group"]),
    position=st.none()
    | st.builds(
        Position,
        id=st.text(),
        key=st.none() | st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False),
    ),
    total=st.integers(min_value=0),
)


@given(places)
def test_what_is_sealed_is_opened_again(place: Place) -> None:
    cursor = SEAL.close(place, "1 User", QUERY, NOW)
    assert SEAL.open(cursor, "1 User", QUERY, NOW + 1) == place
    assert re.fullmatch(r"[\w.~-]+", cursor, re.ASCII)  # unreserved characters alone


@pytest.mark.parametrize(
    "query",
    [
        replace(QUERY, where=parse_filter("active eq false", USER_TYPE)),
        replace(QUERY, where=None),
        replace(QUERY, sort_by=resolve(USER_TYPE, "title")),
        replace(QUERY, descending=True),
    ],
)
def test_it_does_not_open_another_list(query: Query) -> None:
    cursor = SEAL.close(PLACE, "1 User", QUERY, NOW)
    with pytest.raises(InvalidCursor):
        SEAL.open(cursor, "1 User", query, NOW)


def test_it_opens_nothing_of_another_organisation_or_kind_or_server() -> None:
    cursor = SEAL.close(PLACE, "1 User", QUERY, NOW)
    for seal, scope in ((SEAL, "2 User"), (SEAL, "1 Group"), (Seal(b"x" * 32), "1 User")):
        with pytest.raises(InvalidCursor):
            seal.open(cursor, scope, QUERY, NOW)


def test_the_size_of_a_page_may_change_on_the_way() -> None:
    cursor = SEAL.close(PLACE, "1 User", QUERY, NOW)
    assert SEAL.open(cursor, "1 User", replace(QUERY, count=7), NOW) == PLACE


@pytest.mark.parametrize("text", ["x", "é", "AAAA", "!", "A" * 20_000, "A" * 100])
def test_what_was_not_made_here_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        SEAL.open(text, "1 User", QUERY, NOW)


def test_every_changed_character_is_noticed() -> None:
    cursor = SEAL.close(PLACE, "1 User", QUERY, NOW)
    for at in range(len(cursor) - 1):
        other = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(InvalidCursor):
            SEAL.open(other, "1 User", QUERY, NOW)


@pytest.mark.parametrize("later", [TIMEOUT + 1, -TIMEOUT - 1])
def test_it_is_good_for_a_while(later: int) -> None:
    cursor = SEAL.close(PLACE, "1 User", QUERY, NOW)
    assert SEAL.open(cursor, "1 User", QUERY, NOW + TIMEOUT) == PLACE
    with pytest.raises(ExpiredCursor, match="begin again"):
        SEAL.open(cursor, "1 User", QUERY, NOW + later)
