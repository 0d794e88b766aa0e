"""A client that keeps some connections busy, each with one request at a time."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

Requests = Callable[[int], Iterator[tuple[str, bytes]]]
"""Given the number of a connection: what it sends, each with the name it is counted under."""

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@dataclass
class Measured:
    """The latencies of one kind of request, in seconds, and how many ran side by side."""

    connections: int
    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def rate(self) -> float:
        """Requests per second: connections by mean latency (Little's law)."""
        return self.connections * len(self.latencies) / math.fsum(self.latencies)

    def percentile(self, share: float) -> float:
        """The latency that `share` of the requests stay below, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def merged(rounds: Sequence[Measured]) -> Measured:
    """Several rounds as one."""
    whole = Measured(rounds[0].connections)
    for one in rounds:
        whole.latencies += one.latencies
        whole.failed += one.failed
    return whole


class _Connection(asyncio.Protocol):
    """Sends, waits for the whole answer, notes how long it took, and sends again until the end."""

    def __init__(
        self, sends: Iterator[tuple[str, bytes]], notes: dict[str, Measured], until: float
    ) -> None:
        self._sends = sends
        self._notes = notes
        self._until = until
        self._buffer = b""
        self._name = ""
        self._began = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self._until:
            self._transport.close()
            return
        self._name, raw = next(self._sends)
        self._began = time.perf_counter()
        self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not _is_whole(self._buffer):
            return
        noted = self._notes[self._name]
        noted.latencies.append(time.perf_counter() - self._began)
        if not self._buffer.startswith(b"HTTP/1.1 2"):
            noted.failed += 1
        self._buffer = b""
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _is_whole(answer: bytes) -> bool:
    end = answer.find(_END)
    if end < 0:
        return False
    at = answer.find(_LENGTH, 0, end)
    if at < 0:
        return True
    stop = answer.find(b"\r", at)
    return len(answer) >= end + len(_END) + int(answer[at + len(_LENGTH) : stop])


async def measure(
    port: int, requests: Requests, seconds: float, connections: int, names: Sequence[str]
) -> dict[str, Measured]:
    """Keep `connections` busy for `seconds`; what was measured, by name."""
    loop = asyncio.get_running_loop()
    notes = {name: Measured(connections) for name in names}
    until = time.perf_counter() + seconds
    opened = [
        await loop.create_connection(
            partial(_Connection, requests(number), notes, until), "127.0.0.1", port
        )
        for number in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in opened))
    return notes
