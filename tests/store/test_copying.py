"""All of a database arrives in another, whichever kinds they are, and whatever interrupts it."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw
import pytest
from click.testing import CliRunner, Result

from headcount.bootstrap import Runtime, archives
from headcount.cli import main
from headcount.directory import copying
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.comparing import Part, Report, canonical_json, digest
from headcount.directory.listing import every
from headcount.errors import InUse, Unavailable, VersionMismatch
from headcount.scim.filters import parse_filter
from headcount.scim.messages import Query
from headcount.settings import Settings, is_postgres, sqlite_path
from headcount.store.activity import Sought
from headcount.store.copying import MOST_BYTES, START, UNTOLD, Few, Mark, Table
from headcount.store.model import Kind, Policy
from headcount.store.visitors import Administrator, Audited
from tests.databases import PARTITIONS, POSTGRES, SQLITE, STORES, address_of, create, fresh, sql
from tests.serving import Office, Site, serving, settle
from tests.store.estate import DECIMALS, MANY, NAMES, NUMBERS, another, build, do, rows_of
from tests.store.outfit import keys_of_all
from tests.store.test_contract import an_account, changed
from tests.web.client import Client, client

BOTH_WAYS = [(SQLITE, POSTGRES), (POSTGRES, SQLITE)]
EVERY_WAY = [*((one, other) for one in STORES for other in STORES), (SQLITE, PARTITIONS)]
PUBLIC = "https://acme.test"
BASE = "https://acme.test/scim/v2"


@pytest.fixture(scope="module")
def estates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """For each store an installation that nobody may change."""
    built: dict[str, str] = {}

    def estate(store: str) -> str:
        if store not in built:
            built[store] = build(fresh(store, tmp_path_factory.mktemp("estate")))
        return built[store]

    return estate


@pytest.fixture
def empty(tmp_path: Path) -> Callable[[str], str]:
    """A new target whenever it is called; a file is not there yet."""
    numbers = count(1)

    def new(store: str) -> str:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return fresh(store, folder)

    return new


Step = Callable[[str, str, int], None]
"""What was done, of which organisation, and how many rows further it is."""


class Watching:
    """Does something at each step."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def begins(self, rows: int) -> None:
        """How many there are is of no interest."""

    def moves(self, what: str, slug: str, rows: int) -> None:
        self._step(what, slug, rows)


def onwards(what: str, slug: str, rows: int) -> None:
    """Let it go on."""


def tripping(steps: int, target: str) -> Step:
    """Let the copy fail after some steps: by an error, or by the end of the connection."""
    numbers = count(1)

    def step(what: str, slug: str, rows: int) -> None:
        if next(numbers) == steps:
            if not is_postgres(target):
                raise Unavailable("the power went")
            hang_up(target)

    return step


_OTHERS = """SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def hang_up(database: str) -> None:
    """End every connection to it."""
    sql(f"SELECT pg_terminate_backend(pid) FROM ({_OTHERS}) AS o", database)


def copy(source: str, target: str, step: Step = onwards) -> Report:
    """Copy and compare, in this process."""

    async def once() -> Report:
        async with archives(Settings(database=source), Settings(database=target)) as both:
            return await copying.copy(*both, Watching(step))

    return asyncio.run(once())


def type_(source: str, target: str, *more: str) -> Result:
    """The command, as somebody types it."""
    return CliRunner().invoke(main, ["copy", "--from", source, "--to", target, *more])


def change(database: str, text: str) -> None:
    """Change rows behind the back of everybody."""
    if is_postgres(database):
        sql(text, database)
        return
    connection = apsw.Connection(str(sqlite_path(database)))
    connection.execute(text)
    connection.close()


def shown(database: str) -> dict[str, Any]:
    """Everything that the promise of a store shows."""

    async def read(runtime: Runtime) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for org in await runtime.store.organisations():
            found[org.slug] = [
                org,
                await runtime.store.tokens(org.id),
                await runtime.store.events_after(org.id, 0, 100_000),
                await runtime.store.webhooks.all(org.id),
                await runtime.store.webhooks.waiting(org.id, "plain", 2 * MANY),
                await runtime.store.connectors.all(org.id),
                await runtime.store.connectors.links(org.id, "chat"),
                await runtime.store.followers.all(org.id),
                *[
                    [seen async for seen in every(runtime.store, org.id, kind, base=BASE)]
                    for kind in Kind
                ],
            ]
        found["administrators"] = await runtime.store.administrators()
        found["audited"] = await runtime.store.audited(None, None, 2 * MANY)
        found["secret"] = await runtime.store.secret("cursor", b"another")
        found["subscriber"] = await runtime.store.secret("subscriber:mail", b"another")
        found["keys"] = await runtime.store.keys.all()
        return found

    return do(database, read)


@pytest.mark.parametrize(("source", "target"), EVERY_WAY)
def test_everything_arrives_as_it_was(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    report = copy(held, new)
    assert report.same, report
    assert [one.slug for one in report.organisations] == ["hostile", "large", "empty"]
    assert report.organisations[1].counts[Part.ACCOUNTS] == MANY
    assert rows_of(new) == rows_of(held)
    assert shown(new) == shown(held)
    assert type_(held, new, "--verify-only").exit_code == 0


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_what_a_store_makes_for_itself_is_there_too(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    copy(held, new)

    async def found(runtime: Runtime) -> list[Any]:
        org = await runtime.store.organisation("hostile")
        told: list[Any] = []
        types = Caller(org, COMMAND_LINE).types  # with what the organisation declared
        for number, name in enumerate(NAMES):
            email = json.dumps(f"{number}+{name[:40]}@acme.test")
            member = f"members.display eq {json.dumps(name)}"
            for kind, where in (
                (Kind.USER, f"userName eq {json.dumps(name)}"),
                (Kind.USER, f"emails.value eq {email}"),
                (Kind.USER, f"emails[value eq {email}]"),
                (Kind.GROUP, f"displayName eq {json.dumps(name.upper())}"),
                (Kind.GROUP, member),
                (Kind.USER, f"level eq {NUMBERS[number % 2]}"),
                (Kind.USER, f"weight eq {DECIMALS[number % len(DECIMALS)]}"),
                (Kind.USER, 'since eq "2026-01-01T00:00:00.1234567Z"'),
            ):
                if len(where) < 8_000:
                    query = Query(where=parse_filter(where, types[kind]))
                    page = await runtime.store.find(org.id, kind, query)
                    told.append([one.stored.id for one in page.resources])
        return told

    there = do(new, found)
    assert there == do(held, found)
    assert all(there)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_what_has_no_use_elsewhere_stays_behind_and_the_audit_trail_goes_on(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    assert copy(held, new).same

    async def left(runtime: Runtime) -> list[Any]:
        org = (await runtime.store.organisation("hostile")).id
        return [
            list(await runtime.store.sessions(None)),
            list(await runtime.store.links(org)),
            await runtime.store.exchanges(org, Sought(), 9),
            await runtime.store.days(org, ""),
            await runtime.store.webhooks.attempts(org, "plain", 9),
            await runtime.store.followers.held(),
        ]

    async def audited(runtime: Runtime) -> list[Audited]:
        await runtime.store.audit(Audited(datetime.now(UTC), "cli", "next"))
        return await runtime.store.audited(None, None, 2)

    assert all(do(held, left))
    assert do(new, left) == [[]] * 6
    (last,) = do(held, lambda runtime: runtime.store.audited(None, None, 1))
    assert [(one.number, one.action) for one in do(new, audited)] == [
        (last.number + 1, "next"),
        (last.number, "some.thing"),
    ]


@pytest.mark.parametrize("target", STORES)
def test_administrators_keys_and_an_audit_trail_are_not_overwritten(
    estates: Callable[[str], str], empty: Callable[[str], str], target: str
) -> None:
    told_of = ("such as the administrator", "such as an audit trail", "such as the API key 'all1'")
    for number, told in enumerate(told_of):
        new = empty(target)

        async def fill(runtime: Runtime, number: int = number) -> None:
            if number == 0:
                one = Administrator("a", "ada@x.test", None, datetime.now(UTC))
                await runtime.store.add_administrator(one)
            elif number == 2:
                await keys_of_all(runtime.store)
            else:
                await runtime.store.audit(Audited(datetime.now(UTC), "cli", "some.thing"))

        do(new, fill)
        with pytest.raises(InUse, match=told):
            copy(estates(SQLITE), new)
        assert do(new, lambda runtime: runtime.store.organisations()) == []


def test_a_new_organisation_gets_an_id_that_nobody_has(
    estates: Callable[[str], str], empty: Callable[[str], str]
) -> None:
    new = empty(POSTGRES)
    copy(estates(SQLITE), new)
    made = do(new, lambda runtime: runtime.organisations.create("next", "Next", Policy()))
    ids = [one.id for one in do(new, lambda runtime: runtime.store.organisations())]
    assert made.id == max(ids)
    assert len(set(ids)) == 4


def test_tables_are_made_where_there_are_none(estates: Callable[[str], str]) -> None:
    name = f"headcount_blank_{os.getpid()}"
    create(name)
    blank = address_of(name)
    assert copy(estates(SQLITE), blank).same
    assert rows_of(blank) == rows_of(estates(SQLITE))


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_a_client_notices_nothing(empty: Callable[[str], str], source: str, target: str) -> None:
    held, new = empty(source), empty(target)
    with serving(held, HEADCOUNT_PUBLIC_URL=PUBLIC) as base_url:
        office = Office(held)
        site = settle(base_url, office)
        ask = client(site)
        ids = [ask.create(name) for name in NAMES[:5]]
        ask.create_group("crews", ask.create_group(NAMES[5], *ids))
        before = [ask("GET", f"/Users/{one}") for one in ids]
        page = ask("GET", "/Users?cursor=&count=2").json()
        seen = site.feed()
        office.close()
    assert copy(held, new).same
    with serving(new, HEADCOUNT_PUBLIC_URL=PUBLIC) as base_url:
        ask = Client(base_url, site.token)
        for one, was in zip(ids, before, strict=True):
            now = ask("GET", f"/Users/{one}")
            assert now.headers["ETag"] == was.headers["ETag"]
            assert now.data == was.data
        following = ask("GET", f"/Users?cursor={quote(page['nextCursor'])}&count=2").json()
        assert [one["id"] for one in following["Resources"]] == ids[2:4]
        tag = {"If_Match": before[0].headers["ETag"]}
        body = {"userName": NAMES[0], "title": "new"}
        assert ask("PUT", f"/Users/{ids[0]}", body, **tag).status == 200
        assert ask("PUT", f"/Users/{ids[0]}", body, **tag).status == 412
        office = Office(new)
        feed = Site(base_url, site.token, site.slug, office).feed()
        office.close()
    assert feed[: len(seen)] == seen
    assert [one.position for one in feed[len(seen) :]] == [len(seen) + 1]


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_a_copy_that_fails_in_any_table_goes_on_there(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    for steps, table in zip((9, 7, 7, 8, 8, 10), Table, strict=True):
        with pytest.raises(Unavailable):
            copy(held, new, tripping(steps, new))
        assert [mark.stage for mark in marks(new)] == ["done", table.value], steps
        _check_marks(new)
    assert copy(held, new).same
    assert rows_of(new) == rows_of(held)


REFUSING = {
    SQLITE: (
        """CREATE TRIGGER odd BEFORE INSERT ON event WHEN NEW.position = 1100
        BEGIN SELECT RAISE (ABORT, 'odd'); END""",
        "DROP TRIGGER odd",
    ),
    POSTGRES: (
        "ALTER TABLE event ADD CONSTRAINT odd CHECK (position <> 1100)",
        "ALTER TABLE event DROP CONSTRAINT odd",
    ),
}


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_a_chunk_that_fails_in_the_middle_leaves_neither_rows_nor_mark(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    do(new, lambda runtime: runtime.store.ready())
    refuse, allow = REFUSING[target]
    change(new, refuse)
    with pytest.raises(VersionMismatch, match="do not fit together"):
        copy(held, new)
    assert marks(new)[1].stage == "event"
    _check_marks(new)
    change(new, allow)
    assert copy(held, new).same
    assert rows_of(new) == rows_of(held)


def marks(database: str) -> list[Mark]:
    """How far a copy has come."""

    async def read() -> list[Mark]:
        async with archives(Settings(database=database), Settings(database=database)) as both:
            await both[0].open_source()
            return await both[0].marks() or []

    return asyncio.run(read())


def run(source: str, target: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "headcount", "copy", "--from", source, "--to", target],
        env={**os.environ, "COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_a_copy_that_is_killed_goes_on_without_doubling_anything(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    chance = random.Random(source)
    killed = 0
    for turn in range(3):
        before = _reached(new)
        process = run(held, new)
        while process.poll() is None and _reached(new) == before:
            pass  # it has not written anything yet
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=turn * chance.uniform(0, 0.15))
        process.kill()
        process.wait()
        killed += process.returncode == -signal.SIGKILL
        _check_marks(new)
    with suppress(InUse):  # the last one may have come to its end before it was killed
        assert copy(held, new).same
    assert killed
    assert rows_of(new) == rows_of(held)


def _reached(database: str) -> list[Mark]:
    """How far a copy has come, if there is one."""
    with suppress(Unavailable):  # there is no file yet, or no table
        return marks(database)
    return []


def _check_marks(database: str) -> None:
    """The marks tell the truth, and an organisation is seen once it is done."""
    if is_postgres(database):
        while sql(f"SELECT count(*) FROM ({_OTHERS}) AS o", database).strip() != "0":
            pass  # the server has not noticed yet that its client is gone
    if not (found := _reached(database)):
        return
    rows = rows_of(database)
    for mark in found:
        there = sum(row[0] == mark.org for table in Table for row in rows[table])
        assert there == mark.rows
    done = {mark.slug for mark in found if mark.stage == "done"}
    assert {row[1] for row in rows["organisation"]} == done


BREAKS = {
    "accounts": "UPDATE resource SET document = '{}' WHERE org = 2 AND name = 'person 1100'",
    "groups": "UPDATE resource SET modified = 'x' WHERE org = 2 AND kind = 2",
    "memberships": "UPDATE member SET display = 'x' WHERE org = 2",
    "events": "DELETE FROM event WHERE org = 2 AND position = 2000",
    "token": "UPDATE token SET revoked = 'x' WHERE org = 2",
    "name": "UPDATE organisation SET name = 'x' WHERE id = 2",
    "secret cursor": "DELETE FROM secret WHERE name = 'cursor'",
    "secret subscriber:mail": "DELETE FROM secret WHERE name LIKE 'subscriber%'",
    "position of subscriber:mail": "UPDATE follower SET position = 0 WHERE org = 2",
    "webhook full": "UPDATE webhook_endpoint SET previous = NULL WHERE org = 2 AND id = 'full'",
    "API key large2": "UPDATE api_key SET revoked = NULL WHERE id = 'large2'",
    "API key all1": "DELETE FROM api_key WHERE org IS NULL",
    "connector chat": "UPDATE connector SET secret = 'x' WHERE org = 2",
    "account links: first at": "UPDATE account_link SET created = 'x' WHERE org = 2",
    "connector links: first at group in chat": "DELETE FROM connector_link WHERE grp = 1",
    "waiting webhooks: first at 1100 in plain": "DELETE FROM webhook_waiting WHERE position = 1100",
    "administrator 😀": "UPDATE administrator SET org = 2 WHERE id = 'a2'",
    "audit trail: first at 1100": "UPDATE audit SET data = '{}' WHERE number = 1100",
    f"audit trail: first at {MANY}": f"DELETE FROM audit WHERE number = {MANY}",
    "not in the target": "DELETE FROM token WHERE org = 2; DELETE FROM organisation WHERE id = 2",
}


@pytest.mark.parametrize("target", STORES)
def test_whatever_was_changed_in_the_target_is_found(
    estates: Callable[[str], str], empty: Callable[[str], str], tmp_path: Path, target: str
) -> None:
    held, whole = estates(SQLITE), empty(target)
    copy(held, whole)
    for number, (what, text) in enumerate(BREAKS.items()):
        folder = tmp_path / f"broken-{number}"
        folder.mkdir()
        broken = another(whole, target, folder)
        change(broken, text)
        done = type_(held, broken, "--verify-only", "--json")
        assert done.exit_code == 1, done.output
        told = json.loads(done.output)
        assert not told["same"]
        (_, large, _) = told["organisations"]
        assert what in " ".join([*large["differences"], *told["differences"]])
    assert "databases differ" in type_(held, broken, "--verify-only").output


def writing(source: str) -> Step:
    """Change the source while it is copied, once."""
    moves = iter(
        [
            "UPDATE tally SET users_gone = users_gone + 1 WHERE org = 2"
            if is_postgres(source)
            else "UPDATE organisation SET users_gone = users_gone + 1 WHERE id = 2"
        ]
    )

    def step(what: str, slug: str, rows: int) -> None:
        if slug == "large" and rows:
            for text in moves:
                change(source, text)

    return step


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_a_source_that_moved_is_told_and_brought_over_by_the_next_run(
    estates: Callable[[str], str],
    empty: Callable[[str], str],
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    held, new = another(estates(source), source, tmp_path), empty(target)
    assert copy(held, new, writing(held)).moved == ("large",)

    async def write(runtime: Runtime) -> None:
        large = await runtime.store.organisation("large")
        made = await runtime.store.commit(an_account(large, "late"))
        await runtime.store.commit(changed(made, large, title="x"))
        await runtime.organisations.revoke("hostile", (await _first(runtime)).id)

    async def _first(runtime: Runtime) -> Any:
        return (await runtime.organisations.tokens("hostile"))[0]

    do(held, write)
    report = copy(held, new)
    assert report.same, report
    assert rows_of(new) == rows_of(held)


def test_what_is_not_from_this_copy_is_never_touched(
    estates: Callable[[str], str], empty: Callable[[str], str], tmp_path: Path
) -> None:
    held = another(estates(SQLITE), SQLITE, tmp_path)
    for store in STORES:
        taken = empty(store)
        do(taken, lambda runtime: runtime.organisations.create("other", "Other", Policy()))
        before = rows_of(taken)
        told = type_(held, taken)
        assert told.exit_code == 1
        assert "holds data already, such as the organisation 'other'" in told.output
        assert rows_of(taken) == before
        assert marks(taken) == []


def test_a_copy_that_was_begun_is_finished_from_its_own_source_alone(
    estates: Callable[[str], str], empty: Callable[[str], str], tmp_path: Path
) -> None:
    held, new, other = another(estates(SQLITE), SQLITE, tmp_path), empty(SQLITE), empty(SQLITE)
    with pytest.raises(Unavailable):
        copy(held, new, tripping(9, new))
    do(other, lambda runtime: runtime.organisations.create("other", "Other", Policy()))
    assert "unfinished copy of another database" in type_(other, new).output
    change(new, "UPDATE organisation SET name = 'used already'")
    assert "changed in the target since it was copied" in type_(held, new).output


@pytest.mark.parametrize("target", STORES)
def test_what_was_followed_in_the_target_meanwhile_is_not_overwritten(
    estates: Callable[[str], str], empty: Callable[[str], str], target: str
) -> None:
    held, new = estates(SQLITE), empty(target)
    with pytest.raises(Unavailable):
        copy(held, new, tripping(12, new))
    change(new, "UPDATE api_key SET last_used = '2026-02-02'")  # which is no change
    with pytest.raises(Unavailable):
        copy(held, new, tripping(12, new))
    change(new, "UPDATE follower SET position = position + 1 WHERE name = 'connector:chat'")
    assert "changed in the target since it was copied" in type_(held, new).output


def comparing(what: str, slug: str, rows: int) -> None:
    """End the copy once everything is there."""
    if what == "Comparing":
        raise Unavailable("the power went")


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_what_changes_without_an_event_is_brought_over_by_a_copy_that_goes_on(
    estates: Callable[[str], str],
    empty: Callable[[str], str],
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    held, new = another(estates(source), source, tmp_path), empty(target)
    for step, stage in ((tripping(16, new), "account_link"), (comparing, "done")):
        with pytest.raises(Unavailable):
            copy(held, new, step)
        assert marks(new)[1].stage == stage
        _check_marks(new)
        do(held, _hand_on)
    report = copy(held, new)
    assert report.same, report
    assert rows_of(new) == rows_of(held)


async def _hand_on(runtime: Runtime) -> None:
    """The last account gets the id of the first, which was copied; a webhook drops what waits."""
    org = await runtime.store.organisation("large")
    ids = [seen.stored.id async for seen in every(runtime.store, org.id, Kind.USER)]
    links = runtime.store.account_links
    for first in ids:
        if link := await links.of_account(org.id, first):
            break
    assert link
    await links.remove(org.id, link.account)
    await links.put(org.id, replace(link, account=ids[-1]))
    await runtime.store.webhooks.resume(org.id, "plain", 5)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_a_copy_that_an_older_version_began_is_finished_with_what_that_left_behind(
    estates: Callable[[str], str], empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = estates(source), empty(target)
    with pytest.raises(Unavailable):
        copy(held, new, tripping(13, new))
    assert [mark.stage for mark in marks(new)] == ["done", "event"]
    for table in (*UNTOLD, *Few):
        change(new, f"DELETE FROM {table.value}")

    async def older() -> str:
        async with archives(Settings(database=held), Settings(database=new)) as (_, there):
            await there.open_source()
            return digest(
                [
                    *await there.organisations(),
                    *(one._replace(last_used=None) for one in await there.tokens(1)),
                ]
            )

    kept, rows = asyncio.run(older()), rows_of(new)
    there = sum(row[0] == 1 for table in Table for row in rows[table])
    change(new, f"UPDATE headcount_copy SET kept = '{kept}', rows = {there} WHERE org = 1")
    _check_marks(new)
    assert copy(held, new).same
    assert rows_of(new) == rows_of(held)


def test_one_database_is_not_copied_to_itself(
    estates: Callable[[str], str], tmp_path: Path
) -> None:
    for store in STORES:
        held = estates(store)
        assert "same database" in type_(held, held).output
    file = sqlite_path(estates(SQLITE))
    link = tmp_path / "link.db"
    link.symlink_to(file)
    assert "same database" in type_(f"sqlite:///{link}", f"sqlite:///{file}").output


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("sqlite:////nowhere/a.db", "sqlite:////nowhere/b.db", "does its folder exist"),
        ("sqlite:///{0}/none.db", "sqlite:///{0}/b.db", "cannot be opened"),
        ("sqlite:///{0}/blank.db", "sqlite:///{0}/b.db", "has no tables"),
        ("postgresql://u:secret@127.0.0.1:1/x", "sqlite:///{0}/b.db", "cannot be reached"),
        ("mysql://u:secret@h/x", "sqlite:///{0}/b.db", "none that works"),
    ],
)
def test_what_cannot_be_copied_is_told_without_a_password(
    tmp_path: Path, source: str, target: str, why: str
) -> None:
    (tmp_path / "blank.db").touch()
    told = type_(source.format(tmp_path), target.format(tmp_path))
    assert told.exit_code == 1
    assert why in told.output
    assert "secret" not in told.output
    assert not (tmp_path / "b.db").exists()


@pytest.mark.parametrize("target", STORES)
def test_two_copies_to_one_target_do_not_mix(
    estates: Callable[[str], str], empty: Callable[[str], str], target: str
) -> None:
    held, new = estates(SQLITE), empty(target)
    others = iter([threading.Thread(target=copy, args=(held, new))])

    def step(what: str, slug: str, rows: int) -> None:
        if slug == "large" and rows:
            for other in others:
                other.start()
                other.join()

    with pytest.raises(Unavailable, match="another copy"):
        copy(held, new, step)
    assert rows_of(new) == rows_of(held)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_large_documents_are_read_a_few_at_a_time(
    empty: Callable[[str], str], source: str, target: str
) -> None:
    held, new = empty(source), empty(target)

    async def fill(runtime: Runtime) -> None:
        org = await runtime.organisations.create("big", "Big", Policy())
        for number in range(4):
            long = random.Random(number).randbytes(MOST_BYTES // 5).hex()
            await runtime.store.commit(an_account(org, f"big {number}", title=long))

    do(held, fill)

    async def read() -> int:
        async with archives(Settings(database=held), Settings(database=new)) as both:
            await both[0].open_source()
            return len(await both[0].read(Table.RESOURCES, 1, START[Table.RESOURCES]))

    assert asyncio.run(read()) < 4
    assert copy(held, new).same
    assert rows_of(new) == rows_of(held)


def test_numbers_are_one_however_they_are_spelt() -> None:
    spelt = '{"a": 10000000000000000, "b": [1, 0.10, 1000000], "c": {"z": 1, "y": 2}}'
    assert canonical_json(spelt) == canonical_json(
        '{"c":{"y":2.0,"z":1e0},"b":[1.0,0.1,1E6],"a":1e16}'
    )
    assert canonical_json("[9007199254740993]") != canonical_json("[9007199254740992]")
