"""Requests to a SCIM server, sent as Okta sends them, and the answers that come back.

What cannot be an answer of a SCIM server ends the conversation here, with one sentence that says
what to do. Whether an answer is the right one is for the caller to say.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

import orjson
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from headcount.simulate.address import ConversationError, clean_base_url, clean_token
from headcount.simulate.expected import AnswerError

HEADERS: Final = {
    "User-Agent": "Okta SCIM Client 1.0.0",
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Accept-Encoding": "gzip,deflate",
    "Content-Type": "application/scim+json; charset=utf-8",  # Okta sends it with GET too
}
CONNECT_SECONDS: Final = 10
ANSWER_SECONDS: Final = 60  # Okta closes the connection then
LONGEST_DETAIL: Final = 300  # characters of a server's own words that are worth reading
ADDRESS_HINT: Final = "Check the base URL: it usually ends in /scim/v2."

WHY_NO_ANSWER: Final[Mapping[type[HTTPError], str]] = {
    # The narrower kind stands before the wider one.
    NameResolutionError: "The host of {base_url} is not known. Check its name in the base URL.",
    NewConnectionError: (
        "Nothing answers at {base_url} ({reason}). "
        "Start the server, or check host and port in the base URL."
    ),
    ConnectTimeoutError: (
        f"{{base_url}} does not answer within {CONNECT_SECONDS} s. Check that the server "
        "can be reached from here, and that no firewall is in between."
    ),
    ReadTimeoutError: (
        f"{{base_url}} took longer than {ANSWER_SECONDS} s to answer. Okta gives up then, "
        "too: look at the load and the log of the server."
    ),
    ProtocolError: (
        "{base_url} closed the connection without an answer. Check the port, and "
        "whether the address begins with https:// or with http://."
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered to one request."""

    request: str  # method and path, as in "POST /Users"
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def expect(self, *statuses: int) -> Self:
        """The answer itself, if its status is one of these.

        Raises:
            AnswerError: it is another one.
        """
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise AnswerError(f"{self.request} answered {self.told()} It should be {wanted}.")
        return self

    def told(self) -> str:
        """Status, scimType and the server's own words.

        >>> Answer("POST /Users", 409, {"scimType": "uniqueness", "detail": "Taken."}).told()
        'HTTP 409 (uniqueness): Taken.'
        """
        scim_type = self.body.get("scimType")
        detail = str(self.body.get("detail") or "")[:LONGEST_DETAIL].rstrip(". ")
        status = f"HTTP {self.status} ({scim_type})" if scim_type else f"HTTP {self.status}"
        return f"{status}: {detail}." if detail else f"{status}."


@dataclass(frozen=True, slots=True)
class Conversation:
    """A connection to one SCIM server. Leave it as a context manager, so that sockets close."""

    base_url: str
    token: str = field(repr=False)
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    is_trusted: bool = True  # a 401 ends the conversation

    @classmethod
    def begin(cls, base_url: str, token: str, headers: Mapping[str, str] = HEADERS) -> Self:
        """A conversation with the server at an address typed by hand. Nothing is sent yet.

        Raises:
            ConversationError: the address or the token cannot be used.
        """
        return cls(clean_base_url(base_url), clean_token(token), headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.pool.clear()

    def get(self, path: str, **query: str | int) -> Answer:
        """Read a resource or a list."""
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Create a resource."""
        return self.ask("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Replace a resource."""
        return self.ask("PUT", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Change a resource."""
        return self.ask("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        """Take a resource away for good."""
        return self.ask("DELETE", path)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, and read what comes back.

        Raises:
            ConversationError: no answer came, or none that a SCIM server gives.
        """
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        try:
            response = self.pool.request(
                method,
                self.base_url + path + asked,
                body=None if body is None else orjson.dumps(body),
                headers={**self.headers, **(more or {}), "Authorization": f"Bearer {self.token}"},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
                retries=False,  # also: a redirect must not carry the token elsewhere
            )
        except HTTPError as error:
            raise ConversationError(unreachable(error, self.base_url)) from None
        return self._read(f"{method} {path}", response)

    def _read(self, request: str, response: urllib3.BaseHTTPResponse) -> Answer:
        if 300 <= response.status < 400 and response.status != 304:
            raise ConversationError(self._sent_away(response))
        body = self._object(request, response)
        answer = Answer(request, response.status, body, response.headers)
        if answer.status == 401 and self.is_trusted:
            raise ConversationError(
                f"The server refuses the token. {request} answered {answer.told()} Check that "
                "the whole token was copied, has not expired, and belongs to this address."
            )
        return answer

    def _sent_away(self, response: urllib3.BaseHTTPResponse) -> str:
        location = response.headers.get("Location", "another address")
        target = location.replace(self.token, "(the token)")[:LONGEST_DETAIL]
        return (
            f"{self.base_url} answers HTTP {response.status} and points to {target}. "
            "Give the address that it points to as the base URL."
        )

    def _object(self, request: str, response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        # A server may repeat the token; what we show to people must not.
        data = response.data.replace(self.token.encode(), b"(the token)")
        if not data.strip():
            return {}
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise ConversationError(self._no_scim(request, response)) from None
        if not isinstance(body, dict):
            raise ConversationError(self._no_scim(request, response))
        return body

    def _no_scim(self, request: str, response: urllib3.BaseHTTPResponse) -> str:
        page = response.data.lstrip()[:1] == b"<"
        answer = "a web page" if page else "something that is not a JSON object"
        return (
            f"{self.base_url} is no SCIM server: {request} answered HTTP {response.status} "
            f"with {answer}. {ADDRESS_HINT}"
        )


def unreachable(error: HTTPError, base_url: str) -> str:
    """One sentence on why no answer came, and one on what to do."""
    if isinstance(error, SSLError):
        return _untrusted(error, base_url)
    for kind, words in WHY_NO_ANSWER.items():
        if isinstance(error, kind):
            return words.format(base_url=base_url, reason=_reason(error))
    return f"{base_url} cannot be called ({type(error).__name__}). {ADDRESS_HINT}"


def _untrusted(error: SSLError, base_url: str) -> str:
    for cause in error.args:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {base_url} is not trusted here ({cause.verify_message}). "
                "Correct the certificate, or name your own authority in SSL_CERT_FILE."
            )
    return (
        f"{base_url} does not speak TLS on this port. If the server is meant to be called "
        "without it, as on your own machine, begin the base URL with http://."
    )


def _reason(error: HTTPError) -> str:
    cause = error.__cause__
    reason = cause.strerror if isinstance(cause, OSError) else None
    return (reason or "no connection").lower()
