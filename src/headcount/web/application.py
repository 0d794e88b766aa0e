"""The whole application: SCIM on its own fast path, the console, everything else on Starlette."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from headcount.activity.recorder import Recorder
from headcount.errors import NotFound, ScimError
from headcount.store.promise import Store
from headcount.web.address import PREFIX
from headcount.web.scim import ScimApplication

API_PREFIX = "/api/v1/"


class Background(Protocol):
    """What runs beside answering, for as long as the server does."""

    def start(self) -> None:
        """Begin. The event loop runs."""

    async def close(self) -> None:
        """End; the store is still open."""


class Application:
    """One ASGI callable that knows the rooms of the server."""

    def __init__(
        self,
        scim: ScimApplication,
        store: Store,
        console: ASGIApp,
        recorder: Recorder | None = None,
        at: str = "/console",
        background: Sequence[Background] = (),
        *,
        api: ASGIApp | None = None,
    ) -> None:
        self._scim = scim
        self._console = console
        self._api = api
        self._at = at
        self.recorder = recorder
        beside: list[Background] = [*([recorder] if recorder is not None else []), *background]
        self._rest = rest(scim, store, beside)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send SCIM requests the short way."""
        if scope["type"] == "http":
            path = scope["path"]
            if path.startswith(PREFIX) and path[len(PREFIX) :][:1] in {"", "/"}:
                await self._scim(scope, receive, send)
                return
            if self._api is not None and path.startswith(API_PREFIX):
                await self._api(scope, receive, send)
                return
            if path == self._at or path.startswith(self._at + "/"):
                await self._console(scope, receive, send)
                return
        await self._rest(scope, receive, send)


def rest(scim: ScimApplication, store: Store, background: Sequence[Background]) -> Starlette:
    """Everything that is not SCIM: whether the server is ready, and its end."""

    async def healthz(_: Request) -> Response:
        """200 once the database answers."""
        await store.ready()
        return JSONResponse({"status": "ok"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        for one in background:
            one.start()
        yield
        for one in reversed(background):
            await one.close()
        await store.close()

    async def not_here(request: Request, error: Exception) -> Response:
        """A mistyped base address is told so in SCIM, not in HTML."""
        assert isinstance(error, HTTPException)
        hint = NotFound(f"there is nothing at {request.url.path[:200]!r}; SCIM is at {PREFIX}")
        if error.status_code == hint.status:
            await scim.astray(request.scope, hint)
        body = {**hint.body(), "status": str(error.status_code)}
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    return Starlette(
        routes=[Route("/healthz", healthz)],
        lifespan=lifespan,
        exception_handlers={HTTPException: not_here, ScimError: _refused},
    )


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ScimError)
    headers = {name.decode(): value.decode() for name, value in error.headers()}
    return JSONResponse(error.body(), status_code=error.status, headers=headers)
