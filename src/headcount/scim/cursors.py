"""Cursors: where the next page of a list begins, sealed so that nobody can make one up (RFC 9865).

Nothing is remembered between two pages: a cursor says all there is to know. It opens only the list
that it was made for: the same organisation, filter and order. What it says can be read, so it holds
nothing but what the list itself showed.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import NamedTuple

from headcount.errors import ExpiredCursor, InvalidCursor
from headcount.scim.messages import Position, Query

TIMEOUT = 3_600  # seconds that a cursor is good for
KEY_BYTES = 32

_SEAL_BYTES = 16
_LONGEST = 16_000  # characters; a sort key may be long


class Place(NamedTuple):
    """Where a walk over a list stands."""

    kind: str  # the resource type that the next page begins in
    position: Position | None  # None: at its first resource
    total: int  # how many there were when the walk began


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens cursors with one key, which no client knows."""

    key: bytes

    def close(self, place: Place, scope: str, query: Query, now: int) -> str:
        """The cursor for a place in the list that `query` asks for.

        Args:
            place: where the next page begins.
            scope: whose list of what; no two of them have the same.
            query: its filter and order are bound to the cursor, its page size is not.
            now: seconds since the epoch.
        """
        said = json.dumps([now, *place]).encode()
        return _text(self._seal(said, scope, query) + said)

    def open(self, cursor: str, scope: str, query: Query, now: int) -> Place:
        """The place that a cursor says.

        Raises:
            InvalidCursor: it was not made here, or for another list.
            ExpiredCursor: it was made too long ago.
        """
        raw = _bytes(cursor)
        seal, said = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(said, scope, query)):
            raise InvalidCursor(
                "the cursor does not belong to this list: send the one that the last page named,"
                " with the same filter and order, or none to begin again"
            )
        at, kind, position, total = json.loads(said)
        if not now - TIMEOUT <= at <= now + TIMEOUT:
            raise ExpiredCursor(
                f"the cursor is older than {TIMEOUT} seconds; begin again without one"
            )
        return Place(kind, Position(*position) if position else None, total)

    def _seal(self, said: bytes, scope: str, query: Query) -> bytes:
        bound = [scope, str(query.where or ""), str(query.sort_by or ""), query.descending]
        return hmac.digest(self.key, json.dumps(bound).encode() + b"\n" + said, hashlib.sha256)[
            :_SEAL_BYTES
        ]


def _text(raw: bytes) -> str:
    """Of unreserved characters alone (RFC 3986 section 2.3).

    >>> _text(b"a>?"), _bytes("YT4_")
    ('YT4_', b'a>?')
    """
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(cursor: str) -> bytes:
    if len(cursor) > _LONGEST or not cursor.isascii():
        return b""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        return b""
