"""Time, ids and chance come from outside: a story that is told twice comes out the same."""

import random
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from headcount.bootstrap import World, open_store, runtime
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.tokens import Wish
from headcount.settings import Settings
from headcount.store.model import Kind, Policy
from tests.databases import SQLITE, fresh

NOW = datetime(2026, 3, 18, 14, 2, tzinfo=UTC)

pytestmark = pytest.mark.anyio


def world() -> World:
    numbers = count(1)
    chance = random.Random(7).randbytes
    return World(
        lambda: NOW, lambda: "2026-03-18T14:02:00.000Z", lambda: f"id-{next(numbers)}", chance
    )


async def told(database: str) -> list[object]:
    """What came of a story."""
    store = open_store(Settings(database))
    parts = runtime(store, world())
    acme = await parts.organisations.create("acme", "Acme", Policy())
    token = await parts.organisations.issue("acme", Wish("okta", timedelta(days=1)))
    link = await parts.visiting.set_up_link(acme, timedelta(days=1), "cli")
    caller = Caller(acme, COMMAND_LINE)
    account = await parts.directory.create(caller, Kind.USER, {"userName": "ada"})
    await store.close()
    return [token, link, account.stored]


async def test_a_story_that_is_told_twice_comes_out_the_same(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    databases = [fresh(SQLITE, tmp_path_factory.mktemp("database")) for _ in range(2)]
    first, second = [await told(database) for database in databases]
    assert first == second
    stored = first[-1]
    assert (stored.id, stored.created) == ("id-1", "2026-03-18T14:02:00.000Z")  # type: ignore[attr-defined] # Stored
