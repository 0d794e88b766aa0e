"""Follows the events of a Headcount elsewhere, for an application in a process of its own.

It knows of Headcount what docs/api.md says, and imports nothing else of it.
"""

import json
import logging
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NamedTuple
from urllib.parse import quote

import urllib3

_LOG = logging.getLogger(__name__)

_WAIT = 30  # seconds that the server may wait for the next event
_PATIENCE = 60  # seconds without a byte after which a request is given up
_EVENTS = 500  # of one answer
_LONGEST = 60.0  # seconds between two tries
_IN_MEMORY = 1024 * 1024  # bytes of a snapshot; more of it goes into a file
_PIECE = 64 * 1024
_TAIL = 1024  # bytes in which the last line of a snapshot stands

Told = Mapping[str, Any]
"""An event, or a line of a snapshot, as docs/api.md shows them."""


class Batch(NamedTuple):
    """Some of what happened, in order.

    Keep `position` in the transaction in which you keep what comes of `events`: then nothing is
    missed and nothing done by halves, whenever the process ends.
    """

    position: int  # behind which the next one begins
    events: Iterable[Told]  # can be gone through once
    anew: bool = False
    """These are all accounts, groups and members as they are now: what was kept before is old."""


class Refused(Exception):
    """Headcount does not let this key read the events of this organisation; the text says why."""


class _Failed(Exception):
    """No answer that helps, this time."""

    def __init__(self, why: str, pause: float = 0) -> None:
        super().__init__(why)
        self.pause = pause  # seconds that the server asks for


class _Behind(Exception):
    """There is no going on from a position: it is too old, or not one of this feed."""


class Feed:
    """The events of one organisation.

    Args:
        url: of Headcount, such as `https://scim.example.com`.
        key: of its API, with the scope `events:read`.
        organisation: its slug.
    """

    def __init__(self, url: str, key: str, organisation: str) -> None:
        self._base = f"{url.rstrip('/')}/api/v1/organisations/{quote(organisation, safe='')}"
        self._pool = urllib3.PoolManager(
            headers={"Authorization": f"Bearer {key}"},
            timeout=urllib3.Timeout(connect=10, read=_PATIENCE),
            retries=False,
        )
        self._closed = threading.Event()

    def follow(self, position: Callable[[], int | None], take: Callable[[Batch], object]) -> None:
        """Hand each batch to `take`, until `close`. Run it in a thread of its own.

        Whatever fails, the server, the network or `take`, is told in the log and tried again, from
        the position that was kept.

        Args:
            position: the one that was kept, or None where there is none: then it begins with a
                snapshot, as it does where events behind the position are kept no longer.
            take: keeps what is in a batch, with its position.

        Raises:
            Refused: the key opens nothing here, which no other try would change.
        """
        failed = 0
        while not self._closed.is_set():
            try:
                for batch in self._batches(position()):
                    take(batch)
                    failed = failed if batch.anew else 0
            except Refused:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may do better
                asked = error.pause if isinstance(error, _Failed) else 0
                pause = min(_LONGEST, max(asked, 2.0**failed))
                failed += 1
                _LOG.warning("the feed is asked again in %.0f s: %s", pause, error or repr(error))
                self._closed.wait(pause)

    def close(self) -> None:
        """Let `follow` end with the request that is under way, after half a minute at most."""
        self._closed.set()

    def _batches(self, position: int | None) -> Iterator[Batch]:
        while not self._closed.is_set():
            begun = position is None
            if position is None:
                with self._snapshot() as batch:
                    yield batch
                position = batch.position
            try:
                told = self._events(position)
            except _Behind as refused:
                if begun:
                    raise _Failed(f"the position of a snapshot is refused: {refused}") from None
                position = None
                continue
            position = told["position"]
            if told["events"]:
                yield Batch(told["position"], told["events"])

    def _events(self, after: int) -> Any:
        fields = {"after": str(after), "limit": str(_EVENTS), "wait": str(_WAIT)}
        answer = self._pool.request("GET", f"{self._base}/events", fields=fields)
        if answer.status in {400, 410}:
            raise _Behind(_detail(answer))
        _check(answer)
        return answer.json()

    @contextmanager
    def _snapshot(self) -> Iterator[Batch]:
        """All of it, once it is here to its end: what is cut must not look like few people."""
        answer = self._pool.request("GET", f"{self._base}/snapshot", preload_content=False)
        try:
            _check(answer)
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
                tail = b""
                for piece in answer.stream(_PIECE):
                    kept.write(piece)
                    tail = (tail + piece)[-_TAIL:]
                if not _is_end(tail):
                    raise _Failed("the snapshot was cut before its end")
                kept.seek(0)
                head = json.loads(kept.readline())
                yield Batch(head["position"], _lines(kept), anew=True)
        finally:
            answer.close()


def _check(answer: urllib3.BaseHTTPResponse) -> None:
    if answer.status == 200:
        return
    if answer.status in {401, 403, 404}:
        raise Refused(_detail(answer))
    asked = answer.headers.get("retry-after", "")
    raise _Failed(_detail(answer), float(asked) if asked.isdecimal() else 0)


def _detail(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return str(json.loads(answer.data)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the answer has the status {answer.status}"


def _is_end(tail: bytes) -> bool:
    r"""Whether the last line of a snapshot is whole, and says that it is the last.

    >>> _is_end(b'..."active":true}}\n{"type":"end","accounts":1,"groups":0}\n')
    True
    >>> _is_end(b'{"type":"end","acc'), _is_end(b'{"type":"account","resource":{}}\n')
    (False, False)
    """
    try:
        last = json.loads(tail.rstrip().rpartition(b"\n")[2])
    except ValueError:
        return False
    return bool(last.get("type") == "end") if isinstance(last, dict) else False


def _lines(kept: IO[bytes]) -> Iterator[Told]:
    for line in kept:
        told = json.loads(line)
        if told["type"] != "end":
            yield told
