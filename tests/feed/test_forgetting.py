"""Events go when they are as old as the operator wants, and not before."""

import asyncio
from datetime import timedelta

import pytest

from headcount.errors import Unavailable
from headcount.feed.forgetting import Forgetting
from headcount.store.model import Organisation
from headcount.store.promise import Store
from tests.store.conftest import FOUNDED
from tests.store.test_contract import an_account

pytestmark = pytest.mark.anyio


async def test_events_are_kept_for_so_many_days(store: Store, acme: Organisation) -> None:
    await store.commit(an_account(acme, "ada"))
    written, day = FOUNDED, timedelta(days=1)
    assert await Forgetting(store, lambda: written, days=30).forget() == 0
    assert await Forgetting(store, lambda: written + 29 * day, days=30).forget() == 0
    assert await Forgetting(store, lambda: written + 31 * day, days=30).forget() == 1
    assert await store.events_after(acme.id, 0, 9) == []


async def test_a_database_that_is_away_is_looked_at_again(
    store: Store, acme: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    await store.commit(an_account(acme, "ada"))
    looks: list[int] = []
    enough = asyncio.Event()

    class Away(Forgetting):
        async def forget(self) -> int:
            looks.append(1)
            if len(looks) == 3:
                enough.set()
            if len(looks) == 1:
                raise Unavailable("it is away")
            return await super().forget()

    later = FOUNDED + timedelta(days=365)
    keeping = Away(store, lambda: later, days=30, every=0.01)
    keeping.start()
    async with asyncio.timeout(30):
        await enough.wait()
    await keeping.close()
    assert "old events cannot be removed now: it is away" in caplog.text
    assert await store.events_after(acme.id, 0, 9) == []
