"""`kill -9` in the middle of a burst: what was answered 201 is there when the server is back."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import apsw
import pytest
import urllib3
from urllib3.exceptions import HTTPError

from headcount.settings import is_postgres, sqlite_path
from headcount.store.model import Policy
from tests.serving import Office, Site, address_of, serving, settle, start

_CLIENTS = 12
_ENOUGH = 200  # answers before the server is killed


class Burst:
    """Clients that create accounts as fast as they can, until nobody answers any more."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pool = urllib3.PoolManager(maxsize=_CLIENTS, retries=False)
        self._lock = threading.Lock()
        self.acknowledged: dict[str, str] = {}  # userName -> id
        self.enough = threading.Event()

    def client(self, number: int) -> None:
        """One of the clients."""
        for turn in range(100_000):
            name = f"person-{number}-{turn}@acme.test"
            try:
                answer = self._pool.request(
                    "POST",
                    self._site.base_url + "/Users",
                    headers={"Authorization": f"Bearer {self._site.token}"},
                    body=json.dumps({"userName": name}),
                    timeout=10,
                )
            except HTTPError:
                return
            assert answer.status == 201, answer.data
            with self._lock:
                self.acknowledged[name] = answer.json()["id"]
                if len(self.acknowledged) >= _ENOUGH:
                    self.enough.set()


def _kill_all(server: subprocess.Popen[str]) -> None:
    """The server and the processes that it started, none of which can end in order."""
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(20)
    assert server.stdout is not None
    server.stdout.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_acknowledged_account_is_lost(another_database: Callable[[], str], workers: str) -> None:
    database = another_database()
    server = start(database, "--workers", workers)
    office = Office(database)
    site = settle(address_of(server), office, Policy())
    burst = Burst(site)
    with ThreadPoolExecutor(_CLIENTS) as clients:
        running = [clients.submit(burst.client, number) for number in range(_CLIENTS)]
        assert burst.enough.wait(60)
        _kill_all(server)
        for one in running:
            one.result()
    office.close()
    _check(database, site, burst.acknowledged)


def _check(database: str, site: Site, acknowledged: dict[str, str]) -> None:
    """Every account is found, and the totals and the events agree with what is there."""
    office = Office(database)
    with serving(database) as base_url:
        again = Site(base_url, site.token, site.slug, office)
        headers = {"Authorization": f"Bearer {again.token}"}
        for name, resource_id in acknowledged.items():
            answer = urllib3.request("GET", f"{base_url}/Users/{resource_id}", headers=headers)
            assert answer.json()["userName"] == name
        total = urllib3.request("GET", f"{base_url}/Users?count=0", headers=headers).json()
        told = again.events()
    assert total["totalResults"] >= len(acknowledged)
    assert told == ["account.created"] * total["totalResults"]
    assert again.organisation.counts.active == total["totalResults"]
    office.close()
    if is_postgres(database):
        return
    connection = apsw.Connection(str(sqlite_path(database)))
    assert connection.execute("PRAGMA integrity_check").get == "ok"
    connection.close()
