"""Many writes in one transaction, so to one fsync; each of them whole or not at all."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from headcount.errors import Unavailable
from headcount.store.model import Change
from headcount.store.sqlite import commit
from headcount.store.sqlite.connection import (
    BUSY,
    WITHOUT_END,
    Connection,
    FileLock,
    TooLong,
    open_writer,
)
from headcount.store.sqlite.ledger import Ledger

_FEW = 2  # members that a short change of a group moves
_REACHED = 100  # accounts whose roles it may touch, where the members are groups


@dataclass(slots=True)
class Job:
    """A write, what came of it, and who waits for that."""

    work: Callable[[Connection], Any] | Change
    done: "asyncio.Future[Any] | None"
    result: Any = None
    error: BaseException | None = None

    @property
    def is_short(self) -> bool:
        """Whether it is a few rows, however much the organisation has."""
        work = self.work
        if not isinstance(work, Change) or work.deletes:
            return False
        moved = work.members
        return not moved.only and len(moved.joined) + len(moved.left) <= _FEW


class Batches:
    """The writing connection. One batch at a time, from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_writer(path)
        self._lock = FileLock(path)
        self._identity = _identity(path)

    def write(self, jobs: Sequence[Job]) -> None:
        """All of it, once nobody else writes."""
        try:
            self._lock.take()
            self._check_file()
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(jobs)
            self._connection.execute("COMMIT")
        except (apsw.Error, OSError, Unavailable) as error:
            self._give_up(jobs, error)
        finally:
            self._lock.give()

    def begin(self, jobs: Sequence[Job]) -> bool:
        """All but the commit, for which the file stays locked.

        No where somebody else writes, or anything is in the way, or the changes turn out to touch
        many accounts: then nothing is begun. It waits for nobody.
        """
        begun = False
        self._connection.room = _REACHED
        try:
            with contextlib.suppress(apsw.Error, OSError, Unavailable):
                if self._lock.take(wait=False):
                    self._check_file()
                    self._begin_at_once()
                    begun = self._together(jobs)
        finally:
            self._connection.room = WITHOUT_END
            if not begun:
                self._roll_back()
                self._lock.give()
        return begun

    def finish(self, jobs: Sequence[Job]) -> None:
        """Commit what was begun."""
        try:
            self._connection.execute("COMMIT")
        except (apsw.Error, OSError) as error:
            self._give_up(jobs, error)
        finally:
            self._lock.give()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._lock.close()

    def _begin_at_once(self) -> None:
        """Begin a transaction, or raise: whoever writes without our lock is not waited for."""
        self._connection.set_busy_timeout(0)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.set_busy_timeout(BUSY)

    def _check_file(self) -> None:
        if _identity(self._path) != self._identity:
            raise _gone(self._path)

    def _give_up(self, jobs: Sequence[Job], error: Exception) -> None:
        self._roll_back()
        for job in jobs:
            job.error = job.error or _unwritable(error)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(apsw.Error):
                self._connection.execute("ROLLBACK")

    def _write(self, jobs: Sequence[Job]) -> None:
        """Changes together where that works; else each job in a savepoint of its own."""
        if all(isinstance(job.work, Change) for job in jobs):
            if self._together(jobs):
                return
            self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            self._try(job)

    def _together(self, jobs: Sequence[Job]) -> bool:
        """Write changes, and once for all of them what they can share.

        Most refusals come before anything is written, and then there is nothing to take back. If
        there is, the answer is no, and whoever asked takes all of it back.
        """
        connection = self._connection
        ledger = Ledger(connection)
        for job in jobs:
            written = connection.total_changes()
            assert isinstance(job.work, Change)
            job.error = None
            try:
                job.result = commit.enter(connection, ledger, job.work)
            except apsw.FullError:
                raise
            except TooLong:
                return False
            except Exception as error:
                if not connection.in_transaction:  # SQLite gave all of it up
                    raise _unwritable(error) from error
                if connection.total_changes() != written:
                    return False
                job.error = error
        ledger.write()
        return True

    def _try(self, job: Job) -> None:
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
