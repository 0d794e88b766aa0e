"""Keys of the application behind Headcount, with which it reads and follows over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headcount.store.model import OrgId
from headcount.store.records import instant, instant_or_none, moment
from headcount.store.refusals import no_key
from headcount.store.steps import Rows, Statement, Steps

_KEPT = "id, org, label, digest, scopes, created, expires, last_used, revoked, hint"


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


_COLUMNS = ", ".join(f"k.{name}" for name in _KEPT.split(", "))
_EACH = f"SELECT {_COLUMNS}, o.slug FROM api_key k LEFT JOIN organisation o ON o.id = k.org"

_ADD = f"INSERT INTO api_key ({_KEPT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ALL = f"{_EACH} ORDER BY k.created, k.id"
_FIND = f"{_EACH} WHERE k.digest = ?"
_ONE = f"{_EACH} WHERE k.id = ?"
_REVOKE = "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL"
_TOUCH = """UPDATE api_key SET last_used = ?
    WHERE id = ? AND (last_used IS NULL OR last_used < ?)"""
_MOVED = "UPDATE access SET epoch = epoch + 1"


class ApiKeys:
    """All of them, as a store keeps them. Each that comes or goes moves `access_epoch`.

    Args:
        rows: of the store.
        moving: the same, where who may come in is changed.
    """

    def __init__(self, rows: Rows, moving: Rows) -> None:
        self._rows = rows
        self._moving = moving

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        await self._moving.run(_added(key))

    async def all(self) -> list[ApiKey]:
        """Every key, the oldest first."""
        return [_key_in(row) for row in await self._rows.read(_ALL)]

    async def find(self, digest: bytes) -> ApiKey | None:
        """The key with this hash."""
        rows = await self._rows.read(_FIND, digest)
        return _key_in(rows[0]) if rows else None

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        """End a key at once; one that has ended stays as it is.

        Raises:
            NotFound: there is no such key.
        """
        if "\0" in key_id:
            raise no_key(key_id)
        return await self._moving.run(_revoked(key_id, at))

    async def touch(self, key_id: str, at: datetime) -> None:
        """Note when it was last used; time never runs backwards."""
        now = instant(at)
        await self._rows.write(_TOUCH, now, key_id, now)


def _added(key: ApiKey) -> Steps[None]:
    yield Statement(_ADD, _values(key))
    yield Statement(_MOVED)


def _revoked(key_id: str, at: datetime) -> Steps[ApiKey]:
    yield Statement(_REVOKE, (instant(at), key_id))
    yield Statement(_MOVED)
    rows = yield Statement(_ONE, (key_id,))
    if not rows:
        raise no_key(key_id)
    return _key_in(rows[0])


def _values(key: ApiKey) -> tuple[Any, ...]:
    """What is written of a key: the columns of `_KEPT`."""
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


def _key_in(row: Any) -> ApiKey:
    """The key in a row of `_KEPT`, with the slug of its organisation behind it."""
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
