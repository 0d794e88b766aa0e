"""What happens to a database behind a running server: 503 until it has passed, and no longer."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import pytest
import urllib3

from headcount.store.postgres.connections import Connections
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.opening import Opener, Options
from tests.cluster.crowd import Crowd
from tests.cluster.servers import Server, folder, migrated, new_server, wait_for
from tests.databases import binaries
from tests.serving import Office, Site, serving, settle

_LONGEST = 5.0  # seconds in which every request is answered, whatever happens
_TERMINATE = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'headcount'"""
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with folder() as where:
        made = new_server(where)
        try:
            yield made
        finally:
            made.end()


@contextmanager
def sites(database: str, number: int = 1, **settings: str) -> Iterator[list[Site]]:
    """Organisations on a server of Headcount on a new database."""
    with serving(database, **settings) as base_url:
        office = Office(database)
        try:
            yield [settle(base_url, office) for _ in range(number)]
        finally:
            office.close()


def ask(
    site: Site, method: str = "GET", path: str = "/Users", name: str = ""
) -> urllib3.BaseHTTPResponse:
    """One request."""
    return urllib3.request(
        method,
        site.base_url + path,
        headers={"Authorization": f"Bearer {site.token}"},
        body=json.dumps({"userName": name}) if name else None,
        retries=False,
        timeout=30,
    )


@contextmanager
def session(database: str) -> Iterator[Callable[[str], None]]:
    """A terminal at the database; what is typed there has happened when the call returns."""
    terminal = subprocess.Popen(
        [str(binaries() / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert terminal.stdin is not None
    assert terminal.stdout is not None

    def type_(text: str) -> None:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        print(text, "SELECT 'done';", file=terminal.stdin, flush=True)
        assert terminal.stdout.readline() == "done\n"

    with terminal:
        yield type_


def limited(server: Server, database: str, most: int) -> str:
    """The address of a database for a user named like it, who may have so many connections."""
    name = database.rpartition("/")[2]
    server.sql(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT {most}")
    server.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}", name)
    return server.address(name, user=name)


def check_refused(answer: urllib3.BaseHTTPResponse, why: str) -> None:
    assert answer.status == 503, answer.data
    assert why in answer.json()["detail"]
    assert answer.headers["retry-after"].isdecimal()


@pytest.fixture
def database(server: Server) -> str:
    name = f"headcount_{next(_NUMBERS)}"
    server.sql(f"CREATE DATABASE {name}")
    return migrated(server.address(name))


def test_connections_that_are_ended_cost_no_look_up(server: Server, database: str) -> None:
    with sites(database) as (site,):
        crowd = Crowd([site.base_url], site.token)
        with crowd.working() as told:
            for _ in range(5):
                before = len(told.created)
                wait_for(lambda: len(told.created) > before + 20)  # noqa: B023 - waited for here
                assert int(server.sql(_TERMINATE)) > 0
        assert not told.wrong, told.wrong[:5]
        assert told.reads_refused == 0
        assert told.statuses[503] <= 5 * 8


def test_few_connections_are_enough_for_many_clients(server: Server, database: str) -> None:
    name = database.rpartition("/")[2]
    with sites(database) as (site,), serving(limited(server, database, 3)) as base_url:
        crowd = Crowd([base_url], site.token)
        with crowd.working() as told:
            wait_for(lambda: len(told.created) > 50)
        assert not told.wrong, told.wrong[:5]
        assert set(told.statuses) == {200, 201}
        server.sql(f"ALTER ROLE {name} CONNECTION LIMIT 0")
        server.sql(_TERMINATE)
        again = Site(base_url, site.token, site.slug, site.office)
        wait_for(lambda: b"no more connections" in ask(again).data)  # not that one was ended
        check_refused(ask(again), "no more connections")


def test_one_given_back_while_another_is_refused_is_used(server: Server, database: str) -> None:
    """The one connection that there may be is used again by who found out that it is the only."""
    connections = Connections(limited(server, database, 1), Options(connections=2))

    async def look() -> int:
        async with connections.one() as connection:
            return int(await connection.fetchval("SELECT pg_backend_pid()"))

    async def go() -> None:
        async with connections.one() as only:
            first = int(await only.fetchval("SELECT pg_backend_pid()"))
            second = asyncio.ensure_future(look())
            await asyncio.sleep(0)  # it is on its way to the server, which will refuse it
        assert await second == first
        await connections.close()

    asyncio.run(go())


def test_one_that_is_ended_while_it_is_opened_is_opened_again(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_durable = Opener._make_durable
    ended: list[int] = []

    async def ending(self: Opener, connection: Connection) -> None:
        if not ended:
            ended.append(int(server.sql(_TERMINATE)))
        await make_durable(self, connection)

    monkeypatch.setattr(Opener, "_make_durable", ending)
    connections = Connections(database + "?application_name=headcount", Options())

    async def go() -> None:
        assert await connections.read(lambda one: one.fetchval("SELECT 7")) == 7
        await connections.close()

    asyncio.run(go())
    assert ended == [1]


def test_a_statement_that_takes_too_long_is_told(server: Server, database: str) -> None:
    with sites(database + "?statement_timeout=300") as (site,):
        assert ask(site).status == 200
        with session(database) as other:
            other("BEGIN; LOCK TABLE resource IN ACCESS EXCLUSIVE MODE;")
            check_refused(ask(site), "took too long")
            check_refused(ask(site, "POST", name="ada"), "took too long")
        assert ask(site).status == 200
        assert ask(site, "POST", name="ada").status == 201


def test_a_server_that_stands_still_holds_nobody(server: Server, database: str) -> None:
    with sites(database) as (site,), ThreadPoolExecutor(40) as clients:
        assert ask(site).status == 200
        server.freeze()
        try:
            started = time.monotonic()
            answers = list(clients.map(lambda _: ask(site), range(120)))
            seconds = time.monotonic() - started
        finally:
            server.thaw()
        assert {one.status for one in answers} == {503}
        assert seconds < 2 * _LONGEST
        wait_for(lambda: ask(site).status == 200)


def test_a_commit_that_waited_for_a_standby_in_vain_is_no_success(
    server: Server, database: str
) -> None:
    """It is in the primary then, and would be lost with it."""
    with sites(database, 9) as all_sites, ThreadPoolExecutor(9) as clients:
        server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'; SELECT pg_reload_conf()")
        try:
            waiting = [clients.submit(ask, one, "POST", name="ada") for one in all_sites]
            wait_for(lambda: server.sql(_WAITING) != "")
            assert ask(all_sites[0]).status == 200  # look-ups do not wait behind them
            while not all(one.done() for one in waiting):
                server.sql(_WAITING.replace("pid", "pg_cancel_backend(pid)"))
        finally:
            server.sql("ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf()")
        for one in waiting:
            check_refused(one.result(), "standby")
        assert {ask(one, "POST", name="ada").status for one in all_sites} == {409}
