"""Subscribers get every event, in order, at least once, whatever happens in between."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from headcount import Event, EventType, Headcount
from headcount.bootstrap import Runtime, clock
from headcount.cli import main
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.errors import Unavailable
from headcount.store.model import Kind

pytestmark = pytest.mark.anyio

Made = Callable[[], Headcount]


async def create(hc: Headcount, slug: str, *names: str) -> list[str]:
    """Accounts in an organisation; their ids."""

    async def made(runtime: Runtime) -> list[str]:
        caller = Caller(await runtime.store.organisation(slug), COMMAND_LINE)
        sent = [{"userName": name} for name in names]
        done = [await runtime.directory.create(caller, Kind.USER, one) for one in sent]
        return [outcome.stored.id for outcome in done]

    return await hc._do(made)


class Notes:
    """What was heard, as `organisation/position`."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.broken: set[int] = set()

    def __call__(self, event: Event) -> None:
        if event.position in self.broken:
            raise LookupError("no such person")
        self.heard.append(f"{event.organisation}/{event.position}")

    async def awaited(self, event: Event) -> None:
        self(event)


async def test_events_come_in_order_and_go_on_after_a_restart(make: Made) -> None:
    notes = Notes()
    for number in range(3):
        hc = make()
        hc.on("account.*", name="notes")(notes.awaited)
        await hc.create_organisation("acme", "Acme")
        async with hc.lifespan():
            await create(hc, "acme", f"a{number}", f"b{number}")
            await hc.caught_up()
        await create(hc, "acme", f"c{number}")  # while nothing runs
    assert notes.heard == [f"acme/{one}" for one in range(1, 9)]


async def test_a_subscriber_begins_with_what_comes_after_it(make: Made) -> None:
    late, early = Notes(), Notes()
    hc = make()
    await hc.create_organisation("acme", "Acme")
    await create(hc, "acme", "ada", "bob")
    hc.on(name="late")(late)
    hc.on(name="early", from_start=True)(early)
    async with hc.lifespan():
        await create(hc, "acme", "cyd")
        await hc.caught_up()
    assert late.heard == ["acme/3"]
    assert early.heard == ["acme/1", "acme/2", "acme/3"]


async def test_organisations_that_come_later_are_followed_from_their_first_event(
    make: Made,
) -> None:
    notes = Notes()
    hc = make()
    hc.on(name="notes")(notes)
    async with hc.lifespan():
        pass
    await hc.create_organisation("acme", "Acme")
    await create(hc, "acme", "ada")  # nothing runs, and nobody knows of the organisation
    async with hc.lifespan():
        await hc.caught_up()
        await hc.create_organisation("later", "Later")
        await create(hc, "later", "bob")
        async with asyncio.timeout(20):
            while len(notes.heard) < 2:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
    assert notes.heard == ["acme/1", "later/1"]


async def test_an_event_tells_whom_it_is_about(make: Made) -> None:
    heard: list[Event] = []
    hc = make()
    await hc.create_organisation("acme", "Acme")
    hc.on(name="heard")(heard.append)

    async def pair(runtime: Runtime) -> None:
        caller = Caller(await runtime.store.organisation("acme"), COMMAND_LINE)
        group = {"displayName": "Pioneers", "members": [{"value": ada}]}
        await runtime.directory.create(caller, Kind.GROUP, group)

    async with hc.lifespan():
        (ada,) = await create(hc, "acme", "ada")
        await hc._do(pair)
        await hc.caught_up()
    account, group, joined = heard
    assert (account.type, account.subject, account.actor) == ("account.created", ada, "cli")
    assert account.account is not None
    assert (account.account["userName"], account.account["id"]) == ("ada", ada)
    assert (account.group, account.member) == (None, None)
    assert account.data["userName"] == "ada"
    assert account.at.tzinfo is not None
    assert group.group is not None
    assert (group.account, group.group["displayName"]) == (None, "Pioneers")
    assert (joined.type, joined.member) == (EventType.MEMBER_ADDED, ada)
    assert joined.group == group.group


async def test_a_function_that_is_not_awaited_runs_beside_the_event_loop(make: Made) -> None:
    threads: list[int] = []
    hc = make()
    await hc.create_organisation("acme", "Acme")
    hc.on(name="plain")(lambda _: threads.append(threading.get_ident()))
    async with hc.lifespan():
        await create(hc, "acme", "ada")
        await hc.caught_up()
    assert threads
    assert threading.get_ident() not in threads


async def test_one_that_fails_is_tried_again_and_stops_no_other(
    make: Made, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = Notes(), Notes()
    broken.broken = {2}
    hc = make()
    await hc.create_organisation("acme", "Acme")
    hc.on(name="broken")(broken)
    hc.on(name="sound")(sound)
    with caplog.at_level(logging.ERROR):
        async with hc.lifespan():
            await create(hc, "acme", "ada", "bob", "cyd")
            await failing(hc)
            with pytest.raises(TimeoutError, match=r"'broken' is behind by 2 in 'acme'.*no such"):
                await hc.caught_up(0)
            while len(sound.heard) < 3:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
            assert sound.heard == ["acme/1", "acme/2", "acme/3"]
            assert broken.heard == ["acme/1"]
            assert "failed" in await asyncio.to_thread(told, "list", place)
            listed = json.loads(await asyncio.to_thread(told, "list", "--json", place))
            assert [(one["subscriber"], one["position"], one["runs"]) for one in listed] == [
                ("broken", 1, True),
                ("sound", 3, True),
            ]
            assert listed[0]["detail"] == "LookupError: no such person"
            broken.broken = set()
            await hc.caught_up()
    assert broken.heard == ["acme/1", "acme/2", "acme/3"]
    assert "broken could not deal with event 2 of acme" in caplog.text
    assert "no process" in await asyncio.to_thread(told, "list", place)


async def failing(hc: Headcount) -> None:
    """Wait until a subscriber has failed."""
    async with asyncio.timeout(20):
        while True:
            followers = await hc._do(lambda runtime: runtime.store.followers.all())
            if any(one.failures for one in followers):
                return
            await asyncio.sleep(0.01)


def told(*arguments: str) -> str:
    """What `headcount subscribers` prints on a database, the last of the arguments."""
    *given, database = arguments
    done = CliRunner().invoke(main, ["subscribers", *given, "--database", database])
    return done.output


async def test_an_event_that_cannot_be_dealt_with_is_skipped_by_hand(
    make: Made, place: str
) -> None:
    notes = Notes()
    notes.broken = {1}
    hc = make()
    await hc.create_organisation("acme", "Acme")
    hc.on(name="notes")(notes)
    async with hc.lifespan():
        await create(hc, "acme", "ada", "bob")
        await failing(hc)
        said = await asyncio.to_thread(told, "skip", "acme", "notes", place)
        assert said == "notes goes on behind position 1 of acme.\n"
        await hc.caught_up()
        assert notes.heard == ["acme/2"]
        said = await asyncio.to_thread(told, "skip", "acme", "notes", place)
        assert "has dealt with every event of 'acme'" in said
        await asyncio.to_thread(told, "replay", "acme", "notes", "--after", "1", place)
        await hc.caught_up(seconds=60)  # who waits for events sees after 10 that it was moved
    assert notes.heard == ["acme/2", "acme/2"]
    said = await asyncio.to_thread(told, "replay", "acme", "notes", "--after", "7", place)
    assert "the feed has come to position 2" in said
    said = await asyncio.to_thread(told, "skip", "acme", "note", place)
    assert "no subscriber of 'acme' is called 'note'" in said
    await asyncio.to_thread(told, "forget", "acme", "notes", place)
    assert "There is no subscriber" in await asyncio.to_thread(told, "list", place)


async def test_events_that_are_kept_no_longer_are_skipped_together(make: Made, place: str) -> None:
    notes = Notes()
    hc = make()
    await hc.create_organisation("acme", "Acme")
    hc.on(name="notes")(notes)
    async with hc.lifespan():
        pass
    await create(hc, "acme", "ada", "bob")
    await hc._do(lambda runtime: runtime.store.forget_events("2100-01-01T00:00:00.000Z"))
    async with hc.lifespan():
        await create(hc, "acme", "cyd")
        await failing(hc)
        with pytest.raises(TimeoutError, match="take a snapshot"):
            await hc.caught_up(0)
        await asyncio.to_thread(told, "skip", "acme", "notes", place)
        await hc.caught_up()
    assert notes.heard == ["acme/3"]


async def test_two_processes_share_the_work_and_double_none(make: Made) -> None:
    notes = Notes()
    both = [make(), make()]
    await both[0].create_organisation("acme", "Acme")
    for hc in both:
        hc.on(name="notes")(notes)
    async with both[0].lifespan(), both[1].lifespan():
        await create(both[0], "acme", *(f"user{number}" for number in range(20)))
        await both[1].caught_up()
        await both[0].close()  # whoever had it leaves it to the other
        await create(both[1], "acme", "last")
        await both[1].caught_up()
    assert notes.heard == [f"acme/{one}" for one in range(1, 22)]


async def test_what_a_killed_process_held_is_taken_over_by_the_next_at_once(make: Made) -> None:
    notes = Notes()
    hc = make()
    hc.on(name="notes")(notes)
    await hc.create_organisation("acme", "Acme")
    async with hc.lifespan():
        pass
    code = "from headcount.feed.holding import holder; print(holder(), end='')"
    gone = await asyncio.to_thread(subprocess.check_output, [sys.executable, "-c", code], text=True)

    async def hold(runtime: Runtime) -> None:
        (one,) = await runtime.store.followers.all()
        now, year = clock(), timedelta(days=365)
        held = await runtime.store.followers.take(one.org, one.name, gone, now, now + year)
        assert held is not None

    await hc._do(hold)
    await create(hc, "acme", "ada")
    async with hc.lifespan():
        await hc.caught_up()
    assert notes.heard == ["acme/1"]


async def test_a_database_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    hc = Headcount(f"sqlite:///{tmp_path}/nowhere/headcount.db")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await hc.start()
    await hc.close()


async def test_who_ends_waits_for_a_function_that_runs(make: Made) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended: list[int] = []
    hc = make()
    await hc.create_organisation("acme", "Acme")

    @hc.on()
    def slow(event: Event) -> None:
        begun.set()
        go_on.wait(20)
        ended.append(event.position)

    await hc.start()
    await create(hc, "acme", "ada")
    await asyncio.to_thread(begun.wait, 20)
    closing = asyncio.create_task(hc.close())
    await asyncio.sleep(0)
    assert not ended
    go_on.set()
    await closing
    assert ended == [1]


def test_a_mistyped_event_is_told_with_those_that_there_are() -> None:
    hc = Headcount("sqlite:///never.db")
    with pytest.raises(ValueError, match=r"no events of the type 'acount\.\*'; there are: account"):
        hc.on("acount.*")


def test_a_subscriber_needs_a_name_of_its_own() -> None:
    hc = Headcount("sqlite:///never.db")
    with pytest.raises(ValueError, match="give it one with name="):
        hc.on()(lambda _: None)
    hc.on(name="mail")(print)
    with pytest.raises(ValueError, match="there is a subscriber 'mail' already"):
        hc.on(name="mail")(print)
