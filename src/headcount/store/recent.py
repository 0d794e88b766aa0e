"""The members of groups that were read lately, as JSON: a large group takes long to put together.

What a key names never changes: a group has a new version with every member who joins or leaves, in
the transaction that lets them, and the version was read from the file a moment ago. So nothing here
ever has to be told that it is old.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

from headcount.store.model import OrgId, Stored

MOST = 32 * 2**20  # bytes of all of them
LONGEST = 4 * 2**20  # bytes of one

_OVERHEAD = 500  # bytes that an entry takes beside its JSON


class Moment(NamedTuple):
    """A group as it was at some time, with addresses that begin in some way."""

    org: OrgId
    id: str
    version: int
    created: str  # an id that was free once is another group's later
    base: str


def moment_of(org: OrgId, stored: Stored, base: str) -> Moment:
    """The group that was read, as it is now."""
    return Moment(org, stored.id, stored.version, stored.created, base)


class Recent:
    """Keeps up to `most` bytes; who was not asked for the longest time goes first."""

    def __init__(self, most: int = MOST, longest: int = LONGEST) -> None:
        self._most = most
        self._longest = longest
        self._held: OrderedDict[Moment, bytes] = OrderedDict()
        self._lock = threading.Lock()  # threads that scan keep and ask, too
        self.size = 0  # bytes

    def get(self, moment: Moment) -> bytes | None:
        """The members, if they are here."""
        with self._lock:
            if (found := self._held.get(moment)) is not None:
                self._held.move_to_end(moment)
        return found

    def put(self, moment: Moment, members: bytes) -> None:
        """Keep them for a while, unless they are too many."""
        if len(members) > self._longest:
            return
        with self._lock:
            self._drop(moment)
            self._held[moment] = members
            self.size += len(members) + _OVERHEAD
            while self.size > self._most:
                self._drop(next(iter(self._held)))

    def _drop(self, moment: Moment) -> None:
        if (members := self._held.pop(moment, None)) is not None:
            self.size -= len(members) + _OVERHEAD
