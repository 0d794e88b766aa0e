"""A client that keeps some connections busy, each with one request at a time."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from bench.wire import Asked, Assembler, is_right

Requests = Callable[[int, int], Iterator[Asked]]
"""Given the number of a connection and how many there are: what it sends."""

_SHOWN = 300  # bytes of a wrong answer


@dataclass
class Round:
    """What one round of one kind of request measured."""

    connections: int
    latencies: list[float] = field(default_factory=list)  # in seconds, of those that are counted
    sent: int = 0  # with those that are not counted
    wrong: int = 0
    example: str = ""  # one of the wrong answers
    gave_up: bool = False  # there was no answer for too long

    @property
    def rate(self) -> float:
        """Requests per second: connections by mean latency (Little's law)."""
        if not self.latencies:
            return 0.0
        return self.connections * len(self.latencies) / math.fsum(self.latencies)


class _Connection(asyncio.Protocol):
    """Sends, waits for the whole answer, notes how long it took, and sends again until the end."""

    def __init__(self, sends: Iterator[Asked], noted: Round) -> None:
        self._sends = sends
        self._noted = noted
        self._until = math.inf
        self._assembler = Assembler()
        self._asked = Asked(b"")
        self._began = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def begin(self, until: float) -> None:
        """Send the first request, however late it is."""
        self._send()
        self._until = until

    def _send(self) -> None:
        """The next request; whoever joined a group leaves it before the end."""
        asked = next(self._sends)
        now = time.perf_counter()
        if now >= self._until and asked.counted:
            self._transport.close()
            return
        self._asked = asked
        self._began = now
        self._transport.write(asked.raw)

    def data_received(self, data: bytes) -> None:
        answer = self._assembler.feed(data)
        if answer is None:
            return
        asked, noted = self._asked, self._noted
        noted.sent += 1
        if asked.counted:
            noted.latencies.append(time.perf_counter() - self._began)
        if not is_right(asked, answer):
            noted.wrong += 1
            noted.example = noted.example or _told(asked, answer)
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _told(asked: Asked, answer: bytes) -> str:
    line = asked.raw.split(b"\r\n", 1)[0].removesuffix(b" HTTP/1.1")
    wanted = b" ".join(part for part in (asked.begins, asked.first, asked.last) if part)
    told = (part.decode(errors="replace") for part in (line, wanted, answer[-_SHOWN:]))
    return "{} should have answered {}, not {}".format(*told)


async def measure(
    port: int, requests: Requests, seconds: float, connections: int, patience: float = 60.0
) -> Round:
    """Keep `connections` busy for `seconds`; give up where an answer takes longer than `patience`.

    A connection that the server closes before the end counts as a wrong answer.
    """
    loop = asyncio.get_running_loop()
    noted = Round(connections)
    opened = [
        await loop.create_connection(
            partial(_Connection, requests(number, connections), noted), "127.0.0.1", port
        )
        for number in range(connections)
    ]
    until = time.perf_counter() + seconds
    for _, connection in opened:
        connection.begin(until)
    done = [connection.done for _, connection in opened]
    _, waiting = await asyncio.wait(done, timeout=seconds + patience)
    noted.gave_up = bool(waiting)
    for transport, _ in opened:
        transport.abort()
    await asyncio.wait(done)
    _note_hung_up(noted, until)
    return noted


def _note_hung_up(noted: Round, until: float) -> None:
    if time.perf_counter() < until:
        noted.wrong += 1
        noted.example = noted.example or "the server hung up"
