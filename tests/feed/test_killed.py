"""`kill -9` at any moment: every event arrives at least once, and in order for each account."""

import asyncio
import os
import random
import signal
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable

from headcount.bootstrap import Runtime
from headcount.directory.endpoints import Endpoints, Wanted
from headcount.store.model import Organisation, Policy
from headcount.store.webhooks import Endpoint
from tests.feed.receiving import Got, Receiver, Reply, receiving
from tests.serving import Office, address_of, start
from tests.store.test_contract import a_group, an_account, changed, joining, moved

ROUNDS = 5  # on each store
_CHANGES = 30  # in a round
_MOST_MOMENT = 0.05  # seconds that a server lives on after some event arrived


def _kill(server: subprocess.Popen[str]) -> None:
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(20)
    assert server.stdout is not None
    server.stdout.close()


class Life:
    """Accounts and groups that change, of one organisation."""

    def __init__(self, office: Office, org: Organisation, chance: random.Random) -> None:
        self._office = office
        self._org = org
        self._chance = chance
        self._titles = 0

    def go_on(self, number: int) -> None:
        """One round of changes: some people, who are renamed and come into a group."""

        async def changes(runtime: Runtime) -> None:
            store = runtime.store
            people = [
                await store.commit(an_account(self._org, f"user-{number}-{each}"))
                for each in range(5)
            ]
            group = await store.commit(a_group(self._org, f"group-{number}"))
            for _ in range(_CHANGES - 6):
                self._titles += 1
                place = self._chance.randrange(len(people))
                after = changed(people[place], self._org, title=f"Title {self._titles}")
                people[place] = await store.commit(after)
            who = self._chance.choice(people).stored.id
            await store.commit(moved(group, self._org, joining(who)))

        self._office.do(changes)


def _add(office: Office, url: str) -> tuple[Organisation, Endpoint]:
    async def work(runtime: Runtime) -> tuple[Organisation, Endpoint]:
        org = await runtime.organisations.create("acme", "Acme", Policy())
        endpoints = Endpoints(runtime.store, runtime.endpoints.clock, private=True)
        return org, await endpoints.add("acme", Wanted(url))

    return office.do(work)


def _newest(office: Office, one: Endpoint) -> int:
    async def work(runtime: Runtime) -> int:
        return (await runtime.store.positions([one.org]))[one.org]

    return office.do(work)


def _sometimes_no(chance: random.Random) -> Callable[[Got], Reply]:
    """One event in ten is refused, the first time that it comes."""
    refused: set[int] = set()

    def answer(got: Got) -> Reply:
        if got.position not in refused and chance.random() < 0.1:
            refused.add(got.position)
            return Reply(500)
        return Reply()

    return answer


def test_no_event_is_lost_and_none_overtakes_another_of_its_subject(
    another_database: Callable[[], str],
) -> None:
    chance = random.Random()
    database, environment = another_database(), {"HEADCOUNT_WEBHOOK_PRIVATE": "on"}
    office = Office(database)
    with receiving() as receiver:
        receiver.answer = _sometimes_no(chance)
        org, one = _add(office, receiver.url)
        life = Life(office, org, chance)
        for number in range(ROUNDS):
            server = start(database, **environment)
            address_of(server)
            changing = threading.Thread(target=life.go_on, args=(number,))
            changing.start()
            _wait_for_more(receiver, chance)
            _kill(server)
            changing.join()
        server = start(database, **environment)
        address_of(server)
        last = _newest(office, one)
        assert last >= ROUNDS * _CHANGES
        receiver.wait(lambda got: {each.position for each in got} == set(range(1, last + 1)), 120)
        _until_nothing_waits(office, one)
        _kill(server)
        _check(receiver, one)
    office.close()


def _wait_for_more(receiver: Receiver, chance: random.Random) -> None:
    """Until some more events have arrived, and a moment."""
    before, more = len(receiver.got), chance.randint(1, _CHANGES // 2)
    receiver.wait(lambda got: len(got) >= before + more)
    threading.Event().wait(chance.uniform(0, _MOST_MOMENT))


def _until_nothing_waits(office: Office, one: Endpoint) -> None:
    async def work(runtime: Runtime) -> None:
        async with asyncio.timeout(50):
            while await runtime.store.webhooks.count_waiting(  # noqa: ASYNC110 - nobody tells
                one.org, one.id
            ):
                await asyncio.sleep(0.02)

    office.do(work)


def _check(receiver: Receiver, one: Endpoint) -> None:
    by_subject = defaultdict(list)
    for got in receiver.got:
        got.verified(one.secret)
        by_subject[got.event["subject"]].append(got.position)
    for subject, positions in by_subject.items():
        assert positions == sorted(positions), subject
