"""Where the row of a resource stands: told by its id, and found all the same where it does not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from headcount.directory.identifiers import Identifiers
from headcount.errors import NotFound
from headcount.store.model import Change, Joining, Kind, MemberDelta, Organisation, Policy
from headcount.store.sqlite.numbers import number_of
from headcount.store.sqlite.store import SqliteStore
from tests.store.test_contract import a_group, an_account

pytestmark = pytest.mark.anyio

FIRST = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
SAME = "0190a1b2-c3d4-7e5f-8a9b-ffffffffffff"  # told apart by bits that the number has not
OTHER = "2819c223-7f76-453a-919d-413861904646"  # of version 4


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "headcount.db")
    yield store
    await store.close()


async def added(store: SqliteStore) -> Organisation:
    return await store.add_organisation("acme", "Acme", Policy(), datetime.now(UTC))


def named(acme: Organisation, resource_id: str) -> Change:
    return an_account(acme, f"name of {resource_id}")._replace(id=resource_id)


def test_the_numbers_of_ids_rise_as_they_do() -> None:
    identifiers = Identifiers()
    numbers = [number_of(identifiers()) for _ in range(5_000)]
    assert None not in numbers
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers, key=lambda one: one or 0)


@pytest.mark.parametrize("text", ["", "7", "x" * 36, "0190a1b2-c3d4-7xyz-8a9b-0c1d2e3f4a5b", OTHER])
def test_any_other_text_tells_no_number(text: str) -> None:
    assert number_of(text) is None


async def test_whoever_has_the_number_of_another_is_found_all_the_same(store: SqliteStore) -> None:
    acme = await added(store)
    people = (FIRST, SAME, OTHER)
    for one in people:
        await store.commit(named(acme, one))
    group = (await store.commit(a_group(acme, "Engineers"))).stored.id
    joining = MemberDelta(joined=tuple(map(Joining, people)))
    blank = Change(acme.id, Kind.GROUP, group, actor="cli", at="2026-01-01T00:00:00.000Z")
    await store.commit(blank._replace(members=joining))
    told = [one for one in await store.events_after(acme.id, 0, 99) if "display" in one.data]
    assert [one.data["display"] for one in told] == [f"name of {one}" for one in people]
    for one in people:
        seen = await store.get(acme.id, Kind.USER, one)
        assert seen.stored.id == one
        assert isinstance(seen.relations, bytes)
        assert b"Engineers" in seen.relations
        gone = Change(acme.id, Kind.USER, one, actor="cli", at=blank.at, deletes=True)
        await store.commit(gone._replace(expected=1))
        with pytest.raises(NotFound):
            await store.get(acme.id, Kind.USER, one)
    assert (await store.organisation("acme")).counts.users == 0


async def test_a_row_that_stands_elsewhere_is_found(store: SqliteStore, tmp_path: Path) -> None:
    acme = await added(store)
    await store.commit(named(acme, FIRST))
    file = apsw.Connection(str(tmp_path / "headcount.db"))
    assert file.execute("SELECT seq FROM resource").get == number_of(FIRST)
    file.execute("UPDATE resource SET seq = 1")
    assert (await store.get(acme.id, Kind.USER, FIRST)).stored.id == FIRST
    change = named(acme, FIRST)._replace(creates=False, expected=1)
    assert (await store.commit(change)).stored.version == 2


async def test_nobody_is_found_by_the_id_of_another_organisation(store: SqliteStore) -> None:
    acme = await added(store)
    rival = await store.add_organisation("rival", "Rival", Policy(), datetime.now(UTC))
    await store.commit(named(acme, FIRST))
    for org, kind in [(rival.id, Kind.USER), (acme.id, Kind.GROUP)]:
        with pytest.raises(NotFound):
            await store.get(org, kind, FIRST)
        with pytest.raises(NotFound):
            await store.commit(Change(org, kind, FIRST, actor="cli", at="x", deletes=True))
