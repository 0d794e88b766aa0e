"""Answers that keep the rules pass, and each rule has been seen to be broken."""

import pytest

from tests.exchanges.paper import answer, error, listed
from tests.exchanges.rules import Answer, broken_rule, passwords


def broken(given: Answer, accept: str = "application/scim+json") -> str | None:
    return broken_rule(given, accept, frozenset({"Enigma-1940"}))


@pytest.mark.parametrize(
    "given",
    [
        answer(200, {"id": "1"}),
        answer(200, {"id": "1"}, content_type="Application/SCIM+json; charset=utf-8"),
        answer(201, {"meta": {"location": "here"}, "schemas": ["x"]}, location="here"),
        answer(204),
        answer(304),
        answer(404, error(404)),
        answer(401, error(401), www_authenticate="Bearer"),
        answer(200, listed()),
        answer(200, listed(totalResults=9)),
        answer(200, {"attributes": [{"name": "password"}]}),
    ],
)
def test_an_answer_that_keeps_the_rules_passes(given: Answer) -> None:
    assert broken(given) is None


@pytest.mark.parametrize(
    "given",
    [
        answer(500, error(500)),
        answer(503, error(503)),
        answer(204, {"id": "1"}),
        answer(304, b"x"),
        answer(200),
        answer(200, b"<html>"),
        answer(200, [1]),
        answer(200, {"id": "1"}, content_type="text/html"),
        answer(200, {"id": "1"}, content_type="application/json"),
        answer(200, {"a": [{"passWord": "x"}]}),
        answer(200, {"title": "Enigma-1940"}),
        answer(200, {"a": {"b": None}}),
        answer(201, {"id": "1"}),
        answer(201, {"meta": {"location": "here"}, "schemas": ["x"]}, location="there"),
        answer(404, error(400)),
        answer(404, {**error(404), "status": 404}),
        answer(404, error(404, detail=" ")),
        answer(404, error(404, schemas=[])),
        answer(401, error(401)),
        answer(200, listed(totalResults="1")),
        answer(200, listed(startIndex="1")),
        answer(200, listed(itemsPerPage=True)),
        answer(200, listed(itemsPerPage=2)),
        answer(200, listed(totalResults=0)),
        answer(200, listed(Resources=[{"id": "1"}, {"id": "1"}], itemsPerPage=2, totalResults=2)),
        answer(200, {"id": "1", "meta": {}}),
    ],
)
def test_an_answer_that_breaks_a_rule_is_named(given: Answer) -> None:
    assert broken(given)


def test_plain_json_is_right_only_where_it_was_asked_for() -> None:
    given = answer(200, {"id": "1"}, content_type="application/json")
    assert broken(given, accept="text/plain, application/json") is None
    assert broken(given, accept="*/*")


def test_passwords_are_found_wherever_they_are_sent() -> None:
    pathless = {"op": "replace", "value": {"Password": "b"}}
    by_path = {"op": "replace", "path": "password", "value": "c"}
    assert passwords({"password": "a", "Operations": [pathless, by_path]}) == {"a", "b", "c"}
    assert passwords({"Operations": [{"op": "add", "path": "title", "value": "d"}]}) == set()
