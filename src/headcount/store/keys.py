"""Keys of the application behind Headcount, with which it reads and follows over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment

KEPT = "id, org, label, digest, scopes, created, expires, last_used, revoked, hint"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What the server keeps of a key: never the key itself."""

    id: str
    org: OrgId | None  # None: it opens every organisation
    label: str
    digest: bytes  # SHA-256 of the key
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    last_used: datetime | None = None
    revoked: datetime | None = None
    hint: str = ""  # how it begins, behind the prefix: for people, who recognise it by that
    slug: str | None = None  # of the organisation; it is read, and not written


class ApiKeys(Protocol):
    """All of them, as a store keeps them. Each that comes or goes moves `access_epoch`."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""

    async def all(self) -> list[ApiKey]:
        """Every key, the oldest first."""

    async def find(self, digest: bytes) -> ApiKey | None:
        """The key with this hash."""

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        """End a key at once; one that has ended stays as it is.

        Raises:
            NotFound: there is no such key.
        """

    async def touch(self, key_id: str, at: datetime) -> None:
        """Note when it was last used; time never runs backwards."""


_COLUMNS = ", ".join(f"k.{name}" for name in KEPT.split(", "))
_EACH = f"SELECT {_COLUMNS}, o.slug FROM api_key k LEFT JOIN organisation o ON o.id = k.org"

ADD = f"INSERT INTO api_key ({KEPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ALL = f"{_EACH} ORDER BY k.created, k.id"
FIND = f"{_EACH} WHERE k.digest = ?"
ONE = f"{_EACH} WHERE k.id = ?"
REVOKE = "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL"
TOUCH = """UPDATE api_key SET last_used = ?
    WHERE id = ? AND (last_used IS NULL OR last_used < ?)"""
MOVED = "UPDATE access SET epoch = epoch + 1"
"""The statements, which are the same for every store; values in the order of their places."""


def key_values(key: ApiKey) -> tuple[Any, ...]:
    """What is written of a key: the columns of `KEPT`."""
    return (
        key.id,
        key.org,
        key.label,
        key.digest,
        " ".join(key.scopes),
        instant(key.created),
        instant_or_none(key.expires),
        instant_or_none(key.last_used),
        instant_or_none(key.revoked),
        key.hint,
    )


def key_in(row: Any) -> ApiKey:
    """The key in a row of `KEPT`, with the slug of its organisation behind it."""
    key_id, org, label, digest, scopes, created, expires, last_used, revoked, hint, slug = row
    return ApiKey(
        id=key_id,
        org=None if org is None else OrgId(org),
        label=label,
        digest=bytes(digest),
        scopes=tuple(scopes.split()),
        created=datetime.fromisoformat(created),
        expires=moment(expires),
        last_used=moment(last_used),
        revoked=moment(revoked),
        hint=hint,
        slug=slug,
    )


def touched(key_id: str, at: datetime) -> tuple[str, str, str]:
    """The values of `TOUCH`."""
    now = instant(at)
    return now, key_id, now
