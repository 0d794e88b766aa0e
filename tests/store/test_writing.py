"""How writes reach one SQLite file: from several loops, beside other processes, until the end."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import apsw
import pytest
from orjson import loads

from headcount.scim.messages import Query
from headcount.store.model import Kind, MemberDelta, Organisation, Policy, RoleRule
from headcount.store.sqlite.batches import Batches, Job
from headcount.store.sqlite.connection import FileLock
from headcount.store.sqlite.store import SqliteStore
from tests.store.test_contract import a_group, an_account, joining, moved

pytestmark = pytest.mark.anyio

_LONG = 30  # seconds; nobody waits for them unless something is broken


async def opened(path: Path) -> tuple[SqliteStore, Organisation]:
    store = SqliteStore(path)
    return store, await store.add_organisation("acme", "Acme", Policy(), datetime.now(UTC))


@contextmanager
def elsewhere(
    hold: Callable[[Path], AbstractContextManager[object]], path: Path
) -> Iterator[Event]:
    """Somebody else holds the file until the event is set, or gives up waiting for that."""
    begun, over = Event(), Event()

    def run() -> bool:
        with hold(path):
            begun.set()
            return over.wait(_LONG)

    with ThreadPoolExecutor(1) as threads:
        told = threads.submit(run)
        assert begun.wait(_LONG)
        yield over
    assert told.result(), "nobody said that it is over while the file was held"


@contextmanager
def another_process(path: Path) -> Iterator[None]:
    """It writes as we do: under the lock beside the file."""
    lock = FileLock(path)
    with lock.held():
        yield
    lock.close()


@contextmanager
def another_program(path: Path) -> Iterator[None]:
    """It knows nothing of that lock."""
    connection = apsw.Connection(str(path))
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")


@pytest.mark.parametrize("hold", [another_process, another_program])
async def test_while_somebody_else_writes_the_loop_goes_on(
    tmp_path: Path,
    hold: Callable[[Path], AbstractContextManager[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for where in ("batches", "connection"):  # whoever waits for that program waits until it ends
        monkeypatch.setattr(f"headcount.store.sqlite.{where}.BUSY", 2_000 * _LONG)
    path = tmp_path / "headcount.db"
    store, acme = await opened(path)
    with elsewhere(hold, path) as over:
        write = asyncio.ensure_future(store.commit(an_account(acme, "ada")))
        for _ in range(9):
            await asyncio.sleep(0)
        assert (await store.find(acme.id, Kind.USER, Query())).total == 0
        assert not write.done()
        over.set()
    await write
    assert (await store.find(acme.id, Kind.USER, Query())).total == 1
    await store.close()


async def test_a_commit_begins_at_once_however_busy_the_loop_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what came in the turns before. The loop gives the interpreter: nobody takes it here."""
    monkeypatch.setattr("headcount.store.sqlite.writer._QUIET", _LONG)  # nothing else is written
    store, acme = await opened(tmp_path / "headcount.db")
    begun, seen = [], []
    finish = Batches.finish

    def noted(self: Batches, jobs: Sequence[Job]) -> None:
        begun.append(len(jobs))
        finish(self, jobs)

    monkeypatch.setattr(Batches, "finish", noted)
    monkeypatch.setattr("headcount.store.sqlite.writer._PATIENCE", _LONG)
    with store._writer._turn:  # that of the organisation has been given back
        pass
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_LONG)
    try:
        writes = []
        for one in "abc":  # each is accepted in another turn of the loop
            writes.append(asyncio.ensure_future(store.commit(an_account(acme, one))))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(lambda: seen.append(list(begun)))
        await asyncio.gather(*writes)
    finally:
        sys.setswitchinterval(interval)
    assert seen == [[3]]
    await store.close()


async def test_only_what_touches_few_rows_is_written_on_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who lets a group into one that gives a role changes everybody in it."""
    store, acme = await opened(tmp_path / "headcount.db")
    accounts = [await store.commit(an_account(acme, name)) for name in "abcd"]
    first, *others = [one.stored.id for one in accounts]
    ruled = await store.commit(a_group(acme, "ruled"))
    rules = [RoleRule(ruled.stored.id, "guest")]
    await store.set_role_rules(acme.id, lambda _: rules, "2026-01-02T03:04:05.000Z", "cli")
    within = await store.commit(a_group(acme, "within", *others))
    begun: list[bool] = []
    begin = Batches.begin

    def noted(self: Batches, jobs: Sequence[Job]) -> bool:
        begun.append(begin(self, jobs))
        return begun[-1]

    monkeypatch.setattr(Batches, "begin", noted)
    monkeypatch.setattr("headcount.store.sqlite.batches._REACHED", 2)
    await store.commit(moved(ruled, acme, joining(first)))
    assert begun == [True]
    await store.commit(moved(ruled, acme, joining(within.stored.id)))
    assert begun == [True, False]
    await store.commit(moved(ruled, acme, MemberDelta(left=(first,))))
    assert begun == [True, False, True]
    await store.commit(moved(within, acme, joining(*others)))  # too many to begin with
    assert begun == [True, False, True]
    seen = [await store.get(acme.id, Kind.USER, one.stored.id) for one in accounts]
    assert [loads(one.stored.document)["role"] for one in seen] == ["member", *["guest"] * 3]
    await store.close()


async def test_several_loops_write_at_once_and_each_gets_its_answers(tmp_path: Path) -> None:
    """Accounts, which are written on a loop, and organisations, which are written in the thread."""
    store, acme = await opened(tmp_path / "headcount.db")

    async def some(loop: str) -> int:
        made = 0
        for turn in range(10):
            names = [f"{loop}-{turn}-{number}" for number in range(9)]
            coming = [store.commit(an_account(acme, name)) for name in names]
            another = store.add_organisation(f"{loop}{turn}", "x", Policy(), datetime.now(UTC))
            async with asyncio.timeout(_LONG):
                done = await asyncio.gather(*coming, another)
            made += len(done)
        return made

    threads = [asyncio.to_thread(asyncio.run, some(loop)) for loop in ("a", "b", "c")]
    assert await asyncio.gather(*threads, some("here")) == [100] * 4
    assert (await store.find(acme.id, Kind.USER, Query())).total == 360
    assert len(await store.organisations()) == 41
    positions = [one.position for one in await store.events_after(acme.id, 0, 1_000)]
    assert positions == list(range(1, 361))
    await store.close()


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
async def test_what_was_accepted_before_the_end_is_written_and_answered(
    tmp_path: Path, turns: int
) -> None:
    path = tmp_path / "headcount.db"
    store, acme = await opened(path)
    writes = [
        asyncio.ensure_future(store.commit(an_account(acme, f"person{number}")))
        for number in range(300)
    ]
    for _ in range(turns):
        await asyncio.sleep(0)
    await store.close()
    async with asyncio.timeout(_LONG):
        done = await asyncio.gather(*writes, return_exceptions=True)
    answered = [one for one in done if not isinstance(one, BaseException)]
    kept = apsw.Connection(str(path)).execute("SELECT count(*) FROM resource").get
    assert kept == len(answered)
    assert not turns or len(answered) == 300
