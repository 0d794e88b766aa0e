"""Pages of a list: nobody twice, nobody missing, in the order that was asked for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headcount.scim.filters import parse_filter
from headcount.scim.messages import Query
from headcount.scim.paths import resolve
from headcount.scim.schemas import USER_TYPE
from headcount.store.model import Kind
from tests.store.stock import BASE, Stock, stocked

pytestmark = pytest.mark.shows("F90", "RFC 7644 3.4.2.3", "RFC 7644 3.4.2.4")

_HOW_MANY = 23


def _body(number: int) -> dict[str, Any]:
    """Some have no title, some no e-mail, some a primary one that is not the first."""
    emails = [{"value": f"z{number}@x.test"}, {"value": f"{number % 7}@x.test", "primary": True}]
    return {
        "userName": f"person-{number * 7 % _HOW_MANY}",
        "title": f"T{number % 5}" if number % 4 else None,
        "emails": emails[: number % 3] or None,
        "active": number % 2 == 0,
    }


@pytest.fixture(scope="module")
def stock(store_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("lists"), store_name) as stock:
        for number in range(_HOW_MANY):
            stock.create(Kind.USER, _body(number))
        yield stock


def _page(stock: Stock, query: Query) -> tuple[int, list[str]]:
    page = stock.run(stock.store.find(stock.organisation.id, Kind.USER, query))
    return page.total, [seen.stored.id for seen in page.resources]


@pytest.mark.parametrize("where", [None, "active eq true", "title pr", 'userName sw "person"'])
def test_every_part_of_a_list_is_the_part_that_was_asked_for(
    stock: Stock, where: str | None
) -> None:
    node = parse_filter(where, USER_TYPE) if where else None
    total, whole = _page(stock, Query(where=node))
    assert total == len(whole)
    for start in range(1, _HOW_MANY + 3):
        for count in (0, 1, 2, 5, 100):
            query = Query(where=node, start=start, count=count)
            assert _page(stock, query) == (total, whole[start - 1 : start - 1 + count])


def test_a_list_is_in_the_order_of_creation(stock: Stock) -> None:
    _, ids = _page(stock, Query())
    assert ids == sorted(ids)


def test_who_reads_on_is_not_led_astray_by_a_deletion(store_name: str, tmp_path: Path) -> None:
    with stocked(tmp_path, store_name) as stock:
        ids = [stock.create(Kind.USER, {"userName": str(number)}) for number in range(9)]
        assert _page(stock, Query(count=3))[1] == ids[:3]
        stock.run(stock.runtime.directory.delete(stock.caller(), Kind.USER, ids[0]))
        assert _page(stock, Query(start=4, count=3)) == (8, ids[4:7])
        added = stock.create(Kind.USER, {"userName": "new"})
        assert _page(stock, Query(start=7, count=9)) == (9, [*ids[7:], added])


def _title(resource: dict[str, Any]) -> Any:
    return resource.get("title")


def _email(resource: dict[str, Any]) -> Any:
    entries = resource.get("emails") or []
    primary = [one for one in entries if one.get("primary")]
    return (primary or entries or [{}])[0].get("value")


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("name", "value_of"),
    [
        pytest.param("title", _title, id="an attribute that some lack"),
        pytest.param("emails.value", _email, id="the primary value, or the first"),
        pytest.param("userName", lambda one: one["userName"], id="a name"),
        pytest.param("active", lambda one: int(one["active"]), id="true or false"),
        pytest.param("id", lambda one: one["id"], id="the id"),
    ],
)
def test_sorts_as_a_person_would(
    stock: Stock, name: str, value_of: Any, *, descending: bool
) -> None:
    """No value comes last, or first when descending (RFC 7644 section 3.4.2.3)."""
    path = resolve(USER_TYPE, name)
    _, ids = _page(stock, Query(sort_by=path, descending=descending))
    resources = {one["id"]: one for one in stock.resources(Kind.USER)}
    values = [value_of(resources[one]) for one in ids]
    held = sorted(value for value in values if value is not None)
    missing = [None] * (len(values) - len(held))
    assert values == ([*missing, *reversed(held)] if descending else [*held, *missing])
    assert sorted(ids) == sorted(resources)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("where", [None, "active eq true", 'title pr or emails.value sw "z"'])
@pytest.mark.parametrize(
    "name",
    [None, "title", "emails.value", "userName", "active", "id", "meta.created", "meta.version"],
)
def test_a_walk_sees_what_one_page_shows(
    stock: Stock, name: str | None, where: str | None, *, descending: bool
) -> None:
    """The same resources in the same order, however they are cut into pages."""
    asked = Query(
        where=parse_filter(where, USER_TYPE) if where else None,
        sort_by=resolve(USER_TYPE, name) if name else None,
        descending=descending,
    )
    total, whole = _page(stock, asked)
    for count in (1, 4, 100):
        walked, told, query = [], [], replace(asked, cursor="", count=count)
        while True:
            page = stock.run(stock.store.find(stock.organisation.id, Kind.USER, query))
            walked += [seen.stored.id for seen in page.resources]
            told.append(page.total)
            assert len(told) <= _HOW_MANY
            if page.more is None:
                break
            query = replace(query, after=page.more)
        assert walked == whole
        assert told[0] == total


@pytest.mark.parametrize("nested", [False, True])
def test_an_account_looks_the_same_alone_and_in_every_list(
    store_name: str, tmp_path: Path, *, nested: bool
) -> None:
    with stocked(tmp_path, store_name) as stock:
        people = [stock.create(Kind.USER, {"userName": str(number)}) for number in range(4)]
        names = ('quotes "', "back\\slash", "tab\tand é", "a\u2028b", "😀", "7")
        groups = [
            stock.create(
                Kind.GROUP,
                {"displayName": name, "members": [{"value": one} for one in people[: at % 4]]},
            )
            for at, name in enumerate(names)
        ]
        if nested:
            above = {"displayName": "above", "members": [{"value": one} for one in groups]}
            stock.create(Kind.GROUP, above)
        find, org = stock.store.find, stock.organisation.id
        alone = [stock.run(stock.store.get(org, Kind.USER, one, base=BASE)) for one in people]
        for query in (Query(), Query(cursor=""), Query(where=parse_filter("id pr", USER_TYPE))):
            assert stock.run(find(org, Kind.USER, query, base=BASE)).resources == alone
