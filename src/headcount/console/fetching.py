"""How the console speaks to an identity provider: little, not for long, and to nobody else."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from time import monotonic
from typing import Any, NamedTuple

import urllib3
from urllib3.exceptions import HTTPError

from headcount.errors import ProviderFailed, Unavailable

_MOST_BYTES = 1_000_000
_PIECE = 65_536
_CONNECT = 4.0  # seconds
_SILENCE = 6.0  # seconds between two pieces
_LONGEST = 12.0  # seconds for a whole answer

_POOL = urllib3.PoolManager(timeout=urllib3.Timeout(connect=_CONNECT, read=_SILENCE), retries=False)


class Answer(NamedTuple):
    """What came. Redirections are answers too: they are never followed."""

    status_code: int  # as authlib calls it
    body: bytes

    def json(self) -> Any:
        """The body as JSON; `ValueError` where it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def raise_for_status(self) -> None:
        """Tell of a failure.

        Raises:
            Unavailable: the provider says that it failed.
            ProviderFailed: it does not answer what was asked.
        """
        if self.status_code >= 500:
            raise Unavailable(f"it answers with an error ({self.status_code})")
        if self.status_code != 200:
            raise ProviderFailed(f"it answers with the status {self.status_code}")


def fetch(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """Ask once. Each time with a connection of its own, so that none has gone stale.

    Raises:
        Unavailable: nobody answers there, or not in time.
        ProviderFailed: the answer is too large.
    """
    sent = {"accept": "application/json", "connection": "close", **headers}
    try:
        answer = _POOL.request(
            method, url, headers=sent, body=body, redirect=False, preload_content=False
        )
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        raise Unavailable(f"it cannot be reached ({_kind(error)})") from None
    try:
        return Answer(answer.status, _whole(answer))
    except (HTTPError, HTTPException, OSError) as error:
        raise Unavailable(f"its answer broke off ({_kind(error)})") from None
    finally:
        answer.close()


def _whole(answer: urllib3.BaseHTTPResponse) -> bytes:
    ends = monotonic() + _LONGEST
    body = b""
    for piece in answer.stream(_PIECE, decode_content=False):
        body += piece
        if len(body) > _MOST_BYTES:
            raise ProviderFailed("its answer is too large")
        if monotonic() > ends:
            raise Unavailable("its answer takes too long")
    return body


def _kind(error: Exception) -> str:
    """What went wrong in a word or two; texts of errors can hold what was sent."""
    return type(error).__name__
