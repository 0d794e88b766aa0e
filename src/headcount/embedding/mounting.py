"""Headcount in front of an application that cannot mount others, and its start and end."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Callee:
    """An ASGI application that servers and frameworks know as one, which methods are not to all."""

    call: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self.call(scope, receive, send)


def in_front_of(scim: ASGIApp, lifespan: Lifespan, application: ASGIApp, at: str) -> ASGIApp:
    """An application that hands on what is sent to a place, and starts and ends with the server.

    Raises:
        ValueError: the place is not a path such as `/scim`.
    """
    place = at.rstrip("/")
    if not place.startswith("/"):
        raise ValueError(f"{at!r} is no place to put SCIM at: give a path such as '/scim'")

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(lifespan, receive, send)
            return
        root = scope.get("root_path", "")
        path = scope.get("path", "")
        behind = path[len(root) :] if root and path.startswith(root + "/") else path
        if scope["type"] == "http" and (behind == place or behind.startswith(place + "/")):
            await scim({**scope, "root_path": root + place}, receive, send)
        else:
            await application(scope, receive, send)

    return answer


async def live(lifespan: Lifespan, receive: Receive, send: Send) -> None:
    """Start when the server does, and end when it does (ASGI, lifespan)."""
    await receive()
    try:
        async with lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
    except Exception as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        raise
    await send({"type": "lifespan.shutdown.complete"})
