"""Lists that people page through: everybody once, in order, there and back, and nobody else."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from headcount.directory.access import Caller
from headcount.errors import NotFound
from headcount.scim.resources import read_resource
from headcount.scim.schemas import USER_TYPE
from headcount.store import paging
from headcount.store.browsing import Chosen, Member, Part
from headcount.store.model import Kind
from tests.store.crowd import joins
from tests.store.estate import NAMES
from tests.store.stock import Stock, stocked

_ROLES = ("member", "owner", "guest", "member", "administrator")
_FAMILIES = ("Lovelace", "Straße", "O'Hara", "ada", "李", "x" * 300)


def _body(number: int) -> dict[str, Any]:
    """Several share a family name; some have e-mail addresses beside their userName."""
    family = _FAMILIES[number % len(_FAMILIES)]
    return {
        "userName": f"person-{number * 7 % 31}@acme.test",
        "externalId": f"ext-{number % 11}" if number % 3 else None,
        "name": {"givenName": "Ada" if number % 2 else "Grace", "familyName": family},
        "emails": [{"value": f"ada{number % 5}@x.test"}] if number % 4 else None,
        "role": _ROLES[number % len(_ROLES)],
        "active": number % 6 != 0,
    }


@pytest.fixture(scope="module")
def stock(store_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("browsing"), store_name) as stock:
        for number in range(31):
            stock.create(Kind.USER, _body(number))
        for name in NAMES:
            stock.create(Kind.USER, {"userName": name, "displayName": name, "active": False})
        everybody = [{"value": one["id"]} for one in stock.resources(Kind.USER)[::2]]
        group = stock.create(Kind.GROUP, {"displayName": "Every second", "members": everybody})
        stock.create(Kind.GROUP, {"displayName": "outer", "members": [{"value": group}]})
        other = stock.add_organisation()
        stock.create(Kind.USER, {"userName": "ada-elsewhere"}, other)
        stock.create(Kind.GROUP, {"displayName": "every group elsewhere"}, other)
        yield stock


def _group(stock: Stock) -> str:
    return str(stock.resources(Kind.GROUP)[0]["id"])


def _part(stock: Stock, kind: Kind, chosen: Chosen, limit: int, **place: str) -> Part:
    return stock.run(stock.store.browse(stock.organisation.id, kind, chosen, limit, **place))


def _walked(stock: Stock, kind: Kind, chosen: Chosen, limit: int) -> list[str]:
    """Everybody, part after part; and the way back is the same."""
    parts = [_part(stock, kind, chosen, limit)]
    assert parts[0].earlier is None
    while parts[-1].later is not None:
        parts.append(_part(stock, kind, chosen, limit, after=parts[-1].later))
    for before, part in pairwise(parts):
        assert part.earlier is not None
        back = _part(stock, kind, chosen, limit, before=part.earlier)
        assert _ids(back) == _ids(before)
        assert back.later is not None
        assert _ids(_part(stock, kind, chosen, limit, after=back.later)) == _ids(part)
    return [one for part in parts for one in _ids(part)]


def _ids(part: Part) -> list[str]:
    return [line.stored.id for line in part.lines]


def _fits(one: dict[str, Any], chosen: Chosen, members: set[str]) -> bool:
    return (
        chosen.active in {None, one["active"]}
        and chosen.role in {None, one["role"]}
        and (chosen.group is None or one["id"] in members)
        and (not chosen.text or bool(_keys(one, chosen.text)))
    )


def _keys(one: dict[str, Any], text: str) -> list[str]:
    """By what a text leads to somebody, in memory."""
    names = [one["userName"], one.get("displayName"), one.get("name", {}).get("familyName")]
    names += [email["value"] for email in one.get("emails", [])]
    found = [name.casefold()[:100] for name in names if name]
    found = [name for name in found if name.startswith(text.casefold()[:100])]
    return sorted(found + ([""] if one.get("externalId") == text else []))


@pytest.mark.parametrize("role", [None, "member", "guest"])
@pytest.mark.parametrize(
    "text", ["", "ada", "ADA", "person-1", "strasse", "李", "ext-4", "x", "no"]
)
def test_everybody_who_is_chosen_is_shown_once_and_nobody_else(
    stock: Stock, text: str, role: str | None
) -> None:
    people, group = stock.resources(Kind.USER), _group(stock)
    members = {one["value"] for one in stock.resources(Kind.GROUP)[0]["members"]}
    for active, within, limit in product((None, True, False), (None, group), (2, 100)):
        chosen = Chosen(text, active, role, within)
        wanted = [one for one in people if _fits(one, chosen, members)]
        if text:
            wanted.sort(key=lambda one: (_keys(one, text)[0], one["id"]))
        assert _walked(stock, Kind.USER, chosen, limit) == [one["id"] for one in wanted]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("role", [None, "member", "guest"])
@pytest.mark.parametrize("active", [None, True, False])
def test_a_list_is_in_the_order_that_was_chosen(
    stock: Stock, *, active: bool | None, role: str | None, by_name: bool, descending: bool
) -> None:
    chosen = Chosen("", active, role, None, by_name, descending)
    wanted = [one for one in stock.resources(Kind.USER) if _fits(one, chosen, set())]
    names = {one["id"]: one["userName"].casefold()[:400] for one in wanted}  # as an index holds
    order = sorted(names, key=names.__getitem__ if by_name else str, reverse=descending)
    found = _walked(stock, Kind.USER, chosen, 5)
    assert sorted(found) == sorted(order)
    assert not by_name or [names[one] for one in found] == [names[one] for one in order]
    assert by_name or found == order


@pytest.mark.parametrize("text", ["", "every", "OUTER", "every second", "none"])
@pytest.mark.parametrize("by_name", [False, True])
def test_groups_are_found_by_the_beginning_of_their_name(
    stock: Stock, text: str, *, by_name: bool
) -> None:
    found = _walked(stock, Kind.GROUP, Chosen(text, by_name=by_name), 1)
    groups = [
        g for g in stock.resources(Kind.GROUP) if g["displayName"].lower().startswith(text.lower())
    ]
    assert found == [one["id"] for one in groups]
    part = _part(stock, Kind.GROUP, Chosen(text), 9)
    assert [line.members for line in part.lines] == [len(one["members"]) for one in groups]


@pytest.mark.parametrize(
    "chosen",
    [
        *[Chosen("no\0body"), Chosen("\U0010ffff"), Chosen("\ud7ff"), Chosen("'; --")],
        *[Chosen(role="\0"), Chosen(role="king"), Chosen(group="\0"), Chosen(group="none")],
    ],
)
def test_what_nobody_has_finds_nobody(stock: Stock, chosen: Chosen) -> None:
    assert _part(stock, Kind.USER, chosen, 9) == Part([])


def test_whom_somebody_with_a_token_wrote_last_is_found_by_that(
    store_name: str, tmp_path: Path
) -> None:
    with stocked(tmp_path, store_name) as stock:
        okta, entra, cli = (
            Caller(stock.organisation, one) for one in ("token:o", "token:e", "cli")
        )
        writers = ((okta,), (entra,), (okta, entra), (okta, cli), (cli,), (cli, okta))
        ids = []
        for number, (creator, *others) in enumerate(writers):
            directory, body = stock.runtime.directory, {"userName": f"person {number}"}
            made = stock.run(directory.create(creator, Kind.USER, read_resource(body, USER_TYPE)))
            for title, caller in enumerate(others):
                sent = read_resource({**body, "title": str(title)}, USER_TYPE)
                stock.run(directory.replace(caller, Kind.USER, made.stored.id, sent))
            ids.append(made.stored.id)
        for chosen, wanted in (
            (("token:o",), (0, 3, 5)),
            (("token:e",), (1, 2)),
            (("token:e", "token:o"), (0, 1, 2, 3, 5)),
            (("token:",), ()),
            (("cli",), ()),
            (("\0",), ()),
        ):
            for more in ({}, {"text": "PERSON"}, {"by_name": True}, {"active": True}):
                found = _walked(stock, Kind.USER, Chosen(writers=chosen, **more), 2)
                assert found == [ids[one] for one in wanted], chosen


def test_one_of_a_list_is_found_by_its_id_in_its_organisation_alone(stock: Stock) -> None:
    org, group = stock.organisation.id, _group(stock)
    whole = _part(stock, Kind.GROUP, Chosen(), 9)
    assert stock.run(stock.store.line(org, Kind.GROUP, group)) == whole.lines[0]
    other = stock.add_organisation().id
    for where, kind, one in (
        (other, Kind.GROUP, group),
        (org, Kind.USER, group),
        (org, Kind.GROUP, "\0"),
    ):
        with pytest.raises(NotFound):
            stock.run(stock.store.line(where, kind, one))


@pytest.mark.parametrize("place", ["\0", "nobody", "~", "nobody~7", "~99999999999999999999", "😀"])
@pytest.mark.parametrize("chosen", [Chosen("ada"), Chosen(by_name=True)])
def test_a_place_that_is_none_stands_for_the_beginning(
    stock: Stock, chosen: Chosen, place: str
) -> None:
    first = _part(stock, Kind.USER, chosen, 3)
    assert _part(stock, Kind.USER, chosen, 3, after=place) == first
    assert _part(stock, Kind.USER, chosen, 3, before=place) == first


@pytest.mark.parametrize(
    "chosen", [Chosen("p", role="owner"), Chosen(role="member", active=True), Chosen("ada")]
)
def test_a_list_goes_on_where_enough_was_looked_at(
    stock: Stock, monkeypatch: pytest.MonkeyPatch, chosen: Chosen
) -> None:
    whole = _ids(_part(stock, Kind.USER, chosen, 100))
    monkeypatch.setattr(paging, "MOST_LOOKED_AT", 1)
    monkeypatch.setattr(paging, "_AT_A_TIME", 3)
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        part = _part(stock, Kind.USER, chosen, 2, after=after)
        found, after = found + _ids(part), part.later
    assert found == whole


@pytest.mark.parametrize("most", [0, 1, 5, 100])
def test_roles_that_few_have_are_counted_so_far(stock: Stock, most: int) -> None:
    roles = ("owner", "administrator", "moderator", "guest")
    times = Counter(one["role"] for one in stock.resources(Kind.USER))
    assert times.keys() == {"owner", "administrator", "guest", "member"}
    counted = stock.run(stock.store.count_roles(stock.organisation.id, roles, most))
    assert list(counted) == [min(times[role], most + 1) for role in roles]
    assert list(stock.run(stock.store.count_roles(stock.organisation.id, (), most))) == []
    other = stock.add_organisation()
    assert list(stock.run(stock.store.count_roles(other.id, roles, most))) == [0, 0, 0, 0]
    stock.create(Kind.USER, {"userName": "one", "role": "moderator", "active": False}, other)
    assert list(stock.run(stock.store.count_roles(other.id, roles, 9))) == [0, 0, 1, 0]


def test_members_are_read_a_part_at_a_time(another_database: Callable[[], str]) -> None:
    database = another_database()
    stock = Stock(database)
    ada = stock.create(Kind.USER, {"userName": "ada"})
    inner = stock.create(Kind.GROUP, {"displayName": "inner"})
    both = [{"value": ada}, {"value": inner}]
    group = stock.create(Kind.GROUP, {"displayName": "all", "members": both})
    wanted = sorted([ada, inner, *joins(database, group, 3_000)])
    org = stock.organisation.id
    found: list[Member] = []
    while part := stock.run(
        stock.store.members_after(org, group, found[-1].id if found else "", 999)
    ):
        found += part
    assert [one.id for one in found] == wanted
    known = {one.id: one for one in found if one.document is not None}
    assert known.keys() == {ada, inner}
    assert (known[ada].kind, known[inner].kind) == (Kind.USER, Kind.GROUP)
    assert b'"ada"' in (known[ada].document or b"")
    other = stock.add_organisation()
    for nobody in (group, "\0", "none"):
        assert list(stock.run(stock.store.members_after(other.id, nobody, "\0", 9))) == []
    stock.close()
