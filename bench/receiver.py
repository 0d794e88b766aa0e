"""An application that takes webhooks and does nothing with them: as cheap as it can be."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple, cast

from orjson import loads

from bench.proving import WrongError
from bench.stage import Hook
from bench.wire import Assembler

_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
_EACH = 50  # of so many signatures, one is looked at


class Came(NamedTuple):
    """A request as it came, and when."""

    at: float
    raw: bytes


class Receiver:
    """What came for each path."""

    def __init__(self) -> None:
        self.port = 0
        self.came: dict[str, list[Came]] = defaultdict(list)
        self._more = asyncio.Event()

    def take(self, raw: bytes) -> None:
        """Keep what came; it is looked at later."""
        path = raw[: raw.find(b"\r")].split(b" ")[1].decode()
        self.came[path].append(Came(time.perf_counter(), raw))
        self._more.set()

    async def until(self, count: int) -> None:
        """Return when so many came in all."""
        while self.count < count:
            self._more.clear()
            await self._more.wait()

    @property
    def count(self) -> int:
        """How many came in all."""
        return sum(map(len, self.came.values()))

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def times(self) -> list[float]:
        """When something came, in order."""
        return sorted(one.at for some in self.came.values() for one in some)


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._assembler = Assembler()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        whole = self._assembler.feed(data)
        if whole is not None:
            self._transport.write(_TAKEN)
            self._receiver.take(whole)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port, in this process."""
    receiver = Receiver()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(receiver), "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def check_came(came: list[Came], hook: Hook, after: int, last: int) -> None:
    """See that each event behind a position came once, in order for whom it is about, signed well.

    Raises:
        WrongError: it is not so.
    """
    before: dict[str, int] = defaultdict(int)
    told = []
    for number, one in enumerate(came):
        head, _, body = one.raw.partition(b"\r\n\r\n")
        event = loads(body)
        subject, position = event["subject"], event["position"]
        if before[subject] >= position:
            raise WrongError(f"the webhook told {position} behind {before[subject]} of one subject")
        before[subject] = position
        told.append(position)
        if number % _EACH == 0:
            check_signature(head, body, hook)
    if sorted(told) != list(range(after + 1, last + 1)):
        missing = sorted({*range(after + 1, last + 1)} - {*told})[:5]
        raise WrongError(f"the webhook told {len(told)} of {last - after} events: {missing} not")


def check_signature(head: bytes, body: bytes, hook: Hook) -> None:
    """Sign anew what came (Standard Webhooks, symmetric signatures), and compare.

    Raises:
        WrongError: it is signed otherwise.
    """
    given = _headers(head)
    signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if given["webhook-signature"] != f"v1,{right}":
        raise WrongError(f"the webhook {given['webhook-id']} is signed wrong")


def _headers(head: bytes) -> Mapping[str, str]:
    lines = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
    return {name.decode().lower(): value.decode() for name, _, value in lines}
