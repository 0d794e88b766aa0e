"""The feed over HTTP: the next events, at once or when they come; or all of them as a stream."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import Header, Query as Parameter
from starlette.responses import Response, StreamingResponse

from headcount.api.calls import APlace, Place
from headcount.api.resources import JSON
from headcount.errors import InvalidValue, ScimError
from headcount.feed.reading import events_behind
from headcount.feed.telling import written
from headcount.store.model import EventType, Recorded

EVENT_STREAM = "text/event-stream"
LONGEST_WAIT = 30  # seconds
MOST_EVENTS = 1_000  # in one answer
QUIET = 15.0  # seconds after which a stream says that it is still there

_TICK = 0.5  # seconds within which who waits notices that the server ends, or the key was revoked
_AT_ONCE = 200  # events of a stream in memory
_LOOKS = 20  # batches that are looked through for events of some types, before an answer

After = Annotated[
    int,
    Parameter(
        ge=0,
        le=2**53,
        description="The position of the last event that you have dealt with; 0 is before all.",
    ),
]
Types = Annotated[
    str,
    Parameter(
        max_length=1000,
        description="Only these types, with commas between them; empty: all.",
        examples=["account.created,account.deactivated"],
    ),
]


class Batch(NamedTuple):
    """What was read, how far, and whether there is more at once."""

    events: Sequence[Recorded]
    position: int
    more: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads on in the feed of an organisation."""

    place: Place
    types: frozenset[EventType]  # none: all

    async def behind(self, position: int, limit: int) -> Batch:
        """The next events; those of other types are passed over, and move the position.

        Raises:
            Expired: events behind the position are kept no longer.
            InvalidValue: the feed has not come that far.
        """
        found: list[Recorded] = []
        for _ in range(_LOOKS):
            some = await events_behind(self.place.store, self.place.org, position, limit)
            for recorded in some:
                if len(found) == limit:
                    return Batch(found, position, more=True)
                position = recorded.position
                if not self.types or recorded.type in self.types:
                    found.append(recorded)
            if len(some) < limit:
                return Batch(found, position, more=False)
        return Batch(found, position, more=True)

    async def waits(self, position: int, seconds: float) -> bool:
        """Whether an event came behind the position; wait for one so long at most.

        Raises:
            NoKey: the key opens nothing any more.
        """
        services = self.place.call.services
        ends = _time() + seconds
        while (left := ends - _time()) > 0 and not services.stopping():
            if await services.watch.beyond(self.place.org, position, min(_TICK, left)):
                return True
            await services.keyring.check(self.place.call.key)
        return False

    def written(self, recorded: Recorded) -> bytes:
        """An event as JSON."""
        return written(recorded, self.place.organisation.slug)


def _time() -> float:
    return asyncio.get_running_loop().time()


def types_in(text: str) -> frozenset[EventType]:
    """The types in a list with commas.

    Raises:
        InvalidValue: one is none.

    >>> types_in("account.created,") == {EventType.ACCOUNT_CREATED}
    True
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in set(EventType):
            raise InvalidValue(
                f"{name[:100]!r} is no type of event; those that there are: {', '.join(EventType)}"
            )
    return frozenset(map(EventType, names))


async def read_events(
    place: APlace,
    after: After = 0,
    limit: Annotated[int, Parameter(ge=1, le=MOST_EVENTS)] = 100,
    types: Types = "",
    wait: Annotated[
        float,
        Parameter(ge=0, le=LONGEST_WAIT, description="Seconds to wait where there is none yet."),
    ] = 0,
) -> Response:
    """Read the next events, and wait a while where there is none yet.

    Give `position` of the answer as `after` next time: none is missed, and none told twice.
    """
    reader = Reader(place, types_in(types))
    ends = _time() + wait
    batch = await reader.behind(after, limit)
    if wait and not batch.more and 0 < len(batch.events) < limit:
        # Somebody writes at this moment. An answer for each event alone would cost them: what comes
        # until the next look of those who wait goes with it.
        await reader.waits(after, ends - _time())
        batch = await reader.behind(after, limit)
    while not batch.events and not batch.more:
        if not await reader.waits(batch.position, ends - _time()):
            break
        batch = await reader.behind(batch.position, limit)
    told = b",".join(map(reader.written, batch.events))
    more = b"true" if batch.more else b"false"
    body = b'{"events":[%b],"position":%d,"more":%b}' % (told, batch.position, more)
    return Response(body, media_type=JSON)


async def stream_events(
    place: APlace,
    after: After = 0,
    types: Types = "",
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="As `after`; a browser sends it by itself.")
    ] = None,
) -> Response:
    """Read events as they come, as server-sent events (HTML standard, section 9.2).

    The id of each is its position. While nothing happens, a line of comment comes every 15 seconds.
    The stream ends with the server, and when the key is revoked.
    """
    if last_event_id:
        after = _position_in(last_event_id)
    reader = Reader(place, types_in(types))
    begun = await reader.behind(after, _AT_ONCE)  # what cannot be read is told as an answer
    headers = {"x-accel-buffering": "no", "cache-control": "no-store"}  # no proxy may wait for more
    return StreamingResponse(_streamed(reader, begun), media_type=EVENT_STREAM, headers=headers)


def _position_in(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 17):
        raise InvalidValue(f"Last-Event-ID must be a position, not {text[:40]!r}")
    return int(text)


async def _streamed(reader: Reader, batch: Batch) -> AsyncIterator[bytes]:
    yield b": Headcount tells events from here on\n\n"
    told = batch.position  # the position that the client knows
    stopping = reader.place.call.services.stopping
    while not stopping():
        if batch.events:  # together, for each part that is sent costs
            yield b"".join(_as_event(one, reader.written(one)) for one in batch.events)
            told = batch.events[-1].position
        if batch.position > told:
            yield b"id: %d\n\n" % batch.position  # of types that were passed over
            told = batch.position
        try:
            if not batch.more and not await reader.waits(batch.position, QUIET):
                yield b": nothing happened\n\n"
            await reader.place.call.services.keyring.check(reader.place.call.key)
            batch = await reader.behind(batch.position, _AT_ONCE)
        except ScimError:  # whoever comes back is told why
            return


def _as_event(recorded: Recorded, data: bytes) -> bytes:
    r"""One event of a stream. JSON has no line breaks, so its data is one line."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (recorded.position, recorded.type.encode(), data)
