"""Signatures of the Standard Webhooks specification: HMAC-SHA256, `v1`. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from headcount.directory.hook_keys import key_of


def signature(secrets: Iterable[str], message: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each secret, with spaces between them.

    Args:
        secrets: of the endpoint; while one takes the place of another, both.
        message: the `webhook-id`; a point in it would let one message pass for another.
        timestamp: of the try, in seconds since 1970.
        body: as it is sent.
    """
    assert "." not in message
    signed = f"{message}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_hmac(key_of(secret), signed)}" for secret in secrets)


def _hmac(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
