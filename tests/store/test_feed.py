"""The feed while others write: whoever goes on from the last position misses nothing.

A position is given before its transaction ends, so a later one could become visible first, and a
reader would go past the other for good. The steps of each session are named, and run in the orders
that matter.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headcount.bootstrap import open_store
from headcount.directory.drafts import draft
from headcount.errors import Unavailable
from headcount.scim.schemas import USER_TYPE
from headcount.settings import Settings
from headcount.store.model import Change, Event, EventType, Kind, Organisation, Policy
from headcount.store.promise import Resources, Store
from tests.databases import FORMS, POSTGRES, fresh
from tests.store.test_contract import AT, NOW

pytestmark = [pytest.mark.anyio, pytest.mark.shows("F111")]

_WRITERS = 8
_EACH = 50


def created(org: Organisation, name: str) -> Change:
    """The creation of an account that is called `name` and has that for an id, too."""
    document = {"id": name, "userName": name, "active": True, "role": "member"}
    return Change(
        org=org.id,
        kind=Kind.USER,
        id=name,
        actor="cli",
        at=AT,
        creates=True,
        after=draft(Kind.USER, document, USER_TYPE),
        events=(Event(EventType.ACCOUNT_CREATED),),
    )


class Failed(Exception):
    """What a session ends with that does not commit."""


@dataclass
class Session:
    """Somebody who writes in a transaction, one step at a time."""

    store: Store
    org: Organisation
    name: str
    _steps: "asyncio.Queue[Callable[[Resources], Awaitable[Any]] | None]" = field(
        default_factory=asyncio.Queue
    )
    _done: "asyncio.Queue[None]" = field(default_factory=asyncio.Queue)
    task: "asyncio.Task[None] | None" = None

    async def writes(self, name: str) -> None:
        """A change, that nobody sees before the end; begins the transaction where it has to."""
        self._begin(name)
        await self.goes_on()

    async def goes_on(self) -> None:
        """The last change is made, in the transaction that goes on."""
        assert self.task is not None
        done = asyncio.ensure_future(self._done.get())
        await asyncio.wait((done, self.task), return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            done.cancel()
            await self.task

    async def waits(self, name: str) -> None:
        """A change that has to wait for somebody else's transaction."""
        self._begin(name)
        while not await _waits_for_a_lock(self.store):
            assert self._done.empty(), "it did not wait"

    async def commits(self) -> None:
        """The end of the transaction."""
        await self._steps.put(None)
        assert self.task is not None
        await self.task

    async def fails(self) -> None:
        """The end of the transaction, of which nothing stays."""

        async def fail(_: Resources) -> None:
            raise Failed

        await self._steps.put(fail)
        assert self.task is not None
        with pytest.raises(Failed):
            await self.task

    def _begin(self, name: str) -> None:
        if self.task is None:
            self.task = asyncio.ensure_future(self.store.together(self._work))
        self._steps.put_nowait(lambda within: within.commit(created(self.org, name)))

    async def _work(self, within: Resources) -> None:
        while (step := await self._steps.get()) is not None:
            await step(within)
            self._done.put_nowait(None)


async def _waits_for_a_lock(store: Any) -> bool:
    sql = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    async with store._connections.one() as connection:
        return bool(await connection.fetchval(sql))


@dataclass
class Reader:
    """Follows the feed from the last position that it has seen."""

    store: Store
    org: Organisation
    seen: list[str] = field(default_factory=list)
    position: int = 0

    async def looks(self) -> list[str]:
        """What is new since it last looked."""
        found = await self.store.events_after(self.org.id, self.position, 1_000)
        for one in found:
            assert one.position == self.position + 1, "it went past something"
            self.position = one.position
        self.seen += [one.subject for one in found]
        return [one.subject for one in found]


@asynccontextmanager
async def servers(store: str, folder: Path, number: int) -> AsyncIterator[list[Store]]:
    """So many stores on one database, as several servers have them open."""
    database = fresh(store, folder)
    async with AsyncExitStack() as ends:
        opened = []
        for _ in range(number):
            opened.append(open_store(Settings(database=database)))
            ends.push_async_callback(opened[-1].close)
        yield opened


@dataclass
class Scene:
    """Two who write, on servers of their own, and one who reads."""

    a: Session
    b: Session
    reader: Reader


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with servers(POSTGRES, tmp_path, 3) as (first, second, third):
        org = await first.add_organisation("acme", "Acme", Policy(), NOW)
        yield Scene(Session(first, org, "a"), Session(second, org, "b"), Reader(third, org))


async def test_who_wrote_second_and_commits_second_is_seen_second(scene: Scene) -> None:
    await scene.a.writes("a1")
    await scene.b.waits("b1")
    assert await scene.reader.looks() == []
    await scene.a.commits()
    await scene.b.goes_on()
    assert await scene.reader.looks() == ["a1"]
    await scene.b.commits()
    assert await scene.reader.looks() == ["b1"]


async def test_nobody_commits_past_a_transaction_that_has_a_position(scene: Scene) -> None:
    await scene.a.writes("a1")
    await scene.a.writes("a2")
    await scene.b.waits("b1")
    assert await scene.reader.looks() == []
    await scene.a.writes("a3")
    assert await scene.reader.looks() == []
    await scene.a.commits()
    await scene.b.goes_on()
    await scene.b.commits()
    assert await scene.reader.looks() == ["a1", "a2", "a3", "b1"]


async def test_a_position_that_was_never_seen_is_given_again(scene: Scene) -> None:
    await scene.a.writes("a1")
    await scene.b.waits("b1")
    await scene.a.fails()
    await scene.b.goes_on()
    assert await scene.reader.looks() == []
    await scene.b.commits()
    assert await scene.reader.looks() == ["b1"]
    assert scene.reader.position == 1


async def test_a_reader_between_two_commits_sees_the_first_alone(scene: Scene) -> None:
    await scene.a.writes("a1")
    await scene.a.commits()
    await scene.b.writes("b1")
    assert await scene.reader.looks() == ["a1"]
    await scene.b.writes("b2")
    assert await scene.reader.looks() == []
    await scene.b.commits()
    assert await scene.reader.looks() == ["b1", "b2"]


async def test_another_organisation_does_not_wait(scene: Scene) -> None:
    other = await scene.b.store.add_organisation("other", "Other", Policy(), NOW)
    scene.b.org = other
    await scene.a.writes("a1")
    await scene.b.writes("b1")
    await scene.b.commits()
    assert await Reader(scene.reader.store, other).looks() == ["b1"]
    assert await scene.reader.looks() == []
    await scene.a.commits()
    assert await scene.reader.looks() == ["a1"]


@pytest.mark.parametrize("store", FORMS)
async def test_a_reader_beside_many_writers_misses_nothing(store: str, tmp_path: Path) -> None:
    async with servers(store, tmp_path, 3) as (first, second, third):
        org = await first.add_organisation("acme", "Acme", Policy(), NOW)
        reader = Reader(third, org)

        async def write(number: int) -> None:
            to = (first, second)[number % 2]
            for turn in range(_EACH):
                await to.commit(created(org, f"{number}-{turn}"))

        writing = asyncio.gather(*(write(number) for number in range(_WRITERS)))
        while not writing.done():
            await reader.looks()
            await asyncio.sleep(0)
        await writing
        await reader.looks()
        assert len(reader.seen) == len(set(reader.seen)) == _WRITERS * _EACH


async def test_who_waits_too_long_for_the_others_is_sent_away(scene: Scene) -> None:
    """And whatever is refused while it waits has written nothing."""
    await scene.a.writes("a1")
    store: Any = scene.b.store
    async with store._connections.one() as connection:
        await connection.execute("SET lock_timeout = '50ms'")
    with pytest.raises(Unavailable, match="too many changes"):
        await scene.b.store.commit(created(scene.b.org, "b1"))
    await scene.a.commits()
    assert await scene.reader.looks() == ["a1"]
