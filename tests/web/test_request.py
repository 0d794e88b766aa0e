"""A body is never larger than the limit, however it arrives."""

from typing import Any

import pytest

from headcount.errors import InvalidSyntax, TooLarge
from headcount.web.request import Request

pytestmark = pytest.mark.anyio


def request(*parts: bytes, ends: bool = True, **headers: bytes) -> Request:
    """A request whose body arrives in these parts."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": at < len(parts) - 1 or not ends}
        for at, part in enumerate(parts)
    ]
    messages.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Request(named, b"", receive)


@pytest.mark.parametrize("parts", [(b"12345",), (b"123", b"45"), (b"", b"12345", b"")])
async def test_a_body_within_the_limit_is_read_whole(parts: tuple[bytes, ...]) -> None:
    assert await request(*parts).body(5) == b"12345"


@pytest.mark.parametrize("parts", [(b"123456",), (b"123", b"456"), (b"12345", b"6")])
async def test_a_body_beyond_it_is_refused_without_a_length(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(TooLarge):
        await request(*parts).body(5)


async def test_a_length_beyond_it_is_refused_before_anything_is_read() -> None:
    with pytest.raises(TooLarge):
        await request(content_length=b"6").body(5)


async def test_a_connection_that_ends_is_told() -> None:
    with pytest.raises(InvalidSyntax, match="ended"):
        await request(b"12", ends=False).body(5)
