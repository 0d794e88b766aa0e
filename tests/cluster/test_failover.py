"""The primary dies, restarts or vanishes under load: nothing that was answered is lost.

Two servers of PostgreSQL, the second one a synchronous standby, and two processes of Headcount.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from tests.cluster.crowd import Crowd, Told
from tests.cluster.servers import Server, folder, migrated, new_server, new_standby, wait_for
from tests.saying import say
from tests.serving import Office, serving, settle

pytestmark = pytest.mark.cluster

_SOME = 100  # requests that were told to come again
_MANY = 300  # accounts, so that there is a load
_HASTY = 6.0  # seconds in which every request is answered, whatever happens


@dataclass(frozen=True)
class Cluster:
    """Two databases, and two processes in front of them."""

    primary: Server
    standby: Server
    applications: tuple[str, str]
    token: str

    def crowd(self) -> Crowd:
        """Clients at both processes."""
        return Crowd(self.applications, self.token)

    def health(self) -> list[int]:
        """What each process says about itself; who cannot answer says when to come again."""
        answers = [
            urllib3.request("GET", one.replace("/scim/v2", "/healthz"), retries=False, timeout=9)
            for one in self.applications
        ]
        assert all(one.status == 200 or one.headers["retry-after"].isdecimal() for one in answers)
        return [one.status for one in answers]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with folder() as where, ExitStack() as stack:
        primary = new_server(where)
        stack.callback(primary.end)
        standby = new_standby(primary)
        stack.callback(standby.end)
        primary.sql("CREATE DATABASE headcount")
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        options = "target_session_attrs=read-write"
        database = migrated(f"postgresql://postgres@{hosts}/headcount?{options}")
        one = stack.enter_context(serving(database))
        other = stack.enter_context(serving(database, "--workers", "2"))
        office = Office(database)
        site = settle(one, office)
        office.close()
        yield Cluster(primary, standby, (one, other), site.token)


def test_the_primary_dies_and_the_standby_takes_over(cluster: Cluster) -> None:
    with cluster.crowd().working() as told:
        _wait_for_a_load(told)
        cluster.primary.kill()
        _check_that_nobody_is_answered(cluster, told)
        cluster.standby.promote()
        _check_that_both_go_on(cluster, told)
    _check("the primary was killed", told, cluster.standby)


def test_the_primary_is_stopped_and_started_again(cluster: Cluster) -> None:
    with cluster.crowd().working() as told:
        _wait_for_a_load(told)
        cluster.primary.stop()
        _check_that_nobody_is_answered(cluster, told)
        cluster.primary.start()
        _check_that_both_go_on(cluster, told)
    _check("the primary was restarted", told, cluster.primary)


def test_the_host_of_the_primary_vanishes_and_the_standby_takes_over(cluster: Cluster) -> None:
    with cluster.crowd().working() as told:
        _wait_for_a_load(told)
        cluster.primary.freeze()
        _check_that_nobody_is_answered(cluster, told)
        cluster.standby.promote()
        _check_that_both_go_on(cluster, told)
    _check("the primary stood still", told, cluster.standby)


def _wait_for_a_load(told: Told) -> None:
    wait_for(lambda: len(told.created) > _MANY)
    told.forget_times()


def _check_that_nobody_is_answered(cluster: Cluster, told: Told) -> None:
    wait_for(lambda: told.statuses[503] > _SOME)
    assert cluster.health() == [503, 503]


def _check_that_both_go_on(cluster: Cluster, told: Told) -> None:
    started = time.monotonic()
    told.wrote.clear()
    before = len(told.created)
    wait_for(lambda: len(told.wrote) == 2)
    told.back_after = time.monotonic() - started
    wait_for(lambda: len(told.created) > before + _MANY)
    assert cluster.health() == [200, 200]


def _check(what: str, told: Told, server: Server) -> None:
    """Who was answered is there, once, as it was answered; state and events agree."""
    assert not told.wrong, told.wrong[:5]
    assert told.slowest < _HASTY
    kept = _kept(server)
    lost = sum(kept.get(name, [""])[0] != one for name, one in told.created.items())
    say(f"{what}: {told}, {lost} lost")
    assert not lost
    assert set(kept) == told.settled
    assert all(kept[name][1]["title"] == name for name in told.changed)
    users, position, created, events = _counted(server)
    assert users == created == len(kept)
    assert position == events


def _kept(server: Server) -> dict[str, Any]:
    """The id and the document of each account, by userName."""
    rows = server.sql(
        "SELECT json_build_array(title, id, convert_from(document, 'UTF8')::json) FROM resource",
        "headcount",
    ).splitlines()
    kept = {name: rest for name, *rest in map(json.loads, rows)}
    assert len(kept) == len(rows)
    return kept


def _counted(server: Server) -> list[int]:
    told = server.sql(
        "SELECT users, position, (SELECT count(*) FROM event WHERE type = 'account.created'),"
        " (SELECT count(*) FROM event) FROM tally",
        "headcount",
    )
    return [int(word) for word in told.strip().split("|")]
