"""What answers are held against: applications that do nothing, as fast as the server can."""

from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

EMPTY = b'{"status": "ok"}'


async def _answer(_: Request) -> Response:
    return Response(EMPTY, media_type="application/json")


empty = Starlette(routes=[Route("/", _answer)])
"""The same few bytes for every request, through Starlette."""


async def raw(scope: Any, _receive: Any, send: Any) -> None:
    """An answer that was ready, without any framework: `/N` has N bytes, any other path a few."""
    if scope["type"] != "http":
        return
    body = _body(scope["path"][1:])
    length = b"%d" % len(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@cache
def _body(size: str) -> bytes:
    return b" " * (int(size) - len(EMPTY)) + EMPTY if size else EMPTY
