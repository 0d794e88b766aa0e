"""Large groups in a file: what is kept of them is never old, and huge ones are read in parts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest
from orjson import loads

from headcount.bootstrap import open_store
from headcount.errors import Unavailable
from headcount.scim.messages import Query
from headcount.settings import Settings, is_postgres, sqlite_path
from headcount.store.model import (
    Change,
    Joining,
    Kind,
    MemberDelta,
    Organisation,
    Outcome,
    Parts,
    Policy,
    Seen,
)
from headcount.store.promise import Resources, Store
from headcount.store.recent import Moment, Recent
from headcount.store.sqlite.connection import AT_ONCE_MEMBERS
from tests.databases import fresh, sql
from tests.store import crowd
from tests.store.test_contract import NOW, a_group, an_account, deleted, joining, moved

pytestmark = pytest.mark.anyio

BASE = "https://acme.test/scim/v2"
MANY = AT_ONCE_MEMBERS + 1


@pytest.fixture
def database(store_name: str, tmp_path: Path) -> str:
    return fresh(store_name, tmp_path)


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    store = open_store(Settings(database=database))
    yield store
    await store.close()


@pytest.fixture
async def other(database: str) -> AsyncIterator[Store]:
    """What another process is: nothing in memory is shared."""
    store = open_store(Settings(database=database))
    yield store
    await store.close()


@pytest.fixture
async def acme(store: Store) -> Organisation:
    return await store.add_organisation("acme", "Acme", Policy(), NOW)


@pytest.fixture
async def people(store: Store, acme: Organisation) -> list[Outcome]:
    return [await store.commit(an_account(acme, name)) for name in ("ada", "bob", "cyd")]


async def members(store: Resources, org: Organisation, group: Outcome) -> list[str]:
    """Who is in a group, as an answer tells it."""
    seen = await store.get(org.id, Kind.GROUP, group.stored.id, base=BASE)
    return [one["value"] for one in loads(await everything(seen))]


async def everything(seen: Seen) -> bytes:
    """The members that were seen, read to the end."""
    if isinstance(seen.relations, bytes):
        return seen.relations
    assert seen.relations is not None
    parts = [part async for part in seen.relations]
    seen.relations.close()
    return b"[" + b",".join(parts) + b"]"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_nobody_is_shown_who_left_wherever_it_was_written(
    store: Store, other: Store, acme: Organisation, people: list[Outcome], *, elsewhere: bool
) -> None:
    ada, bob, cyd = (one.stored.id for one in people)
    group = await store.commit(a_group(acme, "all", ada, bob))
    writer = other if elsewhere else store
    assert await members(store, acme, group) == [ada, bob]
    await writer.commit(moved(group, acme, joining(cyd)))
    assert await members(store, acme, group) == [ada, bob, cyd]
    await writer.commit(moved(group, acme, MemberDelta(left=(bob,))))
    assert await members(store, acme, group) == [ada, cyd]
    await writer.commit(deleted(people[0], acme))
    assert await members(store, acme, group) == [cyd]


async def test_a_group_with_the_id_of_a_deleted_one_is_another(
    store: Store, acme: Organisation, people: list[Outcome]
) -> None:
    ada, bob, _ = (one.stored.id for one in people)
    first = a_group(acme, "all", ada)
    made = await store.commit(first)
    assert await members(store, acme, made) == [ada]
    await store.commit(deleted(made, acme))
    again = replaced(first, at="2026-02-01T00:00:00.000Z", members=joining(bob))
    assert await members(store, acme, await store.commit(again)) == [bob]


def replaced(change: Change, *, at: str, members: MemberDelta) -> Change:
    return Change(
        org=change.org,
        kind=change.kind,
        id=change.id,
        actor=change.actor,
        at=at,
        creates=True,
        after=change.after,
        members=members,
    )


async def test_what_was_taken_back_is_not_kept(
    store: Store, acme: Organisation, people: list[Outcome]
) -> None:
    ada, bob, cyd = (one.stored.id for one in people)
    group = await store.commit(a_group(acme, "all", ada))

    async def and_back(resources: Resources) -> None:
        await resources.commit(moved(group, acme, joining(bob)))
        assert await members(resources, acme, group) == [ada, bob]
        raise Unavailable("taken back")

    with pytest.raises(Unavailable, match="taken back"):
        await store.together(and_back)
    await store.commit(moved(group, acme, joining(cyd)))  # the version that was taken back
    assert await members(store, acme, group) == [ada, cyd]


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_an_account_is_told_the_present_name_of_its_group(
    store: Store, other: Store, acme: Organisation, people: list[Outcome], *, elsewhere: bool
) -> None:
    ada = people[0].stored.id
    group = await store.commit(a_group(acme, "all", ada))
    assert await groups(store, acme, ada) == ["all"]
    writer = other if elsewhere else store
    await writer.commit(renamed(acme, group, "everybody"))
    assert await groups(store, acme, ada) == ["everybody"]


async def test_within_a_transaction_too(
    store: Store, acme: Organisation, people: list[Outcome]
) -> None:
    ada = people[0].stored.id
    group = await store.commit(a_group(acme, "all", ada))

    async def rename(resources: Resources) -> list[list[str]]:
        before = await groups(resources, acme, ada)
        await resources.commit(renamed(acme, group, "everybody"))
        return [before, await groups(resources, acme, ada)]

    assert await store.together(rename) == [["all"], ["everybody"]]


async def groups(store: Resources, org: Organisation, account: str) -> list[str]:
    """The names of an account's groups."""
    seen = await store.get(org.id, Kind.USER, account, base=BASE)
    return [one["display"] for one in loads(await everything(seen))]


def renamed(org: Organisation, group: Outcome, name: str) -> Change:
    fresh = a_group(org, name)
    return Change(
        org=org.id, kind=Kind.GROUP, id=group.stored.id, actor="cli", at=fresh.at, after=fresh.after
    )


async def test_a_huge_group_comes_in_parts_and_is_the_same(
    store: Store, database: str, acme: Organisation, people: list[Outcome]
) -> None:
    group = await store.commit(a_group(acme, "all", *(one.stored.id for one in people)))
    inner = await store.commit(a_group(acme, "inner"))
    named = MemberDelta(joined=(Joining(inner.stored.id, 'In "ner"'),))
    await store.commit(moved(group, acme, named))
    few = loads(await everything(await seen_of(store, acme, group)))
    await asyncio.to_thread(crowd.joins, database, group.stored.id, MANY)
    seen = await seen_of(store, acme, group)
    assert not isinstance(seen.relations, bytes)
    many = loads(await everything(seen))
    assert [one for one in many if not one["value"].startswith(crowd.PREFIX)] == few
    assert [one["value"] for one in many] == sorted(one["value"] for one in many)
    assert len(many) == MANY + len(few)
    page = await store.find(acme.id, Kind.GROUP, Query(), base=BASE)
    assert [loads(await everything(one)) for one in page.resources] == [many, []]


async def seen_of(store: Store, org: Organisation, group: Outcome) -> Seen:
    return await store.get(org.id, Kind.GROUP, group.stored.id, base=BASE)


async def test_a_huge_group_is_of_one_moment(
    store: Store, database: str, acme: Organisation, people: list[Outcome]
) -> None:
    group = await store.commit(a_group(acme, "all", people[0].stored.id))
    await asyncio.to_thread(crowd.joins, database, group.stored.id, MANY)
    seen = await seen_of(store, acme, group)
    parts = aiter(parts_of(seen))
    count = (await anext(parts)).count(b'"value"')
    await store.commit(moved(group, acme, MemberDelta(only=True)))
    assert await members(store, acme, group) == []
    assert count + sum([part.count(b'"value"') async for part in parts]) == MANY + 1


def parts_of(seen: Seen) -> Parts:
    assert seen.relations is not None
    assert not isinstance(seen.relations, bytes)
    return seen.relations


async def test_who_lets_go_of_a_huge_group_holds_nothing_up(
    store: Store, database: str, acme: Organisation, people: list[Outcome]
) -> None:
    group = await store.commit(a_group(acme, "all", people[0].stored.id))
    await asyncio.to_thread(crowd.joins, database, group.stored.id, MANY)
    closed, forgotten, half = [await seen_of(store, acme, group) for _ in range(3)]
    parts_of(closed).close()
    await anext(aiter(parts_of(half)))
    parts_of(half).close()
    assert is_held(database)  # by one of them still
    del forgotten
    await asyncio.wait_for(until_let_go(database), 20)


async def until_let_go(database: str) -> None:
    while is_held(database):  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0.01)


_HOLDING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'"""


def is_held(database: str) -> bool:
    """Whether somebody reads an old moment still."""
    if is_postgres(database):
        return sql(_HOLDING, database) != "0\n"
    connection = apsw.Connection(str(sqlite_path(database)))
    connection.set_busy_timeout(10_000)  # names come into their indexes at the same time
    connection.execute("UPDATE organisation SET name = name || '!'")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    connection.close()
    return bool(busy)


def test_what_is_kept_is_bounded_in_bytes() -> None:
    recent = Recent(most=10_000, longest=3_000)
    moments = [Moment(crowd.ORG, str(one), 1, "", BASE) for one in range(9)]
    for moment in moments:
        recent.put(moment, bytes(2_000))
        recent.get(moments[0])
    assert recent.size <= 10_000
    assert [recent.get(moment) is not None for moment in moments] == [True] + [False] * 5 + [
        True
    ] * 3
    recent.put(moments[1], bytes(3_001))
    assert recent.get(moments[1]) is None
    for _ in range(9):
        recent.put(moments[0], bytes(2_000))
    assert recent.size <= 10_000
