"""What equals what, and what comes first (RFC 7643 section 2)."""

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from headcount.scim.attributes import Attribute
from headcount.scim.values import comparison_key, has_shape, is_empty, is_moment, moment_key
from tests.scim.strategies import WORDS, texts

pytestmark = pytest.mark.shows("RFC 7643 2.3")

TEXT = Attribute("title")
EXACT = Attribute("externalId", case_exact=True)
MOMENT = Attribute("created", "dateTime")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Ada", "aDA", id="letters"),
        pytest.param("Straße", "STRASSE", id="a letter that is two in capitals"),
        pytest.param("ΣΑΣ", "σας", id="a small letter for the end of a word"),
        pytest.param("É", "é", id="accents"),
    ],
)
def test_texts_of_other_case_share_a_key(one: str, other: str) -> None:
    assert comparison_key(TEXT, one) == comparison_key(TEXT, other)
    assert comparison_key(EXACT, one) != comparison_key(EXACT, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("é", "e\u0301", id="two spellings of an accent"),
        pytest.param(" a", "a", id="blanks"),
        pytest.param("i", "\u0131", id="the dotless i"),
        pytest.param("i", "İ", id="the dotted capital"),
        pytest.param("1", "1.0", id="numbers in texts"),
    ],
)
def test_other_texts_do_not(one: str, other: str) -> None:
    assert comparison_key(TEXT, one) != comparison_key(TEXT, other)


def test_what_is_case_exact_shares_no_key_at_all() -> None:
    assert len({comparison_key(EXACT, word) for word in WORDS}) == len(WORDS)


@pytest.mark.parametrize("value", [True, False, None, 0, 7, 1.5])
def test_what_is_no_text_is_its_own_key(value: float | None) -> None:
    assert comparison_key(TEXT, value) is value


@given(texts)
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    key = comparison_key(TEXT, text)
    assert comparison_key(TEXT, key) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000000Z", id="whole seconds"),
        pytest.param("2026-01-31t12:00:00z", "2026-01-31T12:00:00.000000000Z", id="small letters"),
        pytest.param("2026-01-31T12:00:00", "2026-01-31T12:00:00.000000000Z", id="no zone is UTC"),
        pytest.param("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500000000Z", id="a fraction"),
        pytest.param("2026-01-31T12:00:00,5Z", "2026-01-31T12:00:00.500000000Z", id="a comma"),
        pytest.param(
            "0001-01-03T00:00:00.0000000Z", "0001-01-03T00:00:00.000000000Z", id="Microsoft's"
        ),
        pytest.param(
            "2026-01-31T12:00:00.1234567891Z",
            "2026-01-31T12:00:00.123456789Z",
            id="more decimals than are kept",
        ),
        pytest.param(
            "2026-01-01T00:30:00.25+01:00", "2025-12-31T23:30:00.250000000Z", id="east of UTC"
        ),
        pytest.param("2025-12-31T23:30:00-0100", "2026-01-01T00:30:00.000000000Z", id="west of it"),
        pytest.param(
            "0002-01-01T00:30:00+01:00",
            "0001-12-31T23:30:00.000000000Z",
            id="years keep four digits",
        ),
        pytest.param("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00+01:00", id="before time"),
        pytest.param("2026-01-31T12:00:00+99:99", "2026-01-31T12:00:00+99:99", id="a wrong zone"),
        pytest.param("2026-01t", "2026-01T", id="a part of a moment, for sw and co"),
        pytest.param("soon", "SOON", id="no moment at all"),
        pytest.param("٢026-01-31T12:00:00Z", "٢026-01-31T12:00:00Z", id="digits of another script"),
    ],
)
def test_moments_compare_in_utc(text: str, key: str) -> None:
    assert moment_key(text) == key
    assert comparison_key(MOMENT, text) == key


ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001


@given(MOMENTS, MOMENTS)
def test_the_order_of_keys_is_the_order_in_time(one: datetime, other: datetime) -> None:
    keys = moment_key(one.isoformat()), moment_key(other.isoformat())
    assert (keys[0] < keys[1], keys[0] == keys[1]) == (one < other, one == other)
    assert {len(key) for key in keys} == {30}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-02-28T00:00:00Z", True, id="a moment"),
        pytest.param("2026-02-28T00:00:00.123+02:00", True, id="with a fraction and a zone"),
        pytest.param("2026-02-28t00:00:00z", True, id="in small letters"),
        pytest.param("2026-02-28", False, id="a day"),
        pytest.param("2026-02-30T00:00:00Z", False, id="a day that does not exist"),
        pytest.param("2026-02-28T25:00:00Z", False, id="an hour that does not exist"),
        pytest.param("2026-02-28T00:00:00+99:00", False, id="a zone that does not exist"),
        pytest.param("٢٠٢٦-02-28T00:00:00Z", False, id="digits of another script"),
        pytest.param(" 2026-02-28T00:00:00Z", False, id="a blank"),
    ],
)
def test_is_moment(text: str, *, expected: bool) -> None:
    assert is_moment(text) is expected


_JSON = ["", "a", True, 7, 2**63, 1.5, {}, {"a": 1}, [], None]


@pytest.mark.parametrize(
    ("type_", "fitting"),
    [
        ("string", ["", "a"]),
        ("reference", ["", "a"]),
        ("boolean", [True]),
        ("integer", [7]),
        ("decimal", [7, 2**63, 1.5]),
        ("complex", [{}, {"a": 1}]),
    ],
)
def test_has_shape(type_: str, fitting: list[object]) -> None:
    found = [value for value in _JSON if has_shape(Attribute("x", type_), value)]
    assert list(map(repr, found)) == list(map(repr, fitting))


def test_only_null_and_empty_containers_are_empty() -> None:
    values = [None, [], {}, "", 0, False, [None], {"a": None}]
    assert [value for value in values if is_empty(value)] == [None, [], {}]


def test_words_hold_what_they_promise() -> None:
    keys = [comparison_key(TEXT, word) for word in WORDS]
    pairs = [(a, b) for a, b in itertools.combinations(range(len(WORDS)), 2) if keys[a] == keys[b]]
    assert [(WORDS[a], WORDS[b]) for a, b in pairs] == [("a", "A"), ("ß", "ss")]
