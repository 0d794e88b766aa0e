"""Writes: one thread, many changes to one fsync, each whole or not at all, answered after it."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from headcount.errors import Unavailable
from headcount.store.model import Change, Outcome
from headcount.store.refusals import stopping
from headcount.store.sqlite import commit
from headcount.store.sqlite.connection import Connection, FileLock, open_writer
from headcount.store.sqlite.ledger import Ledger

T = TypeVar("T")
Work = Callable[[Connection], T]

_MAX_BATCH = 256


@dataclass(slots=True)
class _Job:
    work: Work[Any] | Change
    done: "asyncio.Future[Any] | None"
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Takes work from the event loop and hands back its result once it is on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        self._connection = open_writer(path)
        self._lock = FileLock(path)
        self._identity = _identity(path)
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
        if self._closed:
            raise stopping()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        job = _Job(work, done)
        if (gathered := self._gathered.get(loop)) is not None:
            gathered.append(job)
        else:
            self._gathered[loop] = [job]
            loop.call_soon(self._hand_over, loop)
        return await done

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """All that came in one turn of the event loop goes together, so into one commit."""
        self._jobs.put(self._gathered.pop(loop))

    def later(self, work: Work[Any]) -> None:
        """Run `work` with the next batch; nobody waits for it."""
        if not self._closed:
            self._jobs.put([_Job(work, None)])

    def close(self) -> None:
        """Finish what was accepted."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            self._connection.close()
            self._lock.close()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch = first
            stop = False
            while len(batch) < _MAX_BATCH:
                try:
                    jobs = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if jobs is None:
                    stop = True
                    break
                batch += jobs
            self._commit(batch)
            _deliver(batch)
            if stop:
                return

    def _commit(self, batch: list[_Job]) -> None:
        execute = self._connection.execute
        try:
            if _identity(self._path) != self._identity:
                raise _gone(self._path)
            with self._lock.held():
                execute("BEGIN IMMEDIATE")
                self._write(batch)
                execute("COMMIT")
        except (apsw.Error, OSError, Unavailable) as error:
            if self._connection.in_transaction:
                with contextlib.suppress(apsw.Error):
                    execute("ROLLBACK")
            for job in batch:
                job.error = job.error or _unwritable(error)

    def _write(self, batch: list[_Job]) -> None:
        """Changes together where that works; else each job in a savepoint of its own."""
        changes = [(job, job.work) for job in batch if isinstance(job.work, Change)]
        if len(changes) < len(batch) or not self._wrote_together(changes):
            for job in batch:
                self._try(job)

    def _wrote_together(self, changes: list[tuple[_Job, Change]]) -> bool:
        """Write changes, and once for all of them what they can share.

        Most refusals come before anything is written, and then there is nothing to take back. If
        there is, all is taken back, and the answer is no.
        """
        connection = self._connection
        ledger = Ledger(connection)
        for job, change in changes:
            written = connection.total_changes()
            try:
                job.result = commit.enter(connection, ledger, change)
            except apsw.FullError:
                raise
            except Exception as error:
                if not connection.in_transaction:  # SQLite gave all of it up
                    raise _unwritable(error) from error
                if connection.total_changes() != written:
                    connection.execute("ROLLBACK")
                    connection.execute("BEGIN IMMEDIATE")
                    return False
                job.error = error
        ledger.write()
        return True

    def _try(self, job: _Job) -> None:
        execute, work = self._connection.execute, job.work
        execute("SAVEPOINT one")
        try:
            if isinstance(work, Change):
                job.result = commit.apply(self._connection, work)
            else:
                job.result = work(self._connection)
            job.error = None
        except apsw.FullError:
            raise
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            job.error = error
            execute("ROLLBACK TO one")
        execute("RELEASE one")


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at the path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _gone(path: Path) -> Unavailable:
    """What is written to a file without a name is lost with the process."""
    return Unavailable(
        f"the file {path.name} was deleted or replaced while the server ran, so nothing is written:"
        " put it back, or start the server again"
    )


def _unwritable(error: Exception) -> Unavailable:
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, apsw.FullError):
        return Unavailable("the disk of the server is full; nothing was written")
    return Unavailable("the database cannot be written at the moment; nothing was written")


def _deliver(batch: list[_Job]) -> None:
    """Wake those who wait, once for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        if job.done is not None:
            by_loop.setdefault(job.done.get_loop(), []).append(job)
    for loop, jobs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_wake, jobs)


def _wake(jobs: list[_Job]) -> None:
    for job in jobs:
        assert job.done is not None
        if job.done.cancelled():
            continue
        if job.error is not None:
            job.done.set_exception(job.error)
        else:
            job.done.set_result(job.result)
