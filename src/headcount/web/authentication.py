"""From the Authorization header to a `Caller` (RFC 6750 section 2.1)."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from headcount.directory.access import Caller
from headcount.directory.keys import PREFIX as KEY_PREFIX
from headcount.directory.tokens import digest_of, is_good, is_well_formed
from headcount.errors import Unauthorized
from headcount.store.model import Token
from headcount.store.promise import Store

_TOUCH_EVERY = timedelta(minutes=1)
_AT_ONCE = datetime.min.replace(tzinfo=UTC)
_MAX_KNOWN = 10_000  # tokens held in memory


@dataclass(slots=True)
class _Known:
    """A token that was found, and who it speaks for."""

    token: Token
    caller: Caller
    due: datetime = _AT_ONCE  # from when on it is examined again


class TokenRefused(Unauthorized):
    """A token that is known and lets nobody in here."""

    def __init__(self, detail: str, caller: Caller) -> None:
        super().__init__(detail)
        self.caller = caller  # whose it is


class Recognises(Protocol):
    """Tells who sent a request."""

    def recognise(
        self, scope: Any, headers: Mapping[bytes, bytes], slug: str | None
    ) -> Awaitable[Caller]:
        """Who sent it.

        Args:
            scope: of ASGI.
            headers: of the request, by name.
            slug: the organisation in the host name, which must be the caller's.

        Raises:
            Unauthorized: nobody who is known here.
        """


class Authentication:
    """Tells who calls. Tokens are held in memory until any token or organisation changes."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[bytes, _Known] = {}  # by digest
        self._by_header: dict[bytes, _Known] = {}  # the same, by what came in front of them
        self._epoch = -1
        self._touched: dict[str, datetime] = {}

    def recognise(
        self, scope: Any, headers: Mapping[bytes, bytes], slug: str | None
    ) -> Awaitable[Caller]:
        """Who the token in the headers speaks for."""
        del scope  # a token says it all
        return self.caller(headers.get(b"authorization"), slug)

    async def caller(self, header: bytes | None, slug: str | None) -> Caller:
        """Who the token in `header` speaks for.

        Args:
            header: the Authorization header as it came.
            slug: the organisation in the host name, which must be the token's.

        Raises:
            Unauthorized: no token, or none that opens anything here.
        """
        known = self._at_hand(header) or await self._found(header)
        if slug is not None and slug != known.caller.organisation.slug:
            raise TokenRefused(
                "the token belongs to another organisation than this address", known.caller
            )
        now = self._clock()
        if now >= known.due:
            self._examine(known, now)
        return known.caller

    def _at_hand(self, header: bytes | None) -> _Known | None:
        """The token in a header that came before, if nothing changed since.

        Whoever sends another header learns nothing from the time that it takes not to find it: the
        place in the table depends on a secret of this process.
        """
        if header is None or self._store.access_epoch() != self._epoch:
            return None
        return self._by_header.get(header)

    async def _found(self, header: bytes | None) -> _Known:
        digest = digest_of(_token_in(header))
        known = await self._find(digest)
        if known is None or not hmac.compare_digest(known.token.digest, digest):
            raise Unauthorized(_unknown(header))
        if header is not None and self._known.get(digest) is known:
            self._by_header[header] = known
        return known

    async def _find(self, digest: bytes) -> _Known | None:
        epoch = self._store.access_epoch()
        if epoch is None:
            epoch = await self._store.read_access_epoch()
        if epoch != self._epoch or len(self._known) + len(self._by_header) > _MAX_KNOWN:
            self._known.clear()
            self._by_header.clear()
            self._epoch = epoch
        known = self._known.get(digest)
        if known is None and (found := await self._store.find_token(digest)) is not None:
            token, organisation = found
            caller = Caller(organisation, "token:" + token.id, token.read_only, token.strict)
            known = _Known(token, caller)
            if epoch == self._epoch:  # else it was read before the last change
                self._known[digest] = known
        return known

    def _examine(self, known: _Known, now: datetime) -> None:
        """Refuse a token that has ended, and note the use of a good one, once a minute."""
        token = known.token
        if not is_good(token, now):
            raise TokenRefused(_ended(token), known.caller)
        last = self._touched.get(token.id)
        if last is None or now - last >= _TOUCH_EVERY:
            last = self._touched[token.id] = now
            self._store.touch_token(token.id, now)
        due = last + _TOUCH_EVERY
        known.due = due if token.expires is None else min(due, token.expires)


def _token_in(header: bytes | None) -> str:
    """The token in the header; the word before it in any letter case, or none at all.

    Okta's "Header Auth" sends what the administrator typed, often the token alone.
    """
    text = (header or b"").decode("latin-1").strip()
    scheme, _, token = text.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if is_well_formed(text):
        return text
    raise Unauthorized("the request carries no token; send it as: Authorization: Bearer TOKEN")


def _unknown(header: bytes | None) -> str:
    """Why a token opens nothing, where it never did."""
    if _token_in(header).startswith(KEY_PREFIX):
        return (
            "this is a key for the HTTP API at /api/v1, which opens no SCIM address: issue a token"
            " with `headcount token issue`"
        )
    return "the token is not known here: check that it was copied whole"


def _ended(token: Token) -> str:
    """Why a token that was good once opens nothing now; only who holds it gets here."""
    if token.revoked is not None:
        return f"the token {token.label!r} was revoked; ask for a new one"
    return f"the token {token.label!r} has expired; ask for a new one"
