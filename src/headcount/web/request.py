"""What arrived: the parts of an HTTP request that are read when somebody wants them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from headcount.errors import InvalidSyntax, TooLarge, UnsupportedMediaType

MEDIA_TYPES = frozenset({b"application/scim+json", b"application/json"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a request may bring, and an answer may carry."""

    body: int = 10 * 1024 * 1024  # bytes
    group_answer: int = 100  # members up to which a PATCH of a group answers with the group


class Request(NamedTuple):
    """One request. Made once each time, so a tuple: a third of the cost of a class."""

    headers: dict[bytes, bytes]
    query_string: bytes
    receive: Any  # of ASGI
    heard: list[bytes] | None = None  # takes the body once it is read, for whoever records it

    @property
    def if_match(self) -> str | None:
        """The versions that the client wants to change, if it says so (RFC 9110 13.1.1)."""
        return self._header(b"if-match")

    @property
    def if_none_match(self) -> str | None:
        """The versions that the client has already (RFC 9110 13.1.2)."""
        return self._header(b"if-none-match")

    def _header(self, name: bytes) -> str | None:
        header = self.headers.get(name)
        return None if header is None else header.decode("latin-1")

    def check_media_type(self) -> None:
        """Refuse a body that says to be anything but JSON (RFC 7644 section 3.1).

        Raises:
            UnsupportedMediaType: it does.
        """
        stated = self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if stated not in MEDIA_TYPES:
            raise UnsupportedMediaType(
                "the Content-Type must be application/scim+json or application/json"
            )

    async def body(self, limit: int) -> bytes:
        """The body, of at most `limit` bytes.

        Raises:
            TooLarge: it is longer.
            InvalidSyntax: the connection ended before it did.
        """
        announced = self.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(limit)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise InvalidSyntax("the connection ended before the body did")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:  # a body in chunks announces no length
                raise _too_large(limit)
            if not message.get("more_body"):
                whole = b"".join(parts) if len(parts) > 1 else parts[0]
                if self.heard is not None:
                    self.heard.append(whole)
                return whole


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is larger than {limit} bytes; send it in smaller parts")
