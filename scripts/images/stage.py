"""A server in this process whose time and chance are ours, so that a story comes out the same."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import apsw
import uvicorn

from headcount.assembly import build
from headcount.bootstrap import Runtime, World, open_store, runtime
from headcount.cli.server import listen, told_address
from headcount.settings import Settings, sqlite_path
from headcount.web.application import Application

T = TypeVar("T")

PUBLIC_URL = "https://headcount.example.com"
_A_REQUEST = timedelta(seconds=2)  # how far the clock goes on after each
_SETTLED = """UPDATE exchange SET duration = 380 + number * 7919 % 5300,
    at = strftime('%Y-%m-%dT%H:%M:%S', at, '+0.999 seconds') || '.000Z'"""


class Calendar:
    """The time, which stands still until it is moved; ids and chance come out of it."""

    def __init__(self, begin: datetime) -> None:
        self._now = begin
        self._drawn = random.Random(0)
        self._ids = 0

    def set(self, moment: datetime) -> None:
        """It is later now."""
        self._now = max(moment, self._now)

    def tick(self) -> None:
        """A moment has passed."""
        self._now += _A_REQUEST

    def clock(self) -> datetime:
        """The time."""
        return self._now

    def now(self) -> str:
        """The time as resources carry it."""
        return self._now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def identifier(self) -> str:
        """The next id, in the form of a UUID of version 7."""
        self._ids += 1
        milliseconds = int(self._now.timestamp() * 1000)
        low = self._drawn.getrandbits(62)
        number = (milliseconds << 80) | (7 << 76) | (self._ids << 64) | (2 << 62) | low
        return str(UUID(int=number))

    @property
    def world(self) -> World:
        """What a server is handed."""
        return World(self.clock, self.now, self.identifier, self._drawn.randbytes)


@dataclass(frozen=True, slots=True)
class Stage:
    """A running server, and the operations on its database."""

    address: str
    calendar: Calendar
    runtime: Runtime
    _loop: asyncio.AbstractEventLoop

    def do(self, work: Callable[[Runtime], Awaitable[T]]) -> T:
        """Run one operation, and wait for it."""

        async def once() -> T:
            return await work(self.runtime)

        return asyncio.run_coroutine_threadsafe(once(), self._loop).result(60)


class _Ticking:
    """Lets one request of a provider end, and be recorded, before the next one begins."""

    def __init__(self, application: Application, calendar: Calendar) -> None:
        self._application = application
        self._calendar = calendar
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/scim/"):
            await self._application(scope, receive, send)
            return
        async with self._turn:
            await self._application(scope, receive, send)
            assert self._application.recorder is not None
            await self._application.recorder.flush()
            self._calendar.tick()


@contextmanager
def staged(database: str, calendar: Calendar) -> Iterator[Stage]:
    """A server on a free port of loopback, for as long as the block runs."""
    settings = Settings(database, PUBLIC_URL, worker=False)  # nothing is sent anywhere
    listening = listen("127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    parts = runtime(open_store(settings), calendar.world)
    ticking = _Ticking(build(settings, world=calendar.world), calendar)
    server = uvicorn.Server(
        uvicorn.Config(ticking, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=_run, args=(loop, server, [listening]))
    thread.start()
    try:
        yield Stage(told_address(listening), calendar, parts, loop)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _run(loop: asyncio.AbstractEventLoop, server: uvicorn.Server, sockets: Sequence[Any]) -> None:
    asyncio.set_event_loop(loop)
    loop.run_until_complete(server.serve(sockets=list(sockets)))
    loop.close()


def settle_times(database: str) -> None:
    """Let requests have taken what they take on a machine with nothing else to do.

    When one arrived is told by the clock less the real time since then, so it is put right too.
    """
    connection = apsw.Connection(str(sqlite_path(database)))
    connection.set_busy_timeout(5_000)
    connection.execute(_SETTLED)
    connection.close()
