"""Every matcher passes and fails where it should, and what could never fail is refused."""

from typing import Any

import pytest

from tests.exchanges.matchers import MATCHERS, MISSING, defects, difference

ALIKE = [
    ("a", "a"),
    (1, 1),
    (True, True),
    ({"a": 1}, {"a": 1, "b": 2}),
    ([{"a": 1}], [{"a": 2}, {"a": 1, "b": 2}]),
    ([1, {"$kind": "integer"}], [1, 2]),
    ([{"$kind": "integer"}, 1], [1, 2]),
    ({"$any": True}, 0),
    ({"$any": True}, False),
    ({"$absent": True}, MISSING),
    ({"a": {"$absent": True}}, {"b": 1}),
    ({"$empty": True}, MISSING),
    ({"$empty": True}, []),
    ({"$exactly": []}, []),
    ({"$exactly": [1, 2]}, [2, 1]),
    ({"$count": 2}, [1, 1]),
    ({"$kind": "boolean"}, False),
    ({"$kind": "object"}, {}),
    ({"$matches": "^W/"}, 'W/"1"'),
    ({"$not": "a"}, "b"),
    ({"$not": [{"value": "a"}]}, [{"value": "b"}]),
    ({"$ref": "a"}, {"$ref": "a"}),
]
UNLIKE = [
    ("a", "A"),
    ("a", MISSING),
    ("1", 1),
    (1, "1"),
    (1, True),
    (True, 1),
    (False, MISSING),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, [1]),
    ({"a": 1}, MISSING),
    ([1], MISSING),
    ([1], {"0": 1}),
    ([1, 1], [1, 2]),
    ([{"$kind": "integer"}, 1], [1, "2"]),
    ({"$any": True}, MISSING),
    ({"$any": True}, ""),
    ({"$any": True}, []),
    ({"$absent": True}, None),
    ({"$absent": True}, ""),
    ({"$empty": True}, 0),
    ({"$empty": True}, [0]),
    ({"$exactly": []}, MISSING),
    ({"$exactly": [1]}, [1, 1]),
    ({"$exactly": [1, 1]}, [1]),
    ({"$exactly": [1]}, [2]),
    ({"$count": 1}, []),
    ({"$count": 1}, [1, 2]),
    ({"$count": 0}, MISSING),
    ({"$kind": "integer"}, True),
    ({"$kind": "integer"}, "1"),
    ({"$kind": "list"}, MISSING),
    ({"$matches": "^a"}, "ba"),
    ({"$matches": "1"}, 1),
    ({"$not": "a"}, "a"),
    ({"$not": "a"}, MISSING),
    ({"$not": [{"value": "a"}]}, [{"value": "b"}, {"value": "a"}]),
    ({"$ref": "a"}, {"$ref": "b"}),
]


@pytest.mark.parametrize(("want", "got"), ALIKE)
def test_what_is_alike_passes(want: Any, got: Any) -> None:
    assert difference(want, got) is None


@pytest.mark.parametrize(("want", "got"), UNLIKE)
def test_what_is_unlike_is_named(want: Any, got: Any) -> None:
    assert (difference(want, got) or "").startswith("body")


def test_every_matcher_has_been_seen_to_pass_and_to_fail() -> None:
    for table in (ALIKE, UNLIKE):
        seen = {key for want, _ in table if isinstance(want, dict) for key in want}
        assert seen >= MATCHERS.keys()


@pytest.mark.parametrize(
    "want",
    [
        {},
        [],
        None,
        {"a": {}},
        {"a": [None]},
        {"$amy": True},
        {"$any": False},
        {"$any": True, "a": 1},
        {"$empty": 0},
        {"$count": True},
        {"$count": -1},
        {"$kind": "number"},
        {"$matches": ".*"},
        {"$matches": "("},
        {"$exactly": {}},
        {"$exactly": [{}]},
        {"$not": {}},
    ],
)
def test_an_expectation_that_cannot_fail_is_a_defect(want: Any) -> None:
    assert list(defects(want))


def test_an_expectation_that_can_fail_is_none() -> None:
    assert [list(defects(want)) for want, _ in (*ALIKE, *UNLIKE) if list(defects(want))] == []
