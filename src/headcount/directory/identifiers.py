"""Identifiers: UUIDs of version 7, whose text order is the order of their making (RFC 9562)."""

import os
import threading
import time

_RANDOM_BITS = 74
_RANDOM = (1 << _RANDOM_BITS) - 1
_FREE_BITS = 54  # of these: ids of one millisecond count on in front of them, and none is guessed
_FREE = (1 << _FREE_BITS) - 1
_CHANCE = 10  # bytes that an id takes
_DRAWN = 256 * _CHANCE  # that are drawn at once: asking lets go of the interpreter


class Identifiers:
    """Makes ids, each later than the one before."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()
        self._drawn = b""
        self._process = 0  # that drew it

    def __call__(self) -> str:
        """The next id, such as `0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b`."""
        milliseconds = time.time_ns() // 1_000_000
        with self._lock:
            chance = self._draw()
            if milliseconds > self._last >> _RANDOM_BITS:
                fresh = (milliseconds << _RANDOM_BITS) | chance
            else:
                fresh = (self._last >> _FREE_BITS) + 1 << _FREE_BITS | chance & _FREE
            self._last = fresh
        return _written(fresh)

    def _draw(self) -> int:
        """Random bits that were given to no id before, and to none of a process we come from."""
        if not self._drawn or self._process != os.getpid():
            self._drawn, self._process = os.urandom(_DRAWN), os.getpid()
        chance, self._drawn = self._drawn[:_CHANCE], self._drawn[_CHANCE:]
        return int.from_bytes(chance) & _RANDOM


def _written(number: int) -> str:
    """48 bits of time, the version, 12 random bits, the variant, 62 random bits.

    >>> _written(1 << 122 - 48 + 47)
    '80000000-0000-7000-8000-000000000000'
    """
    moment, chance = number >> _RANDOM_BITS, number & _RANDOM
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    digits = f"{(moment << 80) | (7 << 76) | (high << 64) | (2 << 62) | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
