"""Keys of the application behind Headcount: what they open, how they look, who issues them.

A key is made like a token of an identity provider, with another beginning, so that neither opens
the other's door and each mix-up can be told.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from headcount.directory.access import COMMAND_LINE
from headcount.directory.tokens import HINT_DIGITS, SECRET_BYTES, digest_of, end_of, written
from headcount.errors import InvalidValue
from headcount.store.keys import ApiKey
from headcount.store.model import OrgId
from headcount.store.promise import Store
from headcount.store.visitors import Audited

PREFIX = "headcount_key_"

_KEY_ID_BYTES = 5  # short enough to type; it opens nothing


class Scope(StrEnum):
    """What a key may be for. The set is closed: whoever needs more asks for another key."""

    ORGANISATIONS_READ = "organisations:read"
    ORGANISATIONS_WRITE = "organisations:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    GROUPS_READ = "groups:read"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    EVENTS_READ = "events:read"


READING = tuple(scope for scope in Scope if scope.endswith(":read"))
"""What a key may do unless something else is asked for."""


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What an operator asks of a new key."""

    label: str
    slug: str | None = None  # of the organisation that it opens; None: every one
    scopes: Sequence[str] = READING
    lifetime: timedelta | None = None  # None: it does not expire


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a server. Whatever is done to them goes into the audit trail."""

    store: Store
    clock: Callable[[], datetime]
    chance: Callable[[int], bytes] = secrets.token_bytes

    async def issue(self, wish: KeyWish, *, actor: str = COMMAND_LINE) -> tuple[str, ApiKey]:
        """A new key, to be shown once, and what is kept of it.

        Raises:
            InvalidValue: a scope is none, the label is empty, or the lifetime is over already.
            NotFound: there is no such organisation.
        """
        org = (await self.store.organisation(wish.slug)).id if wish.slug is not None else None
        text = written(self.chance(SECRET_BYTES), PREFIX)
        kept = _kept(wish, org, text, self.chance(_KEY_ID_BYTES).hex(), self.clock())
        await self.store.keys.add(kept)
        told = {"key": kept.id, "label": kept.label, "scopes": list(kept.scopes)}
        await self._note(actor, "key.issued", org, told)
        return text, kept

    async def all(self) -> list[ApiKey]:
        """Every key, the oldest first."""
        return await self.store.keys.all()

    async def revoke(self, key_id: str, *, actor: str = COMMAND_LINE) -> ApiKey:
        """End a key at once, in every process.

        Raises:
            NotFound: there is no such key.
        """
        gone = await self.store.keys.revoke(key_id, self.clock())
        await self._note(actor, "key.revoked", gone.org, {"key": gone.id, "label": gone.label})
        return gone

    async def _note(self, actor: str, action: str, org: OrgId | None, data: dict[str, Any]) -> None:
        await self.store.audit(Audited(self.clock(), actor, action, org, data))


def _kept(wish: KeyWish, org: OrgId | None, text: str, key_id: str, now: datetime) -> ApiKey:
    expires = end_of("key", wish.label, wish.lifetime, now)
    return ApiKey(
        id=key_id,
        org=org,
        label=wish.label,
        digest=digest_of(text),
        scopes=checked_scopes(wish.scopes),
        created=now,
        expires=expires,
        hint=text[len(PREFIX) :][:HINT_DIGITS],
        slug=wish.slug,
    )


def checked_scopes(scopes: Sequence[str]) -> tuple[Scope, ...]:
    """The scopes, each once, in the order of the closed set.

    Raises:
        InvalidValue: one is none, or none is given.

    >>> [str(scope) for scope in checked_scopes(["events:read", "accounts:read", "events:read"])]
    ['accounts:read', 'events:read']
    """
    known = set(Scope)
    for scope in scopes:
        if scope not in known:
            raise InvalidValue(
                f"{scope[:100]!r} is no scope; those that there are: {', '.join(Scope)}"
            )
    if not scopes:
        raise InvalidValue(f"a key needs a scope at least; there are: {', '.join(Scope)}")
    return tuple(scope for scope in Scope if scope in scopes)
