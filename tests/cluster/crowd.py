"""Clients that work at several servers while something happens to the database behind them."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

_LONGEST = 30  # seconds that a client waits: who is answered later was not answered
_PAUSE = 0.02  # seconds after which a client that was told to come again does
_PATIENCE = 60  # seconds for which it comes again
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Told:
    """What the clients were told."""

    created: dict[str, str] = field(default_factory=dict)  # userName -> id, of those answered 201
    settled: set[str] = field(default_factory=set)  # userNames, of those answered 201 or 409
    changed: set[str] = field(default_factory=set)  # userNames whose PATCH was answered 200
    statuses: Counter[int] = field(default_factory=Counter)
    reasons: set[str] = field(default_factory=set)  # the sentences of those answered 503
    wrong: list[str] = field(default_factory=list)  # what must not happen
    reads_refused: int = 0
    slowest: float = 0.0  # seconds
    gap: float = 0.0  # the longest time without a written change, in seconds
    back_after: float = 0.0  # seconds until every server wrote again
    wrote: set[str] = field(default_factory=set)  # servers that wrote since this was emptied

    def forget_times(self) -> None:
        """Measure from now on."""
        self.slowest = self.gap = 0.0

    def __str__(self) -> str:
        return (
            f"{len(self.created)} created, {len(self.changed)} changed, no write for"
            f" {self.gap:.2f} s, all write {self.back_after:.2f} s after the database is back,"
            f" slowest answer {self.slowest:.2f} s, {dict(self.statuses)}"
        )


class Crowd:
    """Clients that create, change and look up accounts as fast as they are answered."""

    def __init__(self, servers: Sequence[str], token: str, clients: int = 8) -> None:
        self._servers = servers
        self._token = token
        self._clients = clients
        self._pool = urllib3.PoolManager(maxsize=clients, retries=False)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._written = 0.0
        self.told = Told()

    @contextmanager
    def working(self) -> Iterator[Told]:
        """They work as long as the block runs, and then finish what they have begun."""
        self._written = time.monotonic()
        with ThreadPoolExecutor(self._clients) as threads:
            running = [threads.submit(self._client, number) for number in range(self._clients)]
            try:
                yield self.told
            finally:
                self._ended.set()
        for one in running:
            one.result()

    def _client(self, number: int) -> None:
        server = self._servers[number % len(self._servers)]
        for turn in count():
            if self._ended.is_set():
                return
            name = f"person-{number}-{turn}@acme.test"
            if (made := self._create(server, name)) is not None:
                self._change(server, made, name)
            self._look_up(server, name)

    def _create(self, server: str, name: str) -> str | None:
        """The id of a new account; None where its answer was lost and it was there already."""
        status, made = self._ask(server, "POST", "/Users", {"userName": name})
        with self._lock:
            self.told.settled.add(name)
            if status == 201:
                self.told.created[name] = made["id"]
        found: str | None = made.get("id")
        return found

    def _change(self, server: str, resource_id: str, name: str) -> None:
        change = {"op": "replace", "path": "title", "value": name}
        body = {"schemas": [_PATCH], "Operations": [change]}
        self._ask(server, "PATCH", f"/Users/{resource_id}", body)
        with self._lock:
            self.told.changed.add(name)

    def _look_up(self, server: str, name: str) -> None:
        _, found = self._ask(server, "GET", f"/Users?filter=userName+eq+%22{name}%22")
        if found.get("totalResults") != 1:
            self._complain(f"{name} was looked up: {found}")

    def _ask(self, server: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request, again and again while the answer is to come again."""
        end = time.monotonic() + _PATIENCE
        again = False
        while time.monotonic() < end:
            answer = self._once(server, method, path, body)
            if answer is not None and answer.status != 503:
                if answer.status not in ({200, 201, 409} if again else {200, 201}):
                    self._complain(f"{method} {path}: {answer.status} {answer.data!r}")
                return answer.status, answer.json()
            again = True
            self._ended.wait(_PAUSE)
        self._complain(f"{method} {path} was never answered")
        return 0, {}

    def _once(
        self, server: str, method: str, path: str, body: object
    ) -> urllib3.BaseHTTPResponse | None:
        started = time.monotonic()
        try:
            answer = self._pool.request(
                method,
                server + path,
                headers={"Authorization": f"Bearer {self._token}"},
                body=None if body is None else json.dumps(body),
                timeout=_LONGEST,
            )
        except HTTPError as error:
            self._complain(f"{method} {path} was not answered: {error}")
            return None
        if answer.status == 503:
            self.told.reasons.add(answer.json()["detail"])
            if not answer.headers.get("retry-after", "").isdecimal():
                self._complain(f"{method} {path}: 503 does not say when to come again")
        self._note(answer.status, started, server if method != "GET" else "")
        return answer

    def _note(self, status: int, started: float, wrote: str) -> None:
        now = time.monotonic()
        with self._lock:
            self.told.statuses[status] += 1
            self.told.slowest = max(self.told.slowest, now - started)
            self.told.reads_refused += not wrote and status == 503
            if wrote and status in {200, 201}:
                self.told.gap = max(self.told.gap, now - self._written)
                self._written = now
                self.told.wrote.add(wrote)

    def _complain(self, sentence: str) -> None:
        with self._lock:
            self.told.wrong.append(sentence)
