"""Headcount and the application are killed at any moment: in the end they have the same people."""

import json
import random
import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headcount.bootstrap import Runtime
from headcount.directory.endpoints import Endpoints
from tests.embedding.serving import Client
from tests.embedding.traffic import Traffic
from tests.killing import dice, kill, killed_on_the_way_up, rounds
from tests.programs import Program
from tests.saying import say
from tests.serving import Office
from tests.waiting import until
from tests.ways.pair import WAYS, Pair, pair_of

ROUNDS = rounds(3)
_VICTIMS = ((False, True), (True, False), (True, True))  # the application, Headcount
_PATIENCE = 400  # seconds: a webhook that failed twice comes again after 300


class Both:
    """The two processes, each of which is killed and started again."""

    def __init__(self, pair: Pair, chance: random.Random) -> None:
        self.pair = pair
        self.chance = chance
        self.killed = [0, 0]
        self._programs: tuple[Program, Program] = (pair.application, pair.server)
        self._running: list[subprocess.Popen[str]] = []

    def start(self) -> None:
        self._running = [program.start()[0] for program in self._programs]

    def kill(self, which: int) -> None:
        kill(self._running[which])
        self.killed[which] += 1

    def start_again(self, which: int) -> None:
        if self.chance.random() < 0.3:
            killed_on_the_way_up(self._programs[which].launch, self.chance, 2 if which else 4)
            self.killed[which] += 1
        self._running[which], _ = self._programs[which].start()

    def end(self) -> None:
        for process in self._running:
            kill(process)


def a_round(both: Both) -> int:
    """Changes, in the midst of which one or two processes are killed; how many were answered."""
    chance, pair = both.chance, both.pair
    traffic = Traffic(Client(f"{pair.address}/scim/v2", pair.token), chance)
    wanted = 0
    try:
        victims = [which for which, dies in enumerate(chance.choice(_VICTIMS)) if dies]
        for which in victims:  # Headcount last: without it nothing is answered
            wanted += chance.randrange(1, 60)
            until(lambda: traffic.answered >= wanted)  # noqa: B023 - called at once
            both.kill(which)
        chance.shuffle(victims)
        for which in victims:
            both.start_again(which)
    finally:
        traffic.end()
    return traffic.answered


def try_again(office: Office, pair: Pair) -> None:
    """As somebody does who sees that the application is back: do not let it wait for its turn."""

    async def enable(runtime: Runtime) -> None:
        endpoints = Endpoints(runtime.store, lambda: datetime.now(UTC), private=True)
        await endpoints.enable("acme", endpoint)

    if pair.name == "webhooks":
        endpoint = json.loads((pair.folder / "webhook.json").read_text())["id"]
        office.do(enable)


def until_same(pair: Pair) -> int:
    """Until the application's people are Headcount's, which do not change now; how many."""
    people, _ = pair.ours()
    until(lambda: pair.people() == people, _PATIENCE)
    return len(people)


@pytest.mark.parametrize("way", WAYS)
def test_whichever_is_killed_the_application_has_our_people_in_the_end(
    way: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        pair = stack.enter_context(pair_of(way, tmp_path / way))
        office = Office(f"sqlite:///{pair.folder / 'headcount.db'}")
        stack.callback(office.close)
        chance = stack.enter_context(dice())
        both = Both(pair, chance)
        both.start()
        stack.callback(both.end)
        Client(f"{pair.address}/scim/v2", pair.token).create("first@acme.test")
        until_same(pair)
        answered = 0
        for _ in range(ROUNDS):
            answered += a_round(both)
            try_again(office, pair)
            if chance.random() < 0.2:
                until_same(pair)
        people = until_same(pair)
    say(
        f"by {way}: in {ROUNDS} rounds with {answered} requests the application was killed"
        f" {both.killed[0]} times and Headcount {both.killed[1]} times:"
        f" {people} people, the same on both sides"
    )
