"""What loads with the first request to it: pages and the API take longer than all the rest."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class Later:
    """An application that is made in a thread, once somebody asks for it."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._making: asyncio.Future[ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the application."""
        if self._making is None:
            self._making = asyncio.ensure_future(asyncio.to_thread(self._make))
        made = await asyncio.shield(self._making)
        await made(scope, receive, send)
