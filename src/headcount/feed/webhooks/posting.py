"""Sends one request: to an address that may be sent to, within a time, and reads what comes back.

A name is resolved here and judged before anything is connected to, so it cannot lead elsewhere
between the two. Certificate and `Host` are those of the name.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol

import httpcore2

from headcount.directory.destinations import Address, is_public, not_public, target_of
from headcount.errors import InvalidValue
from headcount.feed.webhooks.retrying import Answer

MOST_READ = 64 * 1024  # bytes of an answer
MOST_KEPT = 1024  # bytes of it
MOST_SOCKETS = 256  # of one process
_IDLE = 30.0  # seconds that a connection is kept for the next request
_RESOLVERS = 16  # threads: a resolver that does not answer holds one for long


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a receiver is waited for, in seconds."""

    connect: float = 5.0  # with finding its address, without TLS
    whole: float = 15.0  # from the first step to the last byte


Resolve = Any  # what `socket.getaddrinfo` is
Headers = Sequence[tuple[str, str]]


class Post(Protocol):
    """Sends a request, and tells what became of it. It raises nothing."""

    async def __call__(self, url: str, headers: Headers, body: bytes) -> Answer:
        """The answer, or why there was none."""


class Poster:
    """The HTTP client of one process.

    Args:
        private: whether networks within may be sent to, and without TLS.
        trust: whose certificates are believed; None: those of the system, or `SSL_CERT_FILE`.
        resolve: finds the addresses of a name.
        patience: how long a receiver is waited for.
    """

    def __init__(
        self,
        *,
        private: bool = False,
        trust: ssl.SSLContext | None = None,
        resolve: Resolve = socket.getaddrinfo,
        patience: Patience | None = None,
    ) -> None:
        self._private = private
        self._patience = patience or Patience()
        self._network = _Guarded(private=private, resolve=resolve)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=MOST_SOCKETS,
            keepalive_expiry=_IDLE,
            network_backend=self._network,
        )
        self._room = asyncio.Semaphore(MOST_SOCKETS)

    async def __call__(self, url: str, headers: Headers, body: bytes) -> Answer:
        """One POST. Redirects are not followed."""
        async with self._room:
            try:
                target_of(url, private=self._private)
                async with asyncio.timeout(self._patience.whole):
                    return await self._post(url, headers, body)
            except InvalidValue as refused:
                return Answer(None, refused.detail)
            except httpcore2.ConnectTimeout:
                return Answer(None, f"no connection within {self._patience.connect:g} seconds")
            except (TimeoutError, httpcore2.TimeoutException):
                return Answer(None, f"no answer within {self._patience.whole:g} seconds")
            except Exception as error:  # noqa: BLE001 - whatever a receiver does, others get theirs
                return Answer(None, _reason(error))

    async def _post(self, url: str, headers: Headers, body: bytes) -> Answer:
        timeout = {"connect": self._patience.connect}
        async with self._pool.stream(
            "POST", url, headers=list(headers), content=body, extensions={"timeout": timeout}
        ) as response:
            begins, read = b"", 0
            async for part in response.aiter_stream():
                begins += part[: MOST_KEPT - len(begins)]
                read += len(part)
                if read > MOST_READ:
                    break
            return Answer(response.status, "", begins, _retry_after(response.headers))

    async def close(self) -> None:
        """Let go of all connections."""
        await self._pool.aclose()
        self._network.close()


class _Guarded(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that may be sent to, and to no other."""

    def __init__(self, *, private: bool, resolve: Resolve) -> None:
        self._private = private
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend()
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="headcount-resolve")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of the name that takes one."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(host, port)
                return await self._first(addresses, port, timeout, local_address, socket_options)
        except TimeoutError:
            raise httpcore2.ConnectTimeout from None

    async def _addresses(self, host: str, port: int) -> list[Address]:
        loop, found = asyncio.get_running_loop(), []
        with suppress(OSError, UnicodeError):
            found = await loop.run_in_executor(
                self._threads, lambda: self._resolve(host, port, type=socket.SOCK_STREAM)
            )
        if not found:
            raise httpcore2.ConnectError(f"the name {host[:100]} is not known")
        addresses = list(dict.fromkeys(ip_address(one[4][0]) for one in found))
        allowed = [one for one in addresses if self._private or is_public(one)]
        if not allowed:
            raise not_public(host)
        return allowed

    async def _first(
        self,
        addresses: Sequence[Address],
        port: int,
        timeout: float | None,  # noqa: ASYNC109 - the library's own
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore2.AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except httpcore2.ConnectError:
                continue
        return await self._inner.connect_tcp(
            str(addresses[-1]), port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never: no address leads there."""
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        """Wait, as the library does between tries of its own."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Let go of the threads; one that still waits for a resolver ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    found = (value for name, value in headers if name.lower() == b"retry-after")
    value = next(found, None)
    return None if value is None else value.decode("latin-1")[:100]


def _reason(error: Exception) -> str:
    """What a library says, as a part of a sentence."""
    root: BaseException = error
    while (below := root.__cause__ or root.__context__) is not None:  # the pool hides the cause
        root = below
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"the certificate of the receiver is not good: {root.verify_message}"
    if isinstance(root, ssl.SSLError):
        return "no TLS could be agreed on with the receiver"
    if isinstance(root, ConnectionRefusedError):
        return "the receiver refuses connections"
    if isinstance(error, httpcore2.RemoteProtocolError | httpcore2.ReadError):
        return "the receiver ended the connection, or what it sent is no HTTP"
    if isinstance(error, httpcore2.ConnectError):
        return f"no connection: {str(root)[:200] or 'the receiver cannot be reached'}"
    return f"it could not be sent: {str(error)[:200] or type(error).__name__}"
