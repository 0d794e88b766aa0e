"""How a bulk request is read, and in which order its operations are carried out."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from headcount.errors import InvalidSyntax, InvalidValue, ScimError, TooLarge
from headcount.scim.bulk import (
    MAX_OPERATIONS,
    BulkOperation,
    in_order,
    read_bulk,
    references,
    resolved,
)

pytestmark = pytest.mark.shows("RFC 7644 3.7.1")


def an_operation(number: int, bulk_id: str | None, *speaks_of: str) -> BulkOperation:
    data = {"members": [{"value": f"bulkId:{name}"} for name in speaks_of]}
    return BulkOperation(
        number, "POST", "/Groups", bulk_id, None, data, references("/Groups", data)
    )


def order(*operations: BulkOperation) -> list[int]:
    return [one.number for one, _ in in_order(operations)]


def test_operations_that_speak_of_nobody_stay_as_they_came() -> None:
    assert order(*(an_operation(number, str(number)) for number in range(5))) == list(range(5))


def test_one_that_speaks_of_a_later_one_waits_for_it_and_no_longer() -> None:
    first = an_operation(1, None, "b")
    others = [an_operation(2, "a"), an_operation(3, "b"), an_operation(4, "c")]
    assert order(first, *others) == [2, 3, 1, 4]


def test_a_chain_is_carried_out_from_its_end() -> None:
    chain = [an_operation(1, "a", "b"), an_operation(2, "b", "c"), an_operation(3, "c")]
    assert order(*chain) == [3, 2, 1]


def test_those_that_speak_of_each_other_are_told_apart() -> None:
    ring = [an_operation(1, "a", "b"), an_operation(2, "b", "a"), an_operation(3, "c", "c")]
    assert [(one.number, set(later)) for one, later in in_order(ring)] == [
        (3, set()),
        (1, {"b"}),
        (2, set()),
    ]


@given(st.lists(st.sets(st.integers(0, 7), max_size=3), max_size=8))
def test_every_operation_is_carried_out_once_and_behind_those_it_needs(needs: Any) -> None:
    operations = [
        an_operation(number, str(number), *map(str, sorted(speaks_of)))
        for number, speaks_of in enumerate(needs)
    ]
    steps = in_order(operations)
    assert sorted(one.number for one, _ in steps) == list(range(len(needs)))
    done: set[str] = set()
    for one, later in steps:
        assert one.bulk_id is not None
        known = {name for name in one.references if int(name) < len(needs)} - {one.bulk_id}
        assert known - later <= done
        assert not later & done
        done.add(one.bulk_id)


def test_a_reference_is_found_wherever_it_stands() -> None:
    data = {"a": ["x", {"b": "bulkId:one"}], "c": "bulkId:two", "d": "about bulkId:three", "e": 7}
    assert references("/Groups/bulkId:four", data) == {"one", "two", "four"}
    ids = {"one": "1", "two": "2"}
    assert resolved(data, ids) == {
        "a": ["x", {"b": "1"}],
        "c": "2",
        "d": "about bulkId:three",
        "e": 7,
    }


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ([], InvalidSyntax),
        ({}, InvalidSyntax),
        ({"Operations": {}}, InvalidSyntax),
        ({"Operations": ["POST"]}, InvalidSyntax),
        ({"Operations": [], "failOnErrors": "1"}, InvalidValue),
        ({"Operations": [], "failOnErrors": -1}, InvalidValue),
        ({"Operations": [], "failOnErrors": True}, InvalidValue),
        ({"Operations": [{"bulkId": 7}]}, InvalidValue),
        ({"Operations": [{"bulkId": "a"}, {"bulkId": "a"}]}, InvalidValue),
        ({"Operations": [{}] * (MAX_OPERATIONS + 1)}, TooLarge),
    ],
)
def test_what_is_no_bulk_request(body: Any, refusal: type[ScimError]) -> None:
    with pytest.raises(refusal):
        read_bulk(body)


@pytest.mark.parametrize(("value", "expected"), [(None, None), (0, None), (3, 3)])
def test_fail_on_errors(value: Any, expected: int | None) -> None:
    assert read_bulk({"Operations": [], "failOnErrors": value}).fail_on_errors == expected
