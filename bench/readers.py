"""Those who read the feed of an organisation over HTTP: page by page, waiting, or as a stream.

While they read they only keep what came; what it says is looked at afterwards.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from orjson import loads

from bench.proving import WrongError
from bench.stage import Server
from bench.wire import Talk, body, connect, request

LARGEST_PAGE = 1_000  # events, as many as an answer can have

_OK = b"HTTP/1.1 200"
_EVENTS = "/api/v1/organisations/acme/events"
_WAIT = 10  # seconds that a long poll waits
_ID = b"\nid: "
_TAIL = 1 << 16  # bytes, in which there is more than one event


def check_events(events: Sequence[dict[str, Any]], after: int, last: int) -> None:
    """See that these are the events behind a position up to another, each with its resource.

    Raises:
        WrongError: one is missing, twice there, out of order or without its account.
    """
    told = [one["position"] for one in events]
    if told != list(range(after + 1, last + 1)):
        wrong = next(
            (f"{one} behind {one_before}" for one_before, one in _steps(after, told)),
            f"{last} at last, and not {told[-1] if told else after}",
        )
        raise WrongError(f"the feed should have told position {wrong}")
    for one in events:
        if not one["resource"] or one["resource"]["id"] != one["subject"]:
            raise WrongError(f"the event at position {one['position']} is without its resource")


def _steps(after: int, told: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Where positions do not go on by one."""
    before = after
    for one in told:
        if one != before + 1:
            yield one, before + 1
        before = one


def poll(key: str, after: int, limit: int, wait: int = 0) -> bytes:
    """The request for the next events."""
    return request("GET", f"{_EVENTS}?after={after}&limit={limit}&wait={wait}", key)


def events_in(answer: bytes) -> list[dict[str, Any]]:
    """The events that an answer tells.

    Raises:
        WrongError: it is none that tells any.
    """
    if not answer.startswith(_OK):
        raise WrongError(f"the feed answered {answer[:400].decode(errors='replace')}")
    told: list[dict[str, Any]] = loads(body(answer))["events"]
    return told


async def pages(talk: Talk, key: str, last: int, limit: int) -> list[bytes]:
    """The answers with all events up to a position, so many in each."""
    return [await talk.ask(poll(key, after, limit)) for after in range(0, last, limit)]


class Follower(Protocol):
    """Somebody who follows the feed while others write."""

    async def come_to(self, position: int) -> None:
        """Return when the event at this position is there."""

    def check(self, last: int) -> None:
        """See that everything came, up to this position, and once.

        Raises:
            WrongError: it did not.
        """


@dataclass
class _Came:
    """How far a reader has come, and who waits for that."""

    position: int
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def reach(self, position: int) -> None:
        self.position = position
        self._more.set()

    async def come_to(self, position: int) -> None:
        while self.position < position:
            self._more.clear()
            await self._more.wait()


class LongPoll(_Came):
    """Asks for what comes next, waits for it, and asks again."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self._after = after
        self._answers: list[bytes] = []

    async def read(self, talk: Talk, key: str) -> None:
        """Until it is cancelled, or the server is wrong."""
        while True:
            answer = await talk.ask(poll(key, self.position, LARGEST_PAGE, _WAIT))
            self._answers.append(answer)
            self.reach(_position_told(answer))

    def check(self, last: int) -> None:
        found = [one for answer in self._answers for one in events_in(answer)]
        check_events(found, self._after, last)


def _position_told(answer: bytes) -> int:
    """The position with which an answer of the feed ends."""
    _, found, behind = answer.rpartition(b'"position":')
    if not found or not answer.startswith(_OK):
        raise WrongError(f"the feed answered {answer[:400].decode(errors='replace')}")
    return int(behind.partition(b",")[0])


class Streamed(_Came):
    """Reads server-sent events as they come."""

    def __init__(self, after: int) -> None:
        super().__init__(after)
        self._after = after
        self._parts: list[bytes] = []

    @property
    def length(self) -> int:
        """Bytes that came, with all that is around the events."""
        return sum(map(len, self._parts))

    async def read(self, talk: Talk, key: str) -> None:
        """Until it is cancelled, or the server is wrong."""
        sent = request("GET", f"{_EVENTS}/stream?after={self._after}", key)
        tail = b""
        async for part in talk.parts(sent):
            self._parts.append(part)
            tail = (tail + part)[-_TAIL:]
            if (told := _last_id(tail)) is not None:
                self.reach(told)
        raise WrongError("the stream of the feed ended")

    def check(self, last: int) -> None:
        answer = b"".join(self._parts)
        if not answer.startswith(_OK):
            raise WrongError(f"the stream answered {answer[:400].decode(errors='replace')}")
        told = [
            loads(line.removeprefix(b"data: "))
            for line in body(answer).split(b"\n")
            if line.startswith(b"data: ")
        ]
        check_events(told, self._after, last)


def _last_id(tail: bytes) -> int | None:
    r"""The position of the last event in a stream that is whole.

    >>> _last_id(b"\nid: 7\nevent: e\ndata: {}\n\n\r\n9\r\nid: 8\nevent: e\ndata: {")
    7
    """
    whole = tail[: tail.rfind(b"\n\n")]
    at = whole.rfind(_ID)
    if at < 0:
        return None
    line = whole[at + len(_ID) :].partition(b"\n")[0]
    return int(line) if line.isdigit() else None


@asynccontextmanager
async def following(
    server: Server, key: str, reader: LongPoll | Streamed
) -> AsyncIterator[LongPoll | Streamed]:
    """A reader who reads beside, for as long as the block runs.

    Raises:
        WrongError: the server told it something wrong.
    """
    talk = await connect(server.port)
    reading = asyncio.create_task(reader.read(talk, key))
    try:
        yield reader
        if reading.done():
            await reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, WrongError):
            await reading
        await talk.close()
