"""From the Authorization header to the key that it holds (RFC 6750 section 2.1)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from headcount.directory.keys import PREFIX
from headcount.directory.tokens import PREFIX as TOKEN_PREFIX, digest_of, is_good
from headcount.errors import ScimError, Unauthorized
from headcount.store.keys import ApiKey
from headcount.store.promise import Store

_TOUCH_EVERY = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_MAX_KNOWN = 1_000  # keys held in memory


class NoKey(Unauthorized):
    """No key, or one that opens nothing."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The challenge that RFC 6750 section 3 asks for."""
        return [(b"www-authenticate", b'Bearer realm="Headcount"')]


class KeyRing:
    """Tells which key was sent. Keys are held in memory until any key changes, in any process."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[bytes, ApiKey] = {}
        self._epoch = -1
        self._touched: dict[str, datetime] = {}

    async def key(self, header: bytes | None) -> ApiKey:
        """The key in an Authorization header.

        Raises:
            NoKey: there is none, or it opens nothing any more.
        """
        text = _text_in(header)
        found = await self._find(digest_of(text))
        if found is None:
            raise NoKey(_unknown(text))
        self._check(found)
        await self._touch(found)
        return found

    async def check(self, key: ApiKey) -> None:
        """See that a key that was good still is.

        Raises:
            NoKey: it was revoked, or has expired.
        """
        self._check(await self._find(key.digest) or key)

    def _check(self, key: ApiKey) -> None:
        if is_good(key, self._clock()):
            return
        what = "was revoked" if key.revoked is not None else "has expired"
        raise NoKey(f"the key {key.label!r} {what}; ask the operator for a new one")

    async def _find(self, digest: bytes) -> ApiKey | None:
        epoch = self._store.access_epoch()
        if epoch is None:
            epoch = await self._store.read_access_epoch()
        if epoch != self._epoch or len(self._known) > _MAX_KNOWN:
            self._known.clear()
            self._epoch = epoch
        found = self._known.get(digest)
        if found is None:
            found = await self._store.keys.find(digest)
            if found is not None and epoch == self._epoch:  # else read before the last change
                self._known[digest] = found
        return found

    async def _touch(self, key: ApiKey) -> None:
        """Note the use of a key, once a minute; a database that cannot now shall not matter."""
        now = self._clock()
        if now - self._touched.get(key.id, _NEVER) >= _TOUCH_EVERY:
            self._touched[key.id] = now
            with suppress(ScimError):
                await self._store.keys.touch(key.id, now)


def _text_in(header: bytes | None) -> str:
    scheme, _, text = (header or b"").decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise NoKey("the request carries no key; send it as: Authorization: Bearer KEY")
    return text.strip()


def _unknown(text: str) -> str:
    if text.startswith(TOKEN_PREFIX) and not text.startswith(PREFIX):
        return (
            "this is a token of an identity provider, which opens /scim/v2 alone: issue a key with"
            " `headcount api-key issue`"
        )
    return "the key is not known here: check that it was copied whole"
