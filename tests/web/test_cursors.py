"""Lists that are walked with a cursor (RFC 9865)."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from headcount.store.model import Policy
from tests.serving import Site
from tests.web.client import Client, client, refused

pytestmark = pytest.mark.shows("F95", "F97", "F98", "F99", "RFC 9865 2", "RFC 9865 4")


def pages(ask: Client, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """One page after the other, until the server names none any more."""
    cursor: str | None = ""
    while cursor is not None:
        answer = ask("GET", f"{path}?{urlencode(asked | {'cursor': cursor})}")
        assert answer.status == 200, answer.data
        page = answer.json()
        yield page
        cursor = page.get("nextCursor")


def names(page: dict[str, Any]) -> list[str]:
    return [one.get("userName") or one["displayName"] for one in page["Resources"]]


@pytest.fixture
def seven(site: Site) -> Client:
    """An organisation of seven accounts and three groups."""
    ask = client(site)
    people = [ask.create(name) for name in "abcdefg"]
    for name in ("x", "y", "z"):
        ask.create_group(name, *people)
    return ask


def test_the_provider_offers_both_and_index_paging_first(site: Site) -> None:
    offered = client(site)("GET", "/ServiceProviderConfig").json()["pagination"]
    assert offered == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 200,
        "cursorTimeout": 3600,
    }


def test_a_walk_ends_without_a_cursor(seven: Client) -> None:
    walked = list(pages(seven, "/Users", count=3))
    assert [names(page) for page in walked] == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    for page in walked:
        assert (page["totalResults"], page["itemsPerPage"]) == (7, len(page["Resources"]))
        assert "startIndex" not in page
    assert "nextCursor" not in walked[-1]


def test_a_page_that_ends_with_the_list_names_no_other(seven: Client) -> None:
    assert "nextCursor" not in next(pages(seven, "/Users", count=7))


@pytest.mark.parametrize("form", ["cursor", "cursor=", "count=2&cursor"])
def test_an_empty_cursor_asks_for_the_first_page(seven: Client, form: str) -> None:
    assert names(seven("GET", f"/Users?{form}").json())[:2] == ["a", "b"]


def test_without_a_cursor_the_list_is_numbered(seven: Client) -> None:
    page = seven("GET", "/Users?count=2").json()
    assert page["startIndex"] == 1
    assert "nextCursor" not in page


def test_a_walk_may_be_filtered_sorted_and_projected(seven: Client) -> None:
    asked = {
        "filter": 'userName gt "b"',
        "sortBy": "userName",
        "sortOrder": "descending",
        "attributes": "userName",
        "count": 2,
    }
    walked = list(pages(seven, "/Users", **asked))
    assert [names(page) for page in walked] == [["g", "f"], ["e", "d"], ["c"]]
    assert [page["totalResults"] for page in walked] == [5, 5, 5]
    assert set(walked[0]["Resources"][0]) <= {"schemas", "id", "userName", "meta"}


def test_a_look_up_may_carry_a_cursor(seven: Client) -> None:
    page = next(pages(seven, "/Users", filter='userName eq "C"', count=10))
    assert (names(page), page["totalResults"]) == (["c"], 1)
    assert "nextCursor" not in page


def test_groups_of_a_member_are_walked(seven: Client) -> None:
    member = seven("GET", "/Users?filter=userName%20eq%20%22a%22").json()["Resources"][0]["id"]
    walked = list(pages(seven, "/Groups", filter=f'members.value eq "{member}"', count=2))
    assert [names(page) for page in walked] == [["x", "y"], ["z"]]
    assert len(walked[0]["Resources"][0]["members"]) == 7


@pytest.mark.parametrize("count", [1, 3, 7, 8, 100])
def test_a_search_over_everything_is_walked(seven: Client, count: int) -> None:
    walked, body = [], {"count": count, "cursor": ""}
    while True:
        page = seven("POST", "/.search", body).json()
        assert len(page["Resources"]) <= count
        assert page["totalResults"] == 10
        walked += names(page)
        if "nextCursor" not in page:
            break
        body["cursor"] = page["nextCursor"]
    assert walked == list("abcdefgxyz")


def test_a_search_of_one_kind_is_walked(seven: Client) -> None:
    first = seven("POST", "/Users/.search", {"count": 5, "cursor": ""}).json()
    body = {"count": 5, "cursor": first["nextCursor"]}
    assert names(seven("POST", "/Users/.search", body).json()) == ["f", "g"]


def test_a_page_of_none_tells_the_number_alone(seven: Client) -> None:
    page = next(pages(seven, "/Users", count=0))
    assert (page["totalResults"], page["Resources"]) == (7, [])
    assert "nextCursor" not in page


@pytest.mark.parametrize("cursor", ["x", "%00", "A" * 60])
def test_a_cursor_that_nobody_made(seven: Client, cursor: str) -> None:
    said = refused(seven("GET", f"/Users?cursor={cursor}"), 400, "invalidCursor")
    assert "begin again" in said


def test_a_cursor_belongs_to_its_list(seven: Client, settled: Callable[[Policy], Site]) -> None:
    cursor = next(pages(seven, "/Users", count=3))["nextCursor"]
    other = client(settled(Policy()))
    for ask, path in (
        (seven, f"/Groups?cursor={cursor}"),
        (seven, f"/Users?filter=active%20eq%20true&cursor={cursor}"),
        (seven, f"/Users?sortBy=title&cursor={cursor}"),
        (other, f"/Users?cursor={cursor}"),
    ):
        refused(ask("GET", path), 400, "invalidCursor")
    assert names(seven("GET", f"/Users?count=2&cursor={cursor}").json()) == ["d", "e"]


@pytest.mark.parametrize("count", ["many", "-1", "1.5"])
def test_a_count_that_is_none(seven: Client, count: str) -> None:
    refused(seven("GET", f"/Users?cursor&count={count}"), 400, "invalidCount")


def test_a_cursor_is_a_text(seven: Client) -> None:
    refused(seven("POST", "/Users/.search", {"cursor": 7}), 400, "invalidCursor")


def test_nobody_who_stays_is_missed_or_seen_twice(site: Site) -> None:
    """Others come and go on every page: where they stood before, behind, and at the cursor."""
    ask = client(site)
    people = {name: ask.create(name) for name in (f"{number:02}" for number in range(40))}
    seen: list[str] = []
    for number, page in enumerate(pages(ask, "/Users", count=4)):
        seen += [one["userName"] for one in page["Resources"]]
        last = page["Resources"][-1]["id"]
        ask("DELETE", f"/Users/{last}")
        ask("DELETE", f"/Users/{people[f'{39 - number:02}']}")
        ask("DELETE", f"/Users/{people[f'{number:02}']}")
        ask.create(f"new {number}")
    gone = {f"{39 - number:02}" for number in range(10)}
    stayed = {name for name in people if name not in gone}
    assert len(seen) == len(set(seen))
    assert stayed <= set(seen)
