"""The secrets that sign webhooks, as the Standard Webhooks specification writes them. Pure."""

import base64
import binascii

from headcount.errors import InvalidValue

PREFIX = "whsec_"
KEY_BYTES = 32
_FEWEST, _MOST = 24, 64  # that the specification takes


def secret_of(key: bytes) -> str:
    """A key as the receiver is given it.

    >>> secret_of(b"0123456789abcdef01234567")
    'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3'
    """
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret.

    Raises:
        InvalidValue: it is none. The secret is not repeated.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not _FEWEST <= len(key) <= _MOST:
        raise InvalidValue(
            f"a secret is {PREFIX} and the base64 form of {_FEWEST} to {_MOST} random bytes"
        )
    return key
