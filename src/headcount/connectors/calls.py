"""Requests to a target: no faster than it allows, waited for when it says so, told in sentences."""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from headcount.connectors.target import Reach, Refused
from headcount.errors import InvalidValue

CONNECT_SECONDS = 10
ANSWER_SECONDS = 60
_PATIENCE = 20  # answers 429 to one request, each waited for as long as it says
_LONGEST_WAIT = 600.0  # seconds: who says more is not waited for
_LONGEST_TOLD = 300  # characters of a target's own words


class Bucket:
    """How often something may be done: `burst` times at once, then `rate` times a second.

    >>> bucket = Bucket(rate=2, burst=2, now=10.0)
    >>> [bucket.due(10.0), bucket.due(10.0), bucket.due(10.0), bucket.due(10.25), bucket.due(99.0)]
    [0.0, 0.0, 0.5, 0.75, 0.0]
    """

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._held = burst
        self._at = now

    def due(self, now: float) -> float:
        """In how many seconds it may be done once more. It counts as done then."""
        self._held = min(self._burst, self._held + (now - self._at) * self._rate)
        self._at = now
        self._held -= 1
        return max(0.0, -self._held / self._rate)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a target may be asked."""

    a_minute: float
    burst: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a target answered."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300


class Calls:
    """A way to ask one target.

    Args:
        site: its address, as `clean_site` makes it.
        headers: with every request; those that carry the key.
        pace: how fast it may be asked.
        ca_file: certificates of whom to trust, where the system's own do not do.
    """

    def __init__(
        self, site: str, headers: Mapping[str, str], pace: Pace, ca_file: str | None = None
    ) -> None:
        self._site = site
        self._headers = headers
        self._bucket = Bucket(pace.a_minute / 60, pace.burst, time.monotonic())
        self._pool = _pool(ca_file)
        self._ended = threading.Event()

    def ask(
        self,
        method: str,
        path: str,
        *,
        fields: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Answer:
        """Ask once, and again for as long as the answer is to wait.

        Args:
            method: of HTTP.
            path: behind the site's address.
            fields: to be sent as a form, or behind the path with GET.
            body: to be sent as JSON.

        Raises:
            Refused: no answer came, or none of such an application; with `Reach.ALL`.
        """
        for _ in range(_PATIENCE):
            self._wait(self._bucket.due(time.monotonic()))
            answer = self._once(method, path, fields, body)
            if answer.status != 429:
                return answer
            self._wait(_pause(answer))
        raise Refused(
            f"{self._site} asks to wait, again and again.",
            "Run it again later: it goes on where it was.",
            Reach.ALL,
        )

    def _once(self, method: str, path: str, fields: Mapping[str, Any] | None, body: Any) -> Answer:
        more: dict[str, Any] = {}
        headers = dict(self._headers)
        if fields is not None:
            more = {"fields": fields}
            if method not in {"GET", "DELETE"}:
                more["encode_multipart"] = False
        elif body is not None:
            more = {"body": orjson.dumps(body)}
            headers["Content-Type"] = "application/json"
        try:
            answer = self._pool.request(
                method,
                self._site + path,
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
                retries=False,  # also: a redirect must not carry the key elsewhere
                **more,
            )
        except HTTPError as error:
            raise _unreachable(error, self._site) from None
        return self._read(answer)

    def _read(self, answer: urllib3.BaseHTTPResponse) -> Answer:
        if 300 <= answer.status < 400:
            where = urlsplit(answer.headers.get("Location", ""))
            raise Refused(
                f"{self._site} points to {where.scheme}://{where.netloc} with HTTP"
                f" {answer.status}.",
                "Give the address that it points to as --site.",
                Reach.ALL,
            )
        try:
            body = orjson.loads(answer.data) if answer.data.strip() else {}
        except orjson.JSONDecodeError:
            body = None
        if isinstance(body, dict):
            return Answer(answer.status, body, answer.headers)
        if answer.status == 429:
            return Answer(answer.status, {}, answer.headers)
        remedy = "Check the address, and whether it is up: open it in a browser."
        if answer.status >= 500:
            remedy = "Look into its log, and run it again: it goes on where it was."
        raise Refused(
            f"{self._site} answers HTTP {answer.status} with something that is not JSON.",
            remedy,
            Reach.ALL,
        )

    def _wait(self, seconds: float) -> None:
        if seconds > _LONGEST_WAIT:
            raise Refused(
                f"{self._site} asks to wait {seconds:.0f} seconds.",
                "Run it again then: it goes on where it was.",
                Reach.ALL,
            )
        if self._ended.wait(seconds) if seconds > 0 else self._ended.is_set():
            raise Refused(
                "It was interrupted.", "Run it again: it goes on where it was.", Reach.ALL
            )

    def close(self) -> None:
        """Wait no more, and let go of the connections."""
        self._ended.set()
        self._pool.clear()


def words(text: Any) -> str:
    """A target's own words as a sentence, without what controls a terminal.

    >>> words("Email is taken"), words("No!"), words(None)
    ('Email is taken.', 'No!', 'It gave no reason.')
    """
    told = "".join(letter if letter.isprintable() else " " for letter in str(text or "")).strip()
    if not told:
        return "It gave no reason."
    told = told[:_LONGEST_TOLD]
    return told if told[-1] in ".!?" else told + "."


def _pause(answer: Answer) -> float:
    """Seconds to wait, which may be a fraction; a second where it does not say.

    >>> _pause(Answer(429, {}, {"Retry-After": "0.25"}))
    0.25
    >>> _pause(Answer(429, {"retry_after_ms": 90}))
    0.09
    """
    milliseconds = answer.body.get("retry_after_ms")
    if isinstance(milliseconds, int | float):
        return max(0.0, milliseconds / 1000)
    told = answer.headers.get("Retry-After", answer.body.get("retry-after", 1))
    try:
        return max(0.0, float(told))
    except (TypeError, ValueError):
        return 1.0


def clean_site(typed: str) -> str:
    """The address of a site without what hands leave behind; https where no scheme was typed.

    >>> clean_site("chat.acme.test/ "), clean_site("http://127.0.0.1:9991")
    ('https://chat.acme.test', 'http://127.0.0.1:9991')

    Raises:
        InvalidValue: it is no such address.
    """
    typed = typed.strip()
    example = "it should look like https://chat.example.com"
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        port = parts.port
    except ValueError:
        raise InvalidValue(f"--site cannot be read: {example}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise InvalidValue(f"--site is not the address of a server: {example}")
    if parts.username is not None or parts.password is not None:
        raise InvalidValue(f"leave name and password out of --site: {example}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _pool(ca_file: str | None) -> urllib3.PoolManager:
    if not ca_file:
        return urllib3.PoolManager()
    try:
        return urllib3.PoolManager(ssl_context=ssl.create_default_context(cafile=ca_file))
    except (OSError, ssl.SSLError) as error:
        raise Refused(
            f"The certificates in {ca_file} cannot be read ({error}).",
            "Name a file in PEM format that is there.",
            Reach.ALL,
        ) from None


def _reason(error: HTTPError) -> str:
    cause = error.__cause__
    reason = cause.strerror if isinstance(cause, OSError) else None
    return (reason or "no connection").lower()


_REASONS: tuple[tuple[type[HTTPError], Callable[[HTTPError], str]], ...] = (
    # The narrower kind stands before the wider one.
    (NameResolutionError, lambda _: "its host is not known"),
    (NewConnectionError, _reason),
    (ConnectTimeoutError, lambda _: f"no connection within {CONNECT_SECONDS} s"),
    (ReadTimeoutError, lambda _: f"no answer within {ANSWER_SECONDS} s"),
)


def _unreachable(error: HTTPError, site: str) -> Refused:
    if isinstance(error, SSLError):
        return Refused(
            f"{site} cannot be trusted: {_certificate(error)}.",
            "Correct its certificate, or name your own authority with --ca-file.",
            Reach.ALL,
        )
    reason = next((told(error) for kind, told in _REASONS if isinstance(error, kind)), None)
    return Refused(
        f"{site} cannot be reached ({reason or type(error).__name__}).",
        "Check the address and that it is up, and run it again: it goes on where it was.",
        Reach.ALL,
    )


def _certificate(error: SSLError) -> str:
    for cause in error.args:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not good here ({cause.verify_message})"
    return "it does not speak TLS on this port"
