"""Whether a server that has not answered for a while is there at all.

One whose host vanished, or whose processes stand still, refuses nothing: whoever waits for it
would wait for the limit of the statement. So it is asked whether it speaks TLS, which every server
answers at once, whatever else it does.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from headcount.store.postgres.driver import Connection, transport_of

Peer: TypeAlias = str | tuple[Any, ...]

_SILENCE = 1.5  # seconds without a word, while somebody waits
_LOOK = 0.5  # seconds between two looks
_PATIENCE = 1.5  # seconds in which a server has to say something
_TLS = struct.pack("!ii", 8, 80877103)  # the message SSLRequest of the protocol


class Watch:
    """The connections on which somebody waits for an answer."""

    def __init__(self, vanished: Callable[[Connection], None]) -> None:
        """Watch; `vanished` is called with each that leads to a server that says nothing."""
        self._vanished = vanished
        self._since: dict[Connection, float] = {}
        self._looking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._since)

    def begin(self, connection: Connection) -> None:
        """Somebody waits from now on."""
        self._since[connection] = asyncio.get_running_loop().time()
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())

    def end(self, connection: Connection) -> None:
        """Nobody waits any more."""
        del self._since[connection]

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        try:
            while self._since:
                await asyncio.sleep(_LOOK)
                before = asyncio.get_running_loop().time() - _SILENCE
                silent = {_peer(one) for one, since in self._since.items() if since < before}
                for peer in silent - {""}:
                    if not await _answers(peer):
                        self._hang_up(peer)
        finally:
            self._looking = None

    def _hang_up(self, peer: Peer) -> None:
        """Those who began to wait a moment ago wait for the same server."""
        for one in list(self._since):
            if _peer(one) == peer:
                self._vanished(one)


def _peer(connection: Connection) -> Peer:
    found: Peer | None = transport_of(connection).get_extra_info("peername")
    return found or ""


async def _answers(peer: Peer) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            if isinstance(peer, tuple):
                reader, writer = await asyncio.open_connection(*peer[:2])
            else:
                reader, writer = await asyncio.open_unix_connection(peer)
            try:
                writer.write(_TLS)
                return bool(await reader.read(1))
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False
