"""The operations: what they change, what they leave, and what happens when many come at once."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from orjson import loads

from headcount.directory.access import Caller
from headcount.errors import (
    LastOwner,
    NotFound,
    OrganisationDisabled,
    ReadOnlyToken,
    SeatsTaken,
    VersionMismatch,
)
from headcount.scim.operations import read_operations
from headcount.scim.resources import read_resource
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE
from headcount.store.model import Kind, Outcome, Policy, Recorded
from tests.store.stock import Stock, stocked

pytestmark = pytest.mark.shows("RFC 7644 3.4.1")


@pytest.fixture(scope="module")
def shared(store_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    with stocked(tmp_path_factory.mktemp("directory"), store_name) as stock:
        yield stock


@pytest.fixture
def stock(shared: Stock) -> Stock:
    shared.organisation = shared.add_organisation()
    return shared


def put(
    stock: Stock, resource_id: str, body: dict[str, Any], if_match: str | None = None
) -> Outcome:
    sent = read_resource(body, USER_TYPE)
    work = stock.runtime.directory.replace(
        stock.caller(), Kind.USER, resource_id, sent, if_match=if_match
    )
    return stock.run(work)


async def patching(
    stock: Stock, resource_id: str, value: dict[str, Any], kind: Kind = Kind.USER
) -> Outcome:
    type_ = USER_TYPE if kind is Kind.USER else GROUP_TYPE
    operations = read_operations({"Operations": [{"op": "add", "value": value}]}, type_)
    return await stock.runtime.directory.patch(stock.caller(), kind, resource_id, operations)


def told(stock: Stock) -> list[Recorded]:
    return stock.run(stock.store.events_after(stock.organisation.id, 0, 1_000))


def test_what_stays_the_same_keeps_its_version_and_tells_nothing(stock: Stock) -> None:
    ada = stock.create(Kind.USER, {"userName": "ada", "title": "Countess"})
    group = stock.create(Kind.GROUP, {"displayName": "g", "members": [{"value": ada}]})
    before = told(stock)
    same = [
        put(stock, ada, {"title": "Countess", "userName": "ada"}),
        stock.run(patching(stock, ada, {"title": "Countess"})),
        stock.run(patching(stock, group, {"members": [{"value": ada}]}, Kind.GROUP)),
        stock.run(patching(stock, group, {"displayName": "g"}, Kind.GROUP)),
    ]
    assert [(one.changed, one.stored.version) for one in same] == [(False, 1)] * 4
    assert told(stock) == before


def test_one_change_tells_each_thing_that_happened_once(stock: Stock) -> None:
    ada = stock.create(Kind.USER, {"userName": "ada"})
    value = {"title": "Countess", "role": "owner", "active": False}
    stock.run(patching(stock, ada, value))
    events = [(one.type.value, one.data) for one in told(stock)][1:]
    assert events == [
        ("account.updated", {"changed": {"title": [None, "Countess"]}}),
        ("account.role_changed", {"before": "member", "after": "owner"}),
        ("account.deactivated", {}),
    ]
    assert {(one.actor, one.subject) for one in told(stock)} == {("cli", ada)}


def test_changes_of_different_attributes_at_once_all_survive(stock: Stock) -> None:
    ada = stock.create(Kind.USER, {"userName": "ada"})
    names = ["title", "nickName", "locale", "timezone", "userType", "preferredLanguage"]

    async def all_at_once() -> None:
        await asyncio.gather(*(patching(stock, ada, {name: name}) for name in names * 4))

    stock.run(all_at_once())
    seen = stock.run(stock.store.get(stock.organisation.id, Kind.USER, ada))
    document = loads(seen.stored.document)
    assert {name: document.get(name) for name in names} == {name: name for name in names}
    assert seen.stored.version == 1 + len(names)


def test_a_version_that_was_asked_for_must_still_stand(stock: Stock) -> None:
    ada = stock.create(Kind.USER, {"userName": "ada"})
    for tag in ('W/"1"', '"0", W/"2"', "*", '"4-00000000"'):
        assert put(stock, ada, {"userName": "ada", "title": tag}, tag).changed
    with pytest.raises(VersionMismatch, match="read it again"):
        put(stock, ada, {"userName": "bob"}, 'W/"1"')
    delete = stock.runtime.directory.delete(stock.caller(), Kind.USER, ada, if_match='"9"')
    with pytest.raises(VersionMismatch):
        stock.run(delete)


def test_put_and_patch_never_create(stock: Stock) -> None:
    with pytest.raises(NotFound):
        put(stock, "nobody", {"userName": "ada"})
    with pytest.raises(NotFound):
        stock.run(patching(stock, "nobody", {"title": "x"}))
    assert told(stock) == []


def test_the_last_active_owner_stays(stock: Stock) -> None:
    ada = stock.create(Kind.USER, {"userName": "ada", "role": "owner"})
    bob = stock.create(Kind.USER, {"userName": "bob", "role": "owner", "active": False})
    for value in ({"active": False}, {"role": "guest"}):
        with pytest.raises(LastOwner, match="last active owner"):
            stock.run(patching(stock, ada, value))
    with pytest.raises(LastOwner):
        stock.run(stock.runtime.directory.delete(stock.caller(), Kind.USER, ada))
    stock.run(patching(stock, bob, {"active": True}))
    stock.run(patching(stock, ada, {"active": False}))


def test_an_account_beyond_the_seats_is_refused_with_the_numbers(stock: Stock) -> None:
    stock.organisation = stock.add_organisation(Policy(seats=2))
    for name in ("ada", "bob"):
        stock.create(Kind.USER, {"userName": name})
    with pytest.raises(SeatsTaken, match=r"all 2 seats .*2 accounts are active"):
        stock.create(Kind.USER, {"userName": "carol"})
    stock.create(Kind.USER, {"userName": "carol", "active": False})


def test_a_disabled_organisation_and_a_token_that_reads_change_nothing(stock: Stock) -> None:
    ada = stock.create(Kind.USER, {"userName": "ada"})
    directory = stock.runtime.directory
    reader = replace(stock.caller(), read_only=True)
    closed = Caller(replace(stock.organisation, disabled=True), "cli")
    for caller, refusal in ((reader, ReadOnlyToken), (closed, OrganisationDisabled)):
        for work in (
            directory.create(caller, Kind.USER, {"userName": "bob"}),
            directory.replace(caller, Kind.USER, ada, {"userName": "bob"}),
            directory.patch(caller, Kind.USER, ada, ()),
            directory.delete(caller, Kind.USER, ada),
        ):
            with pytest.raises(refusal):
                stock.run(work)
    assert stock.run(directory.get(reader, Kind.USER, ada, base="")).stored.version == 1
    with pytest.raises(OrganisationDisabled):
        stock.run(directory.get(closed, Kind.USER, ada, base=""))
    assert len(told(stock)) == 1
