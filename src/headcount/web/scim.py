"""The SCIM part as one plain ASGI callable: a framework around it costs a look-up a third more."""

import logging
from typing import Any

from headcount.directory.access import check_open
from headcount.errors import ScimError
from headcount.web import answers
from headcount.web.address import PREFIX, Addresses
from headcount.web.answers import JSON, SCIM_JSON, Answer, Headers
from headcount.web.authentication import Authentication
from headcount.web.call import Call, Services
from headcount.web.request import Request
from headcount.web.routes import route

_LOG = logging.getLogger(__name__)

_NO_BODY = frozenset({204, 304})


class ScimApplication:
    """Answers everything under `/scim/v2`."""

    def __init__(
        self,
        services: Services,
        authentication: Authentication,
        addresses: Addresses,
    ) -> None:
        self._services = services
        self._authentication = authentication
        self._addresses = addresses

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; whatever happens, the answer is SCIM."""
        headers = dict(scope["headers"])
        try:
            answer = await self._answer(scope, headers, receive)
        except ScimError as refused:
            answer = answers.refusal(refused)
        except Exception:  # noqa: BLE001 - a bug must not end in HTML, nor in silence
            _LOG.exception("a %s request failed", scope["method"])
            answer = answers.refusal(
                answers.ServerFault(
                    "the server failed; its log tells the operator why. Nothing was changed"
                )
            )
        await _send(answer, scope["method"], headers, send)

    async def _answer(self, scope: Any, headers: dict[bytes, bytes], receive: Any) -> Answer:
        address = self._addresses.of(scope, headers.get(b"host", b""))
        caller = await self._authentication.caller(headers.get(b"authorization"), address.slug)
        check_open(caller)
        found = route(scope["method"], scope["path"][len(PREFIX) :])
        request = Request(headers, scope["query_string"], receive)
        return await found.handler(
            Call(self._services, caller, address.base, found.kind, found.id, request)
        )


async def _send(answer: Answer, method: str, headers: dict[bytes, bytes], send: Any) -> None:
    sent: Headers = list(answer.headers)
    body = answer.body
    if answer.status not in _NO_BODY:
        sent.append((b"content-type", _media_type(headers.get(b"accept"))))
        sent.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _media_type(accept: bytes | None) -> bytes:
    """What was asked for, where that is plain JSON; SCIM's own type otherwise (RFC 7644 3.1)."""
    if accept is None:
        return SCIM_JSON
    wanted = accept.lower()
    return JSON if JSON in wanted and SCIM_JSON not in wanted else SCIM_JSON
