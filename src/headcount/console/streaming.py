"""What is live: server-sent events, for as long as somebody looks and the server does not end.

A page that is lost comes back by itself with the same address, so nothing is kept of it here.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic

from starlette.responses import StreamingResponse

from headcount.console.visits import Visit
from headcount.errors import Unavailable

Look = Callable[[], Awaitable[str | None]]
"""What is new, as HTML; None where nothing is."""

LONGEST = 15 * 60.0  # seconds; then the page says that it looks no longer
EVERY = 0.7
_STILL_HERE = 15.0  # a proxy must not take a silent answer for a dead one
_STILL_IN = 5.0  # how long somebody who was signed out still sees something
_MOST = 200  # of one process
_AGAIN = b"retry: 2000\n\n"  # milliseconds

_open: set[int] = set()


def stream(visit: Visit, look: Look, last: Callable[[], Awaitable[str]]) -> StreamingResponse:
    """An answer that goes on.

    Args:
        visit: who looks.
        look: what is new since it was called before.
        last: what stands there when it has gone on for long enough.

    Raises:
        Unavailable: too many look already.
    """
    if len(_open) >= _MOST:
        raise Unavailable(
            "too many pages are followed at the moment; reload this one to look again"
        )
    return StreamingResponse(
        events(visit, look, last),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def events(
    visit: Visit, look: Look, last: Callable[[], Awaitable[str]], longest: float = LONGEST
) -> AsyncIterator[bytes]:
    """The events of one page, as they are sent."""
    begun = told = seen = monotonic()
    _open.add(id(visit))
    try:
        yield _AGAIN
        while (now := monotonic()) - begun < longest:
            if stopping():
                return
            if now - seen >= _STILL_IN:
                if not await _still_in(visit):
                    return
                seen = now
            if (html := await look()) is not None:
                yield event("whole", html)
                told = now
            elif now - told >= _STILL_HERE:
                yield b": still here\n\n"
                told = now
            await asyncio.sleep(EVERY)
        yield event("whole", await last())
        yield event("end", "")
    finally:
        _open.discard(id(visit))


def event(name: str, text: str) -> bytes:
    r"""One event as it is sent; each line of its text has a line.

    >>> event("whole", "<p>\nHello")
    b'event: whole\ndata: <p>\ndata: Hello\n\n'
    """
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode()


def stopping() -> bool:
    """Whether the server was told to end.

    It then waits for answers under way, and tells none of them; but whoever takes its signals
    knows, in each of its processes.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))


async def _still_in(visit: Visit) -> bool:
    """Whether the session goes on. One that got another cookie comes back with it."""
    services = visit.services
    found = await services.store.find_session(visit.who.session.digest)
    return found is not None and found[0].expires > services.clock()
