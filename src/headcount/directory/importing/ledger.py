"""Which names a file has, in some bytes each: a million of them fit where their rows would not."""

from array import array
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

_FIRST_SIZE = 1024  # slots; a power of two
_HALF = 64  # bits


class Ledger:
    """Remembers a number for each name, in 21 to 43 bytes, whatever the length of the name.

    Names are kept as 64 bits of a hash. Among ten million the odds that any two are taken for one
    are 1 to 300,000, and what comes of it is a row that is refused.
    """

    def __init__(self) -> None:
        self._slots = _empty(_FIRST_SIZE)  # hash, number, hash, number; no hash is 0
        self._used = 0

    def add(self, name: str, number: int) -> int:
        """Remember a number for a name that has none yet; the one that it has then.

        >>> ledger = Ledger()
        >>> ledger.add("ada", 2), ledger.add("ada", 7), ledger.get("ada"), ledger.get("bob")
        (2, 2, 2, None)
        """
        digest = _digest(name)
        at = _place(self._slots, digest)
        if not self._slots[at]:
            self._write(at, digest, number)
            return number
        return self._slots[at + 1]

    def put(self, name: str, number: int) -> None:
        """Remember a number for a name, in the place of the one that it had."""
        digest = _digest(name)
        at = _place(self._slots, digest)
        if self._slots[at]:
            self._slots[at + 1] = number
        else:
            self._write(at, digest, number)

    def get(self, name: str) -> int | None:
        """The number of a name."""
        at = _place(self._slots, _digest(name))
        return self._slots[at + 1] if self._slots[at] else None

    def _write(self, at: int, digest: int, number: int) -> None:
        self._slots[at], self._slots[at + 1] = digest, number
        self._used += 1
        if self._used * 8 > len(self._slots) * 3:  # three slots of four are taken
            self._grow()

    def _grow(self) -> None:
        held = self._slots
        self._slots = _empty(len(held))
        for at in range(0, len(held), 2):
            if held[at]:
                place = _place(self._slots, held[at])
                self._slots[place], self._slots[place + 1] = held[at], held[at + 1]


def _empty(slots: int) -> "array[int]":
    return array("Q", [0]) * (2 * slots)


def _digest(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") or 1


def _place(slots: "array[int]", digest: int) -> int:
    """Where a hash is, or would be."""
    last = len(slots) - 1
    at = digest * 2 & last
    while slots[at] not in {0, digest}:
        at = at + 2 & last
    return at


@dataclass(frozen=True, slots=True)
class Identities:
    """Remembers the id of an account or group for what a file calls it."""

    _high: Ledger = field(default_factory=Ledger)
    _low: Ledger = field(default_factory=Ledger)

    def put(self, name: str, resource_id: str) -> None:
        """Remember an id; an empty one for who is not there, and would be."""
        number = UUID(resource_id).int if resource_id else 0
        self._high.put(name, number >> _HALF)
        self._low.put(name, number & (1 << _HALF) - 1)

    def get(self, name: str) -> str | None:
        """The id; empty for who would be there; None for a name that nobody has.

        >>> known = Identities()
        >>> known.put("uid=ada", "01a20b6e-81b7-7575-a723-3200be819d1c")
        >>> known.get("uid=ada"), known.get("uid=bob")
        ('01a20b6e-81b7-7575-a723-3200be819d1c', None)
        """
        high, low = self._high.get(name), self._low.get(name)
        if high is None or low is None:
            return None
        number = high << _HALF | low
        return str(UUID(int=number)) if number else ""
