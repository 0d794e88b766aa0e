"""Failures put together by what has to be done about them."""

from dataclasses import replace
from typing import Any

from headcount.console.troubles import bundled, key_of, most_pressing, walked
from headcount.store.activity import Exchange
from headcount.store.model import Kind

TAKEN = "the userName {!r} belongs to another User of this organisation"
ONE = Exchange(
    org=None,
    at="2026-01-02T03:04:05.000Z",
    duration=1,
    method="POST",
    path="/Users",
    status=400,
    kind=Kind.USER,
    client="Okta",
    refusal="InvalidValue",
    detail="active must be true or false, not 'perhaps'",
)


def failed(number: int, person: str = "", **given: Any) -> Exchange:
    return replace(ONE, number=number, person=person, **given)


def taken(number: int, person: str) -> Exchange:
    return failed(number, person, status=409, refusal="Taken", detail=TAKEN.format(person))


def test_what_was_counted_and_what_was_seen_make_one() -> None:
    """The store counts sentences, so it may know neither the newest of a kind nor those of few."""
    counted = bundled([(taken(3, "ada"), 900, 30), (taken(7, "bob"), 800, 20), (failed(5), 4, 2)])
    seen = walked([failed(9, "eve"), taken(8, "cy"), taken(7, "bob"), failed(6, detail="x")])
    told = most_pressing(counted, seen)
    assert [(one.last.number, one.people, one.requests) for one in told] == [
        (8, 50, 1_700),
        (9, 2, 4),
        (6, 0, 1),
    ]
    assert "'cy'" in told[0].cause.cause
    assert told[0].alike == 1


def test_one_who_fails_in_two_ways_is_one_person() -> None:
    seven = "active must be true or false, not 7"
    (told,) = walked([failed(2, "ADA"), failed(1, "ada", detail=seven), failed(3)]).values()
    assert (told.people, told.requests, told.alike, told.last.number) == (1, 3, 1, 3)
    assert told.affected == "1 person"
    (nobody,) = walked([failed(4)]).values()
    assert nobody.affected == ""


def test_what_did_not_fail_is_like_nothing() -> None:
    assert key_of(replace(ONE, status=200)) is None
    assert key_of(taken(1, "ada")) == key_of(taken(2, "bob")) != key_of(failed(3))
