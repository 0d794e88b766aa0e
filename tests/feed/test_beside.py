"""What is done beside answering goes on where a process ended, however it did."""

import asyncio
import subprocess
import sys
from datetime import timedelta

import pytest

from headcount.beside import Beside
from headcount.directory.endpoints import Endpoints, Wanted
from headcount.feed.watching import Watch
from headcount.settings import Settings
from headcount.store.model import Organisation
from headcount.store.promise import Store
from tests.feed.couriers import Clock
from tests.feed.receiving import receiving
from tests.store.test_contract import an_account

pytestmark = pytest.mark.anyio

_HOLDER = "from headcount.feed.holding import holder; print(holder(), end='')"


async def test_webhooks_that_a_killed_process_held_are_sent_by_the_next_at_once(
    store: Store, acme: Organisation
) -> None:
    clock, watch = Clock(), Watch(store)
    command = [sys.executable, "-c", _HOLDER]
    gone = await asyncio.to_thread(subprocess.check_output, command, text=True)
    with receiving() as receiver:
        one = await Endpoints(store, clock, private=True).add("acme", Wanted(receiver.url))
        now, year = clock(), timedelta(days=365)
        assert await store.followers.take(one.org, one.follower, gone, now, now + year)
        await store.commit(an_account(acme, "ada"))
        beside = Beside(store, watch, Settings(webhook_private=True), clock)
        beside.start()
        await asyncio.to_thread(receiver.wait, lambda got: [each.position for each in got] == [1])
        await beside.close()
    await watch.close()
