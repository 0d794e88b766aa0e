"""Killing an application at any moment costs it nothing: its table is ours once it runs again."""

import os
import random
from pathlib import Path

import pytest

from tests.embedding.examples import Project
from tests.embedding.serving import Client
from tests.embedding.traffic import Traffic
from tests.embedding.waiting import until
from tests.saying import say

ROUNDS = int(os.environ.get("HEADCOUNT_TEST_ROUNDS", "10"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project("fastapi", tmp_path / "fastapi")
    made.prepare()
    return made


def killed_on_the_way_up(project: Project, chance: random.Random) -> None:
    """A server that gets no further than it has told by so many lines."""
    server = project.launch()
    assert server.stderr is not None
    for _ in range(chance.randrange(4)):
        server.stderr.readline()
    server.kill()
    server.wait()
    server.stderr.close()


def killed_at_work(project: Project, chance: random.Random) -> int:
    """A server that is killed in the middle of requests; how many it had answered."""
    server, address = project.start()
    try:
        until(lambda: is_same(project))  # whatever the last one left
        traffic = Traffic(Client(f"{address}/scim/v2", project.token), chance)
        wanted = chance.randrange(1, 120)
        until(lambda: traffic.answered >= wanted)
    finally:
        server.kill()
        server.wait()
    traffic.end()
    return traffic.answered


def is_same(project: Project) -> bool:
    """Whether the application's tables are Headcount's."""
    people, teams = project.ours()
    return project.people() == people and project.teams() == teams


def test_a_killed_application_has_our_people_once_it_runs_again(project: Project) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    project.write_tables()
    answered = 0
    try:
        for _ in range(ROUNDS):
            if chance.random() < 0.3:
                killed_on_the_way_up(project, chance)
            answered += killed_at_work(project, chance)
        with project.served():
            until(lambda: is_same(project))
    except BaseException:
        say(f"the application was killed by the dice of {seed}")
        raise
    people, teams = project.ours()
    assert people
    say(
        f"an application with Headcount in it was killed {ROUNDS} times in {answered} requests:"
        f" {len(people)} people and {len(teams)} memberships, the same on both sides"
    )
