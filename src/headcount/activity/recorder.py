"""Records requests beside answering them: noted at once, written up in quieter moments.

What does not fit is dropped and counted.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import perf_counter, thread_time
from typing import Any, Final, NamedTuple

from headcount.activity.asked import reads
from headcount.activity.attribution import Attribution
from headcount.activity.crowds import Crowd
from headcount.activity.noted import CROWDED, PIECES, Noted
from headcount.activity.scribe import Scribe
from headcount.directory.access import Caller
from headcount.errors import ScimError
from headcount.store.activity import Done, Exchange
from headcount.store.model import OrgId
from headcount.store.promise import Store

_LOG = logging.getLogger(__name__)

_CHANGES: Final = {"POST": Done.CREATED, "DELETE": Done.DELETED}
_AT_ONCE = 4  # requests that are written up before others get their turn
_COST: Final = 50e-6  # seconds that a small one takes, before it was measured
_LARGE: Final = 8 * 1024  # bytes for which one counts as one more
_LARGEST: Final = 32  # more that one counts as; what is longer than that is not looked through


class Bounds(NamedTuple):
    """How much is recorded, by each process."""

    reads: int = 200  # of which nothing came but an answer, in a second; a large one counts as many
    share: float = 0.015  # of a processor's time that may go into writing up reads
    others: int = 1_000  # changes and failures, at once; providers send 25 a second
    other_share: float = 0.06  # of a processor's time that may go into writing them up for long
    bytes: int = 16 * 1024 * 1024  # of bodies, between two batches
    pause: float = 0.25  # seconds between two batches
    crowd: int = 100  # requests in such a pause with which a batch waits for a quieter one
    pauses: int = 8  # that it waits at most
    days: int = 30  # that requests are kept
    most: int = 200_000  # requests of each organisation that are kept
    numbers: int = 400  # days whose numbers are kept
    housekeeping: float = 600  # seconds after which old ones are looked for again


_USUAL = Bounds()


class Figures(NamedTuple):
    """What a recorder did since it began."""

    kept: int = 0
    dropped: int = 0  # as there was no room
    lost: int = 0  # as the database did not take them
    dropped_lately: int = 0  # between the last two batches


class Recorder:
    """Takes notes of requests and writes them down later.

    `note` belongs to one event loop, that of the server. All else happens on it in between.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], bounds: Bounds = _USUAL
    ) -> None:
        self._store = store
        self._clock = clock
        self._bounds = bounds
        self._attribution = Attribution(store)
        self._scribe = Scribe()
        self._noted: list[tuple[Any, ...]] = []  # `Noted`, which takes longer to make
        self._unread: defaultdict[OrgId | None, int] = defaultdict(int)  # reads that were dropped
        self._unkept: Counter[tuple[OrgId | None, Done]] = Counter()  # the others
        self._reads, self._others, self._room = bounds.reads, bounds.others, bounds.bytes
        self._refilled = perf_counter()
        self._flushing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._crowd = Crowd(bounds.crowd, bounds.pauses)
        self._keeping: asyncio.Task[None] | None = None
        self._kept = self._dropped = self._lost = self._lately = 0
        self._missing: Counter[OrgId | None] = Counter()  # dropped or lost
        self._cost = _COST
        self._failing = False

    @property
    def figures(self) -> Figures:
        """What was kept and what was not, in this process."""
        waiting = self._unkept.total() + sum(self._unread.values())
        return Figures(self._kept, self._dropped + waiting, self._lost, self._lately)

    def missing_of(self, org: OrgId | None) -> int:
        """How many requests of an organisation, or of nobody, were answered and not recorded."""
        waiting = sum(often for (whose, _), often in self._unkept.items() if whose == org)
        return self._missing[org] + self._unread.get(org, 0) + waiting

    def note(  # noqa: PLR0917 - names would cost every request more than all that is done here
        self,
        scope: Any,
        path: str,
        caller: Caller | None,
        slug: str | None,
        body: bytes,
        status: int,
        answer: bytes | None,
        refusal: ScimError | None,
        began: float,
    ) -> None:
        """Take note of a request that was answered: all that a request pays for being recorded.

        Args:
            scope: of ASGI.
            path: behind the base address.
            caller: whose token came with it.
            slug: of the organisation in the host name.
            body: what was sent, as far as it was read.
            status: of the answer.
            answer: its body; `None` where it goes in pieces.
            refusal: why it was refused.
            began: when it arrived, by `time.perf_counter`.
        """
        method = scope["method"]
        is_read = status < 400 and (method == "GET" or reads(method, path))
        if is_read and self._reads <= 0:  # the shortest way, taken when there is most to do
            self._unread[caller.organisation.id if caller is not None else None] += 1
            return
        if not is_read and self._others <= 0:
            done = _CHANGES.get(method, Done.CHANGED) if status < 400 else Done.REFUSED
            self._drop(caller, done)
            return
        if answer is None:
            answer = PIECES
        size = len(body) + len(answer)
        if is_read:
            self._reads -= _weight(size)
        else:
            self._others -= _weight(size)
        self._room -= size
        if self._room < 0:
            body, answer = body and CROWDED, CROWDED
        if not self._noted:
            self._wake()
        ended = perf_counter()
        self._noted.append((scope, path, caller, slug, body, status, answer, refusal, began, ended))

    def _drop(self, caller: Caller | None, done: Done) -> None:
        self._unkept[None if caller is None else caller.organisation.id, done] += 1

    def start(self) -> None:
        """Remove what is too old, now and then, until `close`."""
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep_house())

    async def close(self) -> None:
        """Write what was noted, and stop."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            await self._flushing
        await self.flush()

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._bounds.pause, self._begin)

    def _begin(self) -> None:
        if self._flushing is not None and not self._flushing.done():
            self._wake()  # the database is slow: what comes meanwhile has to fit, or is dropped
            return
        if self._crowd.holds_up(self._met()):
            self._wake()
            return
        self._flushing = asyncio.get_running_loop().create_task(self.flush())

    def _met(self) -> int:
        """How many requests came since the last batch."""
        return len(self._noted) + self._unkept.total() + sum(self._unread.values())

    async def flush(self) -> None:
        """Write what was noted until now. Whatever happens, it raises nothing."""
        noted, self._noted = self._noted, []
        unkept = self._dropped_now()
        self._refill()
        if not noted and not unkept:
            return
        try:
            exchanges, counts = await self._written([Noted._make(one) for one in noted])
            counts.update(unkept)
            await self._store.add_exchanges(exchanges, _tallies(counts, self._clock()))
        except Exception as error:  # noqa: BLE001 - recording must never hurt a request
            self._lost += len(noted)
            self._missing.update(_whose(one) for one in noted)
            if not self._failing:
                _LOG.warning(
                    "requests cannot be recorded, and are answered all the same: %s",
                    error if isinstance(error, ScimError) else repr(error),
                )
            self._failing = True
        else:
            self._kept += len(noted)
            self._failing = False

    def _refill(self) -> None:
        """Make room for as many as may come in the time that passed."""
        now = perf_counter()
        passed, self._refilled = min(1.0, now - self._refilled), now
        bounds = self._bounds
        reads = min(bounds.reads, bounds.share / self._cost)  # fewer where the machine is slow
        self._reads = min(max(1, round(reads)), self._reads + max(1, round(reads * passed)))
        others = min(bounds.others, bounds.other_share / self._cost)
        self._others = min(bounds.others, self._others + max(1, round(others * passed)))
        self._room = bounds.bytes

    def _dropped_now(self) -> Counter[tuple[OrgId | None, Done]]:
        """What was dropped since it was asked last."""
        unkept, self._unkept = self._unkept, Counter()
        unread, self._unread = self._unread, defaultdict(int)
        unkept.update({(org, Done.READ): often for org, often in unread.items()})
        self._lately = unkept.total()
        self._dropped += self._lately
        for (org, _), often in unkept.items():
            self._missing[org] += often
        return unkept

    async def _written(
        self, noted: list[Noted]
    ) -> tuple[list[Exchange], Counter[tuple[OrgId | None, Done]]]:
        """What is kept of them. Others get their turn in between."""
        offset = since(self._clock)
        exchanges: list[Exchange] = []
        counts: Counter[tuple[OrgId | None, Done]] = Counter()
        for part in _batched(noted):
            orgs = [await self._attribution.attribute_to(one) for one in part]
            began = thread_time()
            for one, org in zip(part, orgs, strict=True):
                exchange, times = self._scribe.written(one, org, offset)
                exchanges.append(exchange)
                for done, often in times.items():
                    counts[org, done] += often
            took = (thread_time() - began) / sum(_weight(one.size) for one in part)
            self._cost += (took - self._cost) / 8
            await asyncio.sleep(0)
        return exchanges, counts

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(self._bounds.housekeeping)
            await self.forget()

    async def forget(self) -> None:
        """Remove what is too old, and what is too much. Whatever happens, it raises nothing."""
        now, bounds = self._clock(), self._bounds
        try:
            await self._store.forget_exchanges(_stamp(now - timedelta(bounds.days)), bounds.most)
            await self._store.forget_days(_day(now - timedelta(bounds.numbers)))
        except ScimError as error:
            _LOG.warning("old records of requests stay for a while: %s", error)


def _weight(size: int) -> int:
    """As how many small requests one counts whose bodies have so many bytes.

    >>> _weight(600), _weight(90_000), _weight(50_000_000)
    (1, 11, 33)
    """
    return 1 + min(size // _LARGE, _LARGEST)


def since(clock: Callable[[], datetime]) -> float:
    """What has to be added to `perf_counter` for seconds since the epoch.

    Both clocks are read at one moment, unless others get their turn just then: so thrice.
    """
    readings = []
    for _ in range(3):
        before, now, after = perf_counter(), clock().timestamp(), perf_counter()
        readings.append((after - before, now - (before + after) / 2))
    return min(readings)[1]


def _whose(noted: tuple[Any, ...]) -> OrgId | None:
    caller = Noted._make(noted).caller
    return None if caller is None else caller.organisation.id


def _batched(noted: Sequence[Noted]) -> Iterator[Sequence[Noted]]:
    """Some at a time."""
    for first in range(0, len(noted), _AT_ONCE):
        yield noted[first : first + _AT_ONCE]


def _tallies(
    counts: Counter[tuple[OrgId | None, Done]], now: datetime
) -> dict[tuple[OrgId, str, Done], int]:
    """What is added to the numbers of the day; nobody's requests have none."""
    day = _day(now)
    known: Iterable[tuple[OrgId, Done, int]] = (
        (org, done, often) for (org, done), often in counts.items() if org is not None
    )
    return {(org, day, done): often for org, done, often in known}


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
