"""The SCIM part as one plain ASGI callable: a framework around it costs a look-up a third more."""

import asyncio
import logging
from time import perf_counter
from typing import Any

from headcount.activity.recorder import Recorder
from headcount.directory.access import check_open
from headcount.errors import ScimError
from headcount.web import answers
from headcount.web.address import PREFIX, Addresses
from headcount.web.answers import JSON, SCIM_JSON, Answer, Headers
from headcount.web.authentication import Recognises, TokenRefused
from headcount.web.bodies import Body
from headcount.web.call import Call, Services
from headcount.web.request import Request
from headcount.web.routes import route

_LOG = logging.getLogger(__name__)

_NO_BODY = frozenset({204, 304})
_STALLED = 60  # seconds that a client may take for a piece of a long answer


class ScimApplication:
    """Answers everything under a prefix, which is `/scim/v2` where nobody puts it elsewhere."""

    def __init__(
        self,
        services: Services,
        authentication: Recognises,
        addresses: Addresses,
        recorder: Recorder | None = None,
        prefix: str = PREFIX,
    ) -> None:
        self._services = services
        self._authentication = authentication
        self._addresses = addresses
        self._recorder = recorder
        self._skipped = len(prefix)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; whatever happens, the answer is SCIM."""
        began = perf_counter()
        headers = dict(scope["headers"])
        path = scope["path"][self._skipped :]
        caller = slug = refusal = None
        heard: list[bytes] = []
        try:
            base, slug = self._addresses.of(scope, headers.get(b"host", b""))
            caller = await self._authentication.recognise(scope, headers, slug)
            check_open(caller)
            found = route(scope["method"], path)
            request = Request(headers, scope["query_string"], receive, heard)
            answer = await found.handler(
                Call(self._services, caller, base, found.kind, found.id, request)
            )
        except ScimError as refused:
            refusal, answer = refused, answers.refusal(refused)
            if isinstance(refused, TokenRefused):
                caller = refused.caller
        except Exception:  # noqa: BLE001 - a bug must not end in HTML, nor in silence
            _LOG.exception("a %s request failed", scope["method"])
            refusal = answers.ServerFault(
                "the server failed; its log tells the operator why. Nothing was changed"
            )
            answer = answers.refusal(refusal)
        if self._recorder is not None:
            told = None if isinstance(answer.body, Body) else answer.body
            sent = heard[0] if heard else b""
            self._recorder.note(
                scope, path, caller, slug, sent, answer.status, told, refusal, began
            )
        await _send(answer, scope, headers, receive, send)

    async def astray(self, scope: Any, refusal: ScimError) -> None:
        """Note a request to an address where nothing is, if it carries one of our tokens.

        Whoever leaves out the end of the base address is told so where they look for it.
        """
        headers = dict(scope["headers"])
        if self._recorder is None or b"authorization" not in headers:
            return
        began = perf_counter()
        _, slug = self._addresses.of(scope, headers.get(b"host", b""))
        try:
            caller = await self._authentication.recognise(scope, headers, slug)
        except TokenRefused as refused:
            caller = refused.caller
        except ScimError:
            return
        told = answers.refusal(refusal)
        self._recorder.note(
            scope, scope["path"], caller, slug, b"", told.status, b"", refusal, began
        )


async def _send(
    answer: Answer, scope: Any, headers: dict[bytes, bytes], receive: Any, send: Any
) -> None:
    sent: Headers = list(answer.headers)
    body = answer.body
    length = body.length if isinstance(body, Body) else len(body)
    if answer.status not in _NO_BODY:
        sent.append((b"content-type", _media_type(headers.get(b"accept"))))
        if length is not None:
            sent.append((b"content-length", b"%d" % length))
    await send({"type": "http.response.start", "status": answer.status, "headers": sent})
    if isinstance(body, Body):
        await _send_long(body, scope["method"], receive, send)
    else:
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})


async def _send_long(body: Body, method: str, receive: Any, send: Any) -> None:
    """Send a body as it is made. Whatever goes wrong, it must not look complete.

    A server that is left without the end of a body closes the connection.
    """
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        if method != "HEAD":
            async for piece in body:
                if gone.done():
                    return
                async with asyncio.timeout(_STALLED):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})
    except Exception:  # noqa: BLE001 - its beginning is sent, so all that is left is not to end it
        _LOG.exception("a long answer was cut short")
    finally:
        gone.cancel()
        body.close()


async def _disconnected(receive: Any) -> None:
    """Return once nobody waits for the answer any more."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _media_type(accept: bytes | None) -> bytes:
    """What was asked for, where that is plain JSON; SCIM's own type otherwise (RFC 7644 3.1)."""
    if accept is None:
        return SCIM_JSON
    wanted = accept.lower()
    return JSON if JSON in wanted and SCIM_JSON not in wanted else SCIM_JSON
