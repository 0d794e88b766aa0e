"""Names come into their indexes after the account was answered, and nobody notices."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from headcount.store.model import OrgId
from headcount.store.sqlite import migrate_file, names
from headcount.store.sqlite.connection import open_writer
from headcount.store.sqlite.store import SqliteStore
from tests.store.test_contract import an_account
from tests.store.test_sqlite import found_by, plans_of
from tests.store.test_writing import another_process, elsewhere, opened

pytestmark = pytest.mark.anyio

_LONG = 30  # seconds; nobody waits for them unless something is broken
_WRITER = "headcount.store.sqlite.writer"


def waiting(path: Path) -> int:
    """How many accounts are in no index of names."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = connection.execute("SELECT count(*) FROM resource WHERE kind = 1 AND named IS NULL").get
    connection.close()
    return int(found)


async def comes_true(held: Callable[[], bool]) -> None:
    """Return when it holds."""
    async with asyncio.timeout(_LONG):
        while not held():  # noqa: ASYNC110 - it is another thread that does it
            await asyncio.sleep(0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "headcount.db"


@pytest.fixture
def never_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No moment is quiet enough for what can wait."""
    monkeypatch.setattr(f"{_WRITER}._QUIET", _LONG)


@pytest.mark.usefixtures("never_quiet")
async def test_who_was_answered_is_found_by_their_names(path: Path) -> None:
    store, acme = await opened(path)
    name = {"givenName": "Augusta", "familyName": "Lovelace"}
    await store.commit(an_account(acme, "ada", displayName="Countess", name=name))
    assert waiting(path) == 1
    assert len(await found_by(store, "ada")) == 1
    await store.commit(an_account(acme, "bea", displayName="Count", name=name))
    assert len(await found_by(store, "count")) == 2
    assert waiting(path) == 0
    await store.commit(an_account(acme, "cyd", name=name))
    assert len(await found_by(store, "love")) == 3
    await store.close()


async def test_names_come_in_when_nobody_writes(path: Path) -> None:
    store, acme = await opened(path)
    for number in range(9):
        await store.commit(an_account(acme, f"u{number}"))
    await comes_true(lambda: waiting(path) == 0)
    await store.close()


@pytest.mark.usefixtures("never_quiet")
async def test_what_a_process_before_left_comes_in_without_a_write(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, acme = await opened(path)
    await store.commit(an_account(acme, "ada"))
    await store.close()
    assert waiting(path) == 1
    monkeypatch.setattr(f"{_WRITER}._QUIET", 0)
    store = SqliteStore(path)
    await comes_true(lambda: waiting(path) == 0)
    await store.close()


@pytest.mark.usefixtures("never_quiet")
async def test_names_come_in_where_somebody_writes_without_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{_WRITER}._MOST_OWED", 5)
    store, acme = await opened(path)
    for number in range(30):
        await store.commit(an_account(acme, f"u{number:02}"))
    await comes_true(lambda: waiting(path) <= 5)
    await store.close()


@pytest.mark.usefixtures("never_quiet")
async def test_a_search_does_not_wait_long_for_somebody_else_who_writes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headcount.store.sqlite.store._PATIENCE", 0.05)
    store, acme = await opened(path)
    await store.commit(an_account(acme, "ada", displayName="Adam"))
    assert len(await found_by(store, "ad")) == 1
    await store.commit(an_account(acme, "adele", displayName="Countess"))
    with elsewhere(another_process, path) as over:
        assert len(await found_by(store, "ad")) == 2  # by their userNames
        assert len(await found_by(store, "count")) == 0
        over.set()
    assert len(await found_by(store, "count")) == 1
    await store.close()


def test_nobody_is_looked_at_whose_names_are_there(path: Path) -> None:
    migrate_file(path)
    connection = open_writer(path)
    plans = plans_of(
        connection,
        lambda: names.take_in(connection),
        lambda: names.take_in_of(connection, OrgId(1)),
        lambda: names.are_waiting(connection, OrgId(1)),
    )
    steps = [step for plan in plans for step in plan if " resource " in step]
    assert len(steps) == 5
    assert all("INDEX resource_unnamed" in step or "PRIMARY KEY" in step for step in steps), steps
    connection.close()
