"""Server-sent events: what happens while a page is open (HTML standard, section 9.2)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from time import time

from starlette.responses import Response, StreamingResponse

from headcount.console.visits import Visit
from headcount.errors import ScimError

TURN = 1.0  # seconds between two looks
WHOLE = 15 * 60.0  # seconds after which a page has to be loaded again
_ONE = 60.0  # seconds of one stream: a browser opens the next one, if its session still holds
_TICK = 0.25  # seconds within which a stream notices that the server ends


@dataclass(frozen=True, slots=True)
class News:
    """What a page gets to see."""

    html: str
    position: int  # behind what was told
    event: str = "first"  # as console.js knows them: first, whole


Look = Callable[[int], Awaitable[News | None]]
"""What came behind a position; None where nothing did. It has to be cheap."""


def streaming(visit: Visit, position: int, look: Look, turn: float = TURN) -> Response:
    """An answer that goes on for as long as somebody looks at the page, and is signed in.

    Args:
        visit: the request; a browser that comes back says where it was.
        position: where the page begins, for one that comes for the first time.
        look: what came since.
        turn: seconds between two looks.
    """
    begun = time()
    known, _, since = visit.request.headers.get("last-event-id", "").partition("/")
    if known.isdecimal() and since.isdecimal() and len(known) < 19 and len(since) < 13:
        position, begun = int(known), min(begun, float(since))
    events = _events(visit, position, begun, look, turn)
    return StreamingResponse(
        events,
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},  # proxies must not wait for more
    )


async def _events(
    visit: Visit, position: int, begun: float, look: Look, turn: float
) -> AsyncIterator[str]:
    yield _written("", position, begun, "here")
    stopping, ends = visit.services.stopping, time() + _ONE
    while not stopping() and time() < ends:
        if time() - begun > WHOLE:
            yield _written("", position, begun, "end")
            return
        try:
            news = await look(position)
            if not await visit.services.visiting.is_signed_in(visit.who):  # whoever was let out
                return
        except ScimError:  # the database is away for a moment; the browser asks again
            return
        if news is not None:
            position = news.position
            yield _written(news.html, position, begun, news.event)
        await _pause(turn, stopping)


async def _pause(turn: float, stopping: Callable[[], bool]) -> None:
    """Wait for the next turn, but not for a server that ends."""
    left = turn
    while left > 0 and not stopping():
        await asyncio.sleep(min(_TICK, left))
        left -= _TICK


def _written(html: str, position: int, begun: float, event: str) -> str:
    r"""One event. The id is what a browser sends when it comes back.

    >>> _written("<li>\n</li>", 7, 1000.4, "first")
    'id: 7/1000\nevent: first\nretry: 2000\ndata: <li>\ndata: </li>\n\n'
    """
    lines = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
    return f"id: {position}/{int(begun)}\nevent: {event}\nretry: 2000\n{lines}\n"
