"""A real server in a process of its own, and an office that works on the same database."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TypeVar

from headcount.bootstrap import Runtime, open_store, runtime
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.tokens import Wish
from headcount.feed.following import follow
from headcount.scim.custom import CustomAttribute
from headcount.settings import Settings, is_postgres
from headcount.store.model import Organisation, Policy, Recorded, Token
from headcount.store.postgres.store import EPOCH_LIFETIME

T = TypeVar("T")

_ANY_POLICY = Policy()
_NUMBERS = count(1)


@contextmanager
def serving(database: str, *options: str, **environment: str) -> Iterator[str]:
    """A server on a free port of loopback; its base address."""
    server = start(database, *options, **environment)
    try:
        yield address_of(server)
    finally:
        server.terminate()
        server.wait(20)
        assert server.stdout is not None
        server.stdout.close()


def start(database: str, *options: str, **environment: str) -> subprocess.Popen[str]:
    """A server that the caller has to end."""
    return subprocess.Popen(
        [sys.executable, "-m", "headcount", "serve", "--port", "0", *options],
        env={**os.environ, "HEADCOUNT_DATABASE": database, **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that it can be ended with the processes that it started
    )


def address_of(server: subprocess.Popen[str]) -> str:
    """Where the server says that it answers."""
    assert server.stdout is not None
    line = server.stdout.readline()
    return next(word for word in line.split() if word.startswith("http://"))


def wait_until_known(database: str) -> None:
    """Until a change of who may come in holds in every process.

    In those on one SQLite file that is at once; those on PostgreSQL promise it within a time.
    """
    if is_postgres(database):
        time.sleep(EPOCH_LIFETIME)


class Office:
    """Does what the command line does, without starting a process for each command."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.runtime: Runtime = runtime(open_store(Settings(database=database)))

    def do(self, work: Callable[[Runtime], Awaitable[T]]) -> T:
        """Run one operation and wait for it."""

        async def once() -> T:
            return await work(self.runtime)

        return asyncio.run_coroutine_threadsafe(once(), self._loop).result(60)

    def change(self, work: Callable[[Runtime], Awaitable[T]]) -> T:
        """Run one operation, and wait until every server has to know of it."""
        done = self.do(work)
        wait_until_known(self._database)
        return done

    def close(self) -> None:
        """Let go of the database."""
        self.do(lambda runtime: runtime.store.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True)
class Site:
    """One organisation on a running server, with a token for it."""

    base_url: str
    token: str
    slug: str
    office: Office

    @property
    def organisation(self) -> Organisation:
        """The organisation as it stands."""
        return self.office.do(lambda runtime: runtime.store.organisation(self.slug))

    @property
    def operator(self) -> Caller:
        """Whoever works on the command line."""
        return Caller(self.organisation, COMMAND_LINE)

    def kept(self, label: str) -> Token:
        """What is kept of the token with this label."""
        tokens = self.office.do(lambda runtime: runtime.organisations.tokens(self.slug))
        return next(token for token in tokens if token.label == label)

    def declare(self, *new: CustomAttribute) -> None:
        """More attributes of the organisation's own."""

        async def declare(runtime: Runtime) -> None:
            for one in new:
                await runtime.organisations.declare(self.slug, one)

        self.office.change(declare)

    def feed(self) -> list[Recorded]:
        """Every event of the organisation, in order."""

        async def read(runtime: Runtime) -> list[Recorded]:
            org = (await runtime.store.organisation(self.slug)).id
            return [recorded async for recorded in follow(runtime.store, org)]

        return self.office.do(read)

    def events(self) -> list[str]:
        """The types of the events, in order."""
        return [recorded.type.value for recorded in self.feed()]

    def issue(
        self, label: str = "another", *, read_only: bool = False, strict: bool = False
    ) -> str:
        """One more token."""
        wish = Wish(label, timedelta(days=1), read_only, strict)
        token, _ = self.office.do(lambda runtime: runtime.organisations.issue(self.slug, wish))
        return token


def settle(base_url: str, office: Office, policy: Policy = _ANY_POLICY) -> Site:
    """A new, empty organisation on a running server."""
    slug = f"organisation-{next(_NUMBERS)}"

    async def create(runtime: Runtime) -> str:
        await runtime.organisations.create(slug, "An organisation", policy)
        token, _ = await runtime.organisations.issue(slug, Wish("test"))
        return token

    return Site(base_url, office.do(create), slug, office)
