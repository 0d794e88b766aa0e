"""Bodies that are too long to be put together: they are sent piece by piece, as they are made."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from headcount.store.model import Parts


@dataclass(frozen=True, slots=True)
class Entries:
    """A JSON list whose entries are still to be read."""

    parts: Parts
    name: bytes  # what comes before the list, where there is one
    shown: Callable[[bytes], bytes] | None = None  # what a request wants to see; None: all

    async def __aiter__(self) -> AsyncIterator[bytes]:
        opening = self.name + b"["
        async for part in self.parts:
            entries = part if self.shown is None else self.shown(part)
            if entries:
                yield opening + entries
                opening = b","
        if opening == b",":
            yield b"]"


Piece: TypeAlias = bytes | Entries


class Body:
    """The pieces of a body, in order."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces

    @property
    def length(self) -> int | None:
        """How many bytes it has, where that is known beforehand."""
        known = [len(piece) for piece in self._pieces if isinstance(piece, bytes)]
        return sum(known) if len(known) == len(self._pieces) else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                async for part in piece:
                    yield part

    def close(self) -> None:
        """Let go of what is behind it, read or not."""
        for piece in self._pieces:
            if isinstance(piece, Entries):
                piece.parts.close()


def body_of(pieces: Iterable[Piece | Sequence[Piece]]) -> bytes | Body:
    """The pieces put together, or the body that sends them if some are long.

    >>> body_of([b"[", b"1", b"]"])
    b'[1]'
    """
    flat: list[Piece] = []
    for piece in pieces:
        flat.extend([piece] if isinstance(piece, bytes | Entries) else piece)
    short = [piece for piece in flat if isinstance(piece, bytes) and len(piece) < LONG]
    return b"".join(short) if len(short) == len(flat) else Body(flat)


LONG = 64 * 1024  # bytes from which on a piece is sent by itself, for copying it costs more
