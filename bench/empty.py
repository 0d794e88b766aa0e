"""The yardstick: an application that answers nothing, as fast as the server can."""

from typing import Any

_BODY = b'{"status": "ok"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def application(scope: Any, _receive: Any, send: Any) -> None:
    """The same few bytes for every request."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})
