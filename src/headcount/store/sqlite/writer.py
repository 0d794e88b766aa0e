"""Writes: gathered for a few turns of the event loop, one fsync for many, answered after it.

The rows of accounts are written on the event loop, for they take 50 us, and in a thread twice as
long: each statement would ask the loop for the interpreter. All that may take longer, the fsync
before all, happens in the one thread that is here.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from headcount.store.model import Change, Outcome
from headcount.store.refusals import stopping
from headcount.store.sqlite.batches import Batches, Job
from headcount.store.sqlite.connection import Connection

T = TypeVar("T")
Work = Callable[[Connection], T]

# A batch by itself costs what five writes in it cost, so the first of them waits for others.
# Not for long: a turn of an event loop with nothing else to do takes microseconds.
_TURNS = 3  # of the event loop, for which the first of a batch waits for others
_AFTER_ANSWERS = 1  # turns after a commit: whoever is answered goes first
_MAX_ON_LOOP = 64  # accounts that are written before the event loop goes on: 3 ms
_PATIENCE = 0.001  # seconds that an event loop waits at most until the thread has begun
_QUIET = 0.05  # seconds without a write, after which there is time for what can wait
_MOST_OWED = 10_000  # writes after which it waits no longer


@dataclass(slots=True)
class _Batch:
    """Jobs on their way to the thread. The turn comes with them."""

    jobs: Sequence[Job]
    begun: bool = False  # nothing is missing but the commit
    taken: threading.Lock = field(default_factory=threading.Lock)  # held until the thread begins


class Writer:
    """Takes work from event loops and hands back its result once it is on disk.

    Whoever has the turn has the connection. An event loop that takes it passes it on to the thread
    with a batch; the thread gives it back after the commit, and asks for what was gathered by then.

    Args:
        path: of the file.
        chore: what writes leave to be done when nobody writes, some of it at once. It says how much
            that was; where it was nothing, nothing is left.
    """

    def __init__(self, path: Path, chore: Work[int]) -> None:
        self._batches = Batches(path)
        self._chore = chore
        self._owed = 1  # writes since the chore was done: those of the process before, first
        self._jobs: queue.SimpleQueue[_Batch | Job | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[Job]] = {}
        self._gathering = threading.Lock()
        self._turn = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="headcount-writer", daemon=True)
        self._thread.start()

    async def do(self, work: Work[T]) -> T:
        """Run `work` in a transaction; its result, or its refusal, after the commit."""
        done: T = await self._done(work)
        return done

    async def write(self, change: Change) -> Outcome:
        """Write `change` in a transaction; what came of it, or its refusal, after the commit."""
        outcome: Outcome = await self._done(change)
        return outcome

    async def _done(self, work: Work[Any] | Change) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        job = Job(work, done)
        with self._gathering:
            if self._closed:
                raise stopping()
            if (gathered := self._gathered.get(loop)) is not None:
                gathered.append(job)
            else:
                self._gathered[loop] = [job]
                loop.call_soon(self._hand_over, loop, _TURNS)
        return await done

    def _hand_over(self, loop: asyncio.AbstractEventLoop, turns: int) -> None:
        """All that comes in so many more turns of the event loop goes together, into one commit."""
        if turns:
            loop.call_soon(self._hand_over, loop, turns - 1)
            return
        if loop not in self._gathered or not self._turn.acquire(blocking=False):
            return
        batch = _Batch(self._gathered_by(loop))
        try:
            if all(job.is_short for job in batch.jobs):
                batch.begun = self._batches.begin(batch.jobs)
        finally:
            self._pass_on(batch)

    def _pass_on(self, batch: _Batch) -> None:
        """Give it to the thread, and the interpreter with it where the commit can begin.

        A busy event loop lets go of the interpreter for moments that are too short to wake up in:
        the thread would get it half a millisecond later, and the disk would do nothing until then.
        """
        if not batch.begun:
            self._jobs.put(batch)
            return
        batch.taken.acquire()
        self._jobs.put(batch)
        batch.taken.acquire(timeout=_PATIENCE)

    def _gathered_by(self, loop: asyncio.AbstractEventLoop) -> list[Job]:
        """What was gathered, or as much of it as goes at once."""
        with self._gathering:
            jobs = self._gathered.pop(loop, [])
            if len(jobs) > _MAX_ON_LOOP:
                self._gathered[loop] = jobs[_MAX_ON_LOOP:]
        return jobs[:_MAX_ON_LOOP]

    def later(self, work: Work[Any]) -> None:
        """Run `work` with the next batch; nobody waits for it."""
        if not self._closed:
            self._jobs.put(Job(work, None))

    def close(self) -> None:
        """Finish what was accepted."""
        with self._gathering:
            if self._closed:
                return
            self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._batches.close()

    def _run(self) -> None:
        waiting: list[Job] = []
        ending = False
        while True:
            item = self._next(waiting)
            if isinstance(item, Job):
                waiting.append(item)
            elif item is None:
                ending = True
                waiting += self._all_gathered()
            elif item.begun:
                item.taken.release()
                self._batches.finish(item.jobs)
                _deliver(item.jobs)
                self._reckon(item.jobs)
            else:
                waiting += item.jobs
            if not isinstance(item, _Batch) and not self._turn.acquire(blocking=False):
                continue  # it comes with the next batch
            if self._owed > _MOST_OWED and not self._is_doing_chore(waiting):
                waiting.append(Job(self._chore, None))
            if waiting:
                self._batches.write(waiting)
                _deliver(waiting)
                self._reckon(waiting)
                waiting = []
            if ending:
                return
            self._turn.release()
            self._ask()

    def _next(self, waiting: Sequence[Job]) -> _Batch | Job | None:
        """What came, or the chore where nothing came for a while."""
        if not self._owed or self._is_doing_chore(waiting):
            return self._jobs.get()
        try:
            return self._jobs.get(timeout=_QUIET)
        except queue.Empty:
            return Job(self._chore, None)

    def _is_doing_chore(self, jobs: Sequence[Job]) -> bool:
        return any(job.work is self._chore for job in jobs)

    def _reckon(self, jobs: Sequence[Job]) -> None:
        """What is owed now. A chore that cannot be done is tried again after the next write."""
        for job in jobs:
            if job.work is not self._chore:
                self._owed += 1
            elif job.error is not None or not job.result:
                self._owed = 0
            else:
                self._owed = max(1, self._owed - job.result)

    def _all_gathered(self) -> list[Job]:
        with self._gathering:
            jobs = [job for gathered in self._gathered.values() for job in gathered]
            self._gathered.clear()
        return jobs

    def _ask(self) -> None:
        """Let the event loops hand over what they gathered meanwhile."""
        with self._gathering:
            loops = list(self._gathered)
        for loop in loops:
            with contextlib.suppress(RuntimeError):  # it is closed: nobody waits any more
                loop.call_soon_threadsafe(self._hand_over, loop, _AFTER_ANSWERS)


def _deliver(batch: Sequence[Job]) -> None:
    """Wake those who wait, once for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        if job.done is not None:
            by_loop.setdefault(job.done.get_loop(), []).append(job)
    for loop, jobs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_wake, jobs)


def _wake(jobs: list[Job]) -> None:
    for job in jobs:
        assert job.done is not None
        if job.done.cancelled():
            continue
        if job.error is not None:
            job.done.set_exception(job.error)
        else:
            job.done.set_result(job.result)
