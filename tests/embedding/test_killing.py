"""Killing an application at any moment costs it nothing: its table is ours once it runs again."""

import random
from pathlib import Path

import pytest

from tests.embedding.examples import Project
from tests.embedding.serving import Client
from tests.embedding.traffic import Traffic
from tests.killing import dice, kill, killed_on_the_way_up, rounds
from tests.saying import say
from tests.waiting import until

ROUNDS = rounds(5)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project("fastapi", tmp_path / "fastapi")
    made.prepare()
    return made


def killed_at_work(project: Project, chance: random.Random) -> int:
    """A server that is killed in the middle of requests; how many it had answered."""
    server, address = project.start()
    try:
        until(lambda: is_same(project))  # whatever the last one left
        traffic = Traffic(Client(f"{address}/scim/v2", project.token), chance)
        wanted = chance.randrange(1, 120)
        until(lambda: traffic.answered >= wanted)
    finally:
        kill(server)
    traffic.end()
    return traffic.answered


def is_same(project: Project) -> bool:
    """Whether the application's tables are Headcount's."""
    people, teams = project.ours()
    return project.people() == people and project.teams() == teams


def test_a_killed_application_has_our_people_once_it_runs_again(project: Project) -> None:
    project.write_tables()
    answered = 0
    with dice() as chance:
        for _ in range(ROUNDS):
            if chance.random() < 0.3:
                killed_on_the_way_up(project.launch, chance)
            answered += killed_at_work(project, chance)
        with project.served():
            until(lambda: is_same(project))
    people, teams = project.ours()
    assert people
    say(
        f"an application with Headcount in it was killed {ROUNDS} times in {answered} requests:"
        f" {len(people)} people and {len(teams)} memberships, the same on both sides"
    )
