"""Bearer tokens: how they look, and the hash that is kept of them.

A token is `headcount_`, 256 random bits and a checksum, so that a scanner of leaked secrets knows
one when it sees one, and a mistyped token is told apart from an unknown one.
"""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from headcount.errors import InvalidValue
from headcount.store.keys import ApiKey
from headcount.store.model import OrgId, Token

PREFIX = "headcount_"
SECRET_BYTES = 32
HINT_DIGITS = 6  # 36 of 256 bits: enough to tell a few tokens apart, of no help to who guesses

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_DIGITS = 43
_CHECK_DIGITS = 6


def written(secret: bytes, prefix: str = PREFIX) -> str:
    """The token that holds `secret`.

    >>> written(bytes(32))[:14], len(written(bytes(32)))
    ('headcount_0000', 59)
    """
    body = prefix + _in_digits(int.from_bytes(secret), _SECRET_DIGITS)
    return body + _checksum(body)


def _checksum(body: str) -> str:
    return _in_digits(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _in_digits(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def is_well_formed(token: str, prefix: str = PREFIX) -> bool:
    """Whether `token` has the form and the checksum of ours.

    >>> is_well_formed(written(bytes(32))), is_well_formed(written(bytes(32)) + "x")
    (True, False)
    """
    body, check = token[:-_CHECK_DIGITS], token[-_CHECK_DIGITS:]
    whole = len(token) == len(prefix) + _SECRET_DIGITS + _CHECK_DIGITS
    return whole and token.startswith(prefix) and _checksum(body) == check


def digest_of(token: str) -> bytes:
    """What is kept of a token and looked up: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks of a new token."""

    label: str
    lifetime: timedelta | None = None  # None: it does not expire
    read_only: bool = False
    strict: bool = False


def new_token(
    secret: bytes, token_id: str, org: OrgId, wish: Wish, now: datetime
) -> tuple[str, Token]:
    """The token to show once, and what is kept of it.

    Raises:
        InvalidValue: the label is empty, or the lifetime is not in the future.
    """
    expires = end_of("token", wish.label, wish.lifetime, now)
    token = written(secret)
    kept = Token(
        id=token_id,
        org=org,
        label=wish.label,
        digest=digest_of(token),
        created=now,
        expires=expires,
        read_only=wish.read_only,
        strict=wish.strict,
        hint=token[len(PREFIX) :][:HINT_DIGITS],
    )
    return token, kept


def end_of(what: str, label: str, lifetime: timedelta | None, now: datetime) -> datetime | None:
    """When a new token or key expires; None: never.

    Raises:
        InvalidValue: the label is empty, or the lifetime is not in the future.
    """
    if not label.strip():
        raise InvalidValue(f"a {what} needs a label that tells people what it is for")
    if lifetime is not None and lifetime <= timedelta():
        raise InvalidValue(f"a {what} cannot have expired before it is issued")
    try:
        return now + lifetime if lifetime else None
    except OverflowError:
        raise InvalidValue(f"the lifetime of a {what} must end before the year 10000") from None


def is_good(one: Token | ApiKey, now: datetime) -> bool:
    """Whether a token or a key still opens anything."""
    return one.revoked is None and (one.expires is None or now < one.expires)
