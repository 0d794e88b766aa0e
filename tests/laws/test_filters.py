"""A filter decided in SQL, decided in memory and decided by the judge is one filter."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from headcount.scim.filters import Filter, parse_filter
from headcount.scim.match import matches
from headcount.scim.resources import Document
from headcount.scim.schemas import USER_TYPE
from headcount.store.model import Kind
from tests.laws import judge
from tests.laws.strategies import accounts, clean, questions
from tests.scim.strategies import WORDS
from tests.store.stock import Stock, expected, stocked

pytestmark = pytest.mark.shows("RFC 7644 3.4.2.2")


@given(questions, accounts)
def test_memory_and_the_judge_agree(where: Filter, user: Document) -> None:
    assert matches(where, user) == judge.holds(str(where), user)


def _account(number: int, word: str) -> dict[str, Any]:
    return {
        "userName": f"{word or 'none'}-{number}",
        "externalId": word,
        "title": WORDS[-number],
        "nickName": word if number % 2 else None,
        "name": {"familyName": word, "givenName": WORDS[number - 3]},
        "active": number % 3 > 0,
        "roles": [{"value": word, "type": "a", "primary": number % 2 == 0}, {"display": word}],
    }


@pytest.fixture(scope="module")
def stock(store_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("laws"), store_name) as stock:
        for number, word in enumerate(WORDS):
            stock.create(Kind.USER, clean(_account(number, word)))
        yield stock


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions)
def test_sql_and_memory_and_the_judge_agree(stock: Stock, where: Filter) -> None:
    held = stock.resources(Kind.USER)
    found = stock.found(Kind.USER, where)
    assert found == expected(held, where)
    theirs = [one["id"] for one in held if judge.holds(str(where), _sent(one))]
    assert found == theirs


def _sent(resource: dict[str, Any]) -> Document:
    apart = {"meta", "schemas", "groups", "role"}
    return {key: value for key, value in resource.items() if key not in apart}


@given(questions)
def test_a_filter_that_is_printed_reads_as_itself(where: Filter) -> None:
    assert parse_filter(str(where), USER_TYPE) == where
