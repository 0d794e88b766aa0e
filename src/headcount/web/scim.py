"""The SCIM part as one plain ASGI callable: a framework around it costs a look-up a third more."""

import logging
from dataclasses import dataclass
from typing import Any

from headcount.directory.access import check_open
from headcount.directory.directory import Directory
from headcount.errors import InvalidSyntax, ScimError, TooLarge
from headcount.web import answers
from headcount.web.address import PREFIX, Addresses
from headcount.web.answers import JSON, SCIM_JSON, Answer, Headers
from headcount.web.authentication import Authentication
from headcount.web.resources import Call
from headcount.web.routes import route

_LOG = logging.getLogger(__name__)

_NO_BODY = frozenset({204, 304})


class ServerFault(ScimError):
    """A bug of ours, told without its insides."""

    status = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a request may bring, and an answer may carry."""

    body: int = 10 * 1024 * 1024  # bytes
    group_answer: int = 100  # members


class ScimApplication:
    """Answers everything under `/scim/v2`."""

    def __init__(
        self,
        directory: Directory,
        authentication: Authentication,
        addresses: Addresses,
        limits: Limits,
    ) -> None:
        self._directory = directory
        self._authentication = authentication
        self._addresses = addresses
        self._limits = limits

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
                ServerFault(
                    "the server failed; its log tells the operator why. Nothing was changed"
                )
            )
        await _send(answer, scope["method"], headers, send)

    async def _answer(self, scope: Any, headers: dict[bytes, bytes], receive: Any) -> Answer:
        address = self._addresses.of(scope, headers.get(b"host", b""))
        caller = self._authentication.caller(headers.get(b"authorization"), address.slug)
        check_open(caller)
        found = route(scope["method"], scope["path"][len(PREFIX) :])
        body = _Body(receive, headers.get(b"content-length"), self._limits.body)
        call = Call(
            directory=self._directory,
            caller=caller,
            base=address.base,
            query_string=scope["query_string"],
            if_match=_text(headers.get(b"if-match")),
            if_none_match=_text(headers.get(b"if-none-match")),
            body=body.read,
            group_answer=self._limits.group_answer,
            kind=found.kind,
            id=found.id,
        )
        return await found.handler(call)


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")


class _Body:
    """The body of a request, read when somebody wants it, and never more than the limit."""

    def __init__(self, receive: Any, announced: bytes | None, limit: int) -> None:
        self._receive = receive
        self._announced = announced
        self._limit = limit

    async def read(self) -> bytes:
        """All of it, or `TooLarge`."""
        announced = self._announced or b""
        if announced.isdigit() and int(announced) > self._limit:
            raise self._too_large()
        message = await self._receive()
        body: bytes = message.get("body", b"")
        parts, size = [body], len(body)
        while message.get("more_body"):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise InvalidSyntax("the connection ended before the body did")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limit:
                raise self._too_large()
        return b"".join(parts) if len(parts) > 1 else body

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._limit} bytes; send it in smaller parts")


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
