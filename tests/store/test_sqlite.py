"""What is special about a file: how it is opened, refused, and read by its indexes."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from headcount.errors import Unavailable
from headcount.scim.filters import parse_filter
from headcount.scim.messages import Query
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE
from headcount.store.activity import Sought
from headcount.store.bookmarks import Bookmarks
from headcount.store.browsing import Chosen
from headcount.store.filters import NUMBERS
from headcount.store.model import (
    Joining,
    Kind,
    MemberDelta,
    Migrated,
    Organisation,
    OrgId,
    Policy,
    RoleRule,
)
from headcount.store.promise import Store
from headcount.store.recent import Recent
from headcount.store.sqlite import (
    SqliteStore,
    activity,
    admin,
    browsing,
    commit,
    migrate_file,
    points,
    reads,
    roles,
)
from headcount.store.sqlite.connection import INLINE_MEMBERS, Connection, LoopReader, open_writer
from headcount.store.sqlite.filters import Translator
from headcount.store.sqlite.kept import Kept
from headcount.store.sqlite.relations import groups_of
from headcount.store.sqlite.schema import STEPS, bring_up_to_date
from headcount.store.sqlite.writer import Writer
from headcount.store.streams import Place, Streams, roles_counted
from tests.databases import SQLITE, fresh
from tests.store.stock import BASE, Stock, stocked
from tests.store.test_contract import a_group, an_account, changed, deleted, joining, moved


def test_a_file_of_a_newer_headcount_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "headcount.db"
    connection = apsw.Connection(str(path))
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    with pytest.raises(Unavailable, match="newer Headcount"):
        SqliteStore(path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does its folder exist"):
        SqliteStore(tmp_path / "nowhere" / "headcount.db")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "headcount.db"
    path.write_text("a letter to grandmother, much longer than a header" * 99)
    with pytest.raises(Unavailable, match="not an SQLite database"):
        SqliteStore(path)


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    with stocked(tmp_path) as stock:
        made = stock.create(Kind.USER, {"userName": "ada"})
        organisation = stock.organisation

    async def read() -> str:
        store = SqliteStore(tmp_path / "headcount.db")
        seen = await store.get(organisation.id, Kind.USER, made)
        await store.close()
        return seen.stored.id

    assert asyncio.run(read()) == made
    assert not list(tmp_path.glob("*-wal"))  # everything was let go of, and written back


def test_two_stores_on_one_file_see_each_other(tmp_path: Path) -> None:
    with stocked(tmp_path) as one:
        other = Stock(fresh(SQLITE, tmp_path))
        epoch = one.run(access_epoch(one.store))
        made = other.create(Kind.USER, {"userName": "ada"})
        assert one.run(access_epoch(one.store)) == epoch
        theirs = one.run(one.store.organisation(other.organisation.slug))
        assert theirs.counts.users == 1
        seen = one.run(one.store.get(theirs.id, Kind.USER, made))
        assert seen.stored.id == made
        other.run(other.store.change_organisation(theirs.slug, disabled))
        assert one.run(access_epoch(one.store)) != epoch
        other.close()


def disabled(one: Organisation) -> Organisation:
    return replace(one, disabled=True)


async def access_epoch(store: Store) -> int:
    return await store.read_access_epoch()


_BEFORE = """
INSERT INTO organisation (id, slug, name, username_format, allowed_domains, created, position)
    VALUES (1, 'acme', 'Acme', 'any', '[]', '2026-01-02T03:04:05.000Z', 2);
INSERT INTO token (id, org, label, digest, created)
    VALUES ('t1', 1, 'okta', x'00', '2026-01-02T03:04:05.000Z');
INSERT INTO event VALUES (1, 1, 'account.created', '', 'cli', 'ada', '{}'),
    (1, 2, 'group.member_added', '', 'cli', 'all', '{"member":"ada","type":"User"}');
INSERT INTO resource (org, kind, id, version, created, modified, name, keys, document)
    VALUES (1, 1, 'ada', 1, '', '', 'ada', '{}', '{"userName":"ada"}'),
    (1, 2, 'all', 1, '', '', 'all', '{}', '{"displayName":"All"}'),
    (1, 2, 'few', 1, '', '', 'few', '{}', '{"displayName":"Few"}');
INSERT INTO member (org, grp, member, kind) VALUES (1, 'all', 'ada', 1);
"""


_CAME = """INSERT INTO resource (org, kind, id, version, created, modified, name, keys, document)
    VALUES (1, 1, 'lord', 1, '', '', 'lord', '{"name":{"familyName":"byron"}}',
        '{"userName":"lord","name":{"familyName":"Byron"}}')"""
_RENAME = "UPDATE resource SET version = version + 1, keys = ?1, document = ?1 WHERE id = 'ada'"
_SEARCH = """SELECT id FROM resource r INDEXED BY resource_display
    WHERE r.org = 1 AND r.kind = 1 AND json_extract(r.keys, '$.displayName') IS NOT NULL
    AND substr(json_extract(r.keys, '$.displayName'), 1, 100) >= 'a'
    ORDER BY substr(json_extract(r.keys, '$.displayName'), 1, 100), r.id LIMIT 9"""


@pytest.mark.anyio
@pytest.mark.parametrize("number", range(1, len(STEPS)))
async def test_a_file_of_an_older_headcount_is_brought_up_to_date(
    tmp_path: Path, number: int
) -> None:
    path = tmp_path / "headcount.db"
    connection = apsw.Connection(str(path))
    for step in (*STEPS[:number], _BEFORE, f"PRAGMA user_version = {number}"):
        connection.execute(step)
    connection.close()
    assert migrate_file(path) == Migrated(number, len(STEPS))
    store = SqliteStore(path)
    [token] = await store.tokens(OrgId(1))
    assert (token.id, token.hint) == ("t1", "")
    about = await store.events_about(OrgId(1), "ada", None, 9)
    assert [one.position for one in about] == [2, 1]
    assert await store.administrators() == []
    assert await store.exchanges(OrgId(1), Sought(), 9) == []
    assert await groups_of_ada(store) == ["All"]
    beside = apsw.Connection(str(path))  # a program of before, which still runs
    beside.execute("INSERT INTO member (org, grp, member, kind) VALUES (1, 'few', 'ada', 1)")
    assert await groups_of_ada(store) == ["All", "Few"]
    beside.execute("DELETE FROM member WHERE grp = 'all'")
    assert await groups_of_ada(store) == ["Few"]
    beside.execute("DELETE FROM member")
    assert await groups_of_ada(store) == []
    beside.execute(_RENAME, ("""{"name":{"familyName":"lovelace"},"displayName":"ada"}""",))
    assert await found_by(store, "lovelace") == ["ada"]
    beside.execute(_CAME)
    assert await found_by(store, "byron") == ["lord"]
    assert [name for (name,) in beside.execute(_SEARCH)] == ["ada"]
    beside.execute(_RENAME, ("{}",))
    assert await found_by(store, "lovelace") == []
    beside.close()
    await store.close()
    assert migrate_file(path) == Migrated(len(STEPS), len(STEPS))


async def found_by(store: SqliteStore, text: str) -> list[str]:
    """Who is found by a text, in a turn of its own."""
    await asyncio.sleep(0)
    part = await store.browse(OrgId(1), Kind.USER, Chosen(text), 9)
    return [one.stored.id for one in part.lines]


async def groups_of_ada(store: SqliteStore) -> list[str]:
    """What her groups are called, in a turn of its own: one turn sees one moment."""
    await asyncio.sleep(0)
    seen = await store.get(OrgId(1), Kind.USER, "ada")
    assert isinstance(seen.relations, bytes)
    return [one["display"] for one in json.loads(seen.relations)]


@pytest.mark.parametrize("members", [INLINE_MEMBERS, INLINE_MEMBERS + 1])
def test_a_group_has_all_its_members_wherever_it_is_read(tmp_path: Path, members: int) -> None:
    with stocked(tmp_path) as stock:
        users = [stock.create(Kind.USER, {"userName": str(one)}) for one in range(members)]
        group = stock.create(
            Kind.GROUP, {"displayName": "all", "members": [{"value": one} for one in users]}
        )
        org = stock.organisation.id
        seen = stock.run(stock.store.get(org, Kind.GROUP, group, base=BASE))
        assert isinstance(seen.relations, bytes)
        assert len(json.loads(seen.relations)) == members
        where = parse_filter('displayName eq "ALL"', GROUP_TYPE)
        page = stock.run(stock.store.find(org, Kind.GROUP, Query(where), base=BASE))
        assert page.resources == [seen]


@pytest.mark.anyio
async def test_all_that_is_read_in_one_turn_is_of_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "headcount.db"
    store = SqliteStore(path)
    reader = LoopReader(path, Recent())
    writer = open_writer(path)

    def slugs() -> list[str]:
        return [one.slug for one in admin.organisations(reader.connection(), "", 9)]

    assert slugs() == []
    admin.add_organisation(writer, "acme", "Acme", Policy(), datetime.now(UTC))
    assert slugs() == []
    await asyncio.sleep(0)
    assert slugs() == ["acme"]
    writer.close()
    reader.close()
    await store.close()


@pytest.fixture
def connection(tmp_path: Path) -> apsw.Connection:
    connection = open_writer(tmp_path / "headcount.db")
    bring_up_to_date(connection)
    return connection


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (Kind.USER, 'userName eq "a"'),
        (Kind.USER, 'userName sw "a"'),
        (Kind.USER, 'externalId eq "a"'),
        (Kind.USER, 'id eq "a"'),
        (Kind.USER, 'id gt "a"'),
        (Kind.USER, 'emails.value eq "a"'),
        (Kind.USER, 'emails[type eq "work" and value eq "a"]'),
        (Kind.USER, 'groups.value eq "a"'),
        (Kind.USER, 'userName eq "a" and active eq true'),
        (Kind.GROUP, 'displayName eq "a"'),
        (Kind.GROUP, 'members.value eq "a"'),
    ],
)
def test_a_point_is_found_by_an_index(connection: apsw.Connection, kind: Kind, where: str) -> None:
    type_ = USER_TYPE if kind is Kind.USER else GROUP_TYPE
    asked = Translator(OrgId(1), kind).condition(parse_filter(where, type_))
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT r.document FROM resource r"
        f" WHERE r.org = ? AND r.kind = ? AND {asked.sql}",
        (1, NUMBERS[kind], *asked.parameters),
    )
    steps = [str(step[3]) for step in plan if " r " in f"{step[3]} "]
    assert steps
    assert all(step.startswith("SEARCH r USING INDEX") for step in steps), steps
    assert not any(step.endswith("(org=? AND kind=?)") for step in steps), steps


@pytest.mark.parametrize(
    ("sought", "index"),
    [
        pytest.param(Sought(), "COVERING INDEX exchange_org", id="all"),
        pytest.param(Sought(failures=True, before=9), "INDEX exchange_failed", id="failures"),
        pytest.param(
            Sought(resource="u1", failures=True), "INDEX exchange_resource", id="of a resource"
        ),
        pytest.param(
            Sought(person="ada", method="GET", status=200, after=9),
            "COVERING INDEX exchange_org",
            id="of a person",
        ),
        pytest.param(
            Sought(person="ada", failures=True),
            "COVERING INDEX exchange_org",
            id="failures of a person",
        ),
    ],
)
def test_exchanges_are_found_in_their_order_until_there_are_enough(
    connection: apsw.Connection, sought: Sought, index: str
) -> None:
    plan = plan_of(connection, lambda: activity.exchanges(connection, OrgId(1), sought, 9))
    assert [step.split(" (")[0] for step in plan if "exchange" in step] == [
        "SEARCH exchange USING INTEGER PRIMARY KEY",
        f"SEARCH exchange USING {index}",
    ]
    assert not any("TEMP" in step for step in plan)
    assert ("number" in plan[-1]) == (sought.before is not None or sought.after is not None)


def test_what_happened_to_somebody_is_read_by_two_indexes(connection: apsw.Connection) -> None:
    plan = plan_of(connection, lambda: activity.events_about(connection, OrgId(1), "u1", None, 9))
    assert [step for step in plan if "event" in step] == [
        "SEARCH event USING INDEX event_subject (org=? AND subject=? AND position<?)",
        "SEARCH event USING INDEX event_member (org=? AND <expr>=? AND position<?)",
    ]
    assert [step.split(" (")[0] for step in plan if "SCAN" in step] == [
        "SCAN"
    ] * 2  # of what was found


@pytest.mark.parametrize("place", [None, Place("adam", "u1")])
@pytest.mark.parametrize(
    "chosen",
    [
        *[Chosen(), Chosen(by_name=True), Chosen(descending=True), Chosen(active=False)],
        *[Chosen(role="owner", by_name=True), Chosen(group="g1"), Chosen("ada")],
        *[Chosen("ada", active=False), Chosen("ada", role="owner", group="g1")],
        *[Chosen(writers=("token:t",)), Chosen("ada", writers=("token:t", "token:u"))],
    ],
    ids=str,
)
def test_what_people_page_through_is_read_in_the_order_of_an_index(
    connection: apsw.Connection, chosen: Chosen, place: Place | None
) -> None:
    ask = Streams(browsing.WORDS, OrgId(1), Kind.USER, chosen, descending=False).candidates(
        place, 9
    )
    plan = plan_of(connection, lambda: connection.execute(ask.sql, ask.given))
    read = [step for step in plan if re.match(r"(SCAN|SEARCH) [rmle]\b", step)]
    assert read
    assert all(re.search(r"(INDEX|KEY).*\(org=\?", step) for step in read), read
    events = [step for step in read if " e " in step]
    assert len(events) == bool(chosen.writers)
    assert all("INDEX event_subject (org=? AND subject=?" in step for step in events)
    few = 2 if chosen.text and place is None else 1  # of what was found, and of an externalId
    assert sum("TEMP" in step for step in plan) <= few


def test_roles_are_counted_in_an_index_alone(connection: apsw.Connection) -> None:
    ask = roles_counted(browsing.WORDS, OrgId(1), ("owner", "guest"), 9)
    plan = plan_of(connection, lambda: connection.execute(ask.sql, ask.given))
    read = [step for step in plan if re.match(r"(SCAN|SEARCH) r\b", step)]
    assert read == ["SEARCH r USING COVERING INDEX resource_role (org=? AND role=?)"] * 2
    assert not [step for step in plan if "TEMP" in step]


def plan_of(connection: apsw.Connection, read: Callable[[], object]) -> list[str]:
    """How SQLite goes about the one statement that `read` runs."""
    [plan] = plans_of(connection, read)
    return plan


def test_groups_in_groups_are_followed_by_an_index_alone(tmp_path: Path) -> None:
    """Nobody is read but who is asked for, however many memberships the organisation has."""
    with stocked(tmp_path) as stock:
        ada = stock.create(Kind.USER, {"userName": "ada"})
        inner = stock.create(Kind.GROUP, {"displayName": "inner", "members": [{"value": ada}]})
        outer = stock.create(Kind.GROUP, {"displayName": "outer", "members": [{"value": inner}]})
        org = stock.organisation.id
        rules = [RoleRule(outer, "guest")]
        where = parse_filter('userName eq "ada" and groups.type eq "indirect"', USER_TYPE)
        connection = open_writer(tmp_path / "headcount.db")
        plans = plans_of(
            connection,
            lambda: groups_of(connection, org, ada, inner, BASE),
            lambda: roles.reached(connection, org, rules, [(inner, ada, False)]),
            lambda: roles.everybody(connection, org, rules),
            lambda: roles.give(connection, org, rules, [ada], "now"),
            lambda: roles.preview(connection, org, rules, 5),
            lambda: reads.find(connection, org, Kind.USER, Query(where), BASE, Bookmarks()),
        )
        connection.close()
    steps = [step for plan in plans for step in plan]
    assert any("member_of (org=? AND member=?)" in step for step in steps)
    for step in steps:
        assert not re.search(r"(member_of|PRIMARY KEY) \(org=\?\)", step), step
        assert not re.search(r"resource_\w+ \(org=\? AND kind=\?\)$", step), step
        assert not step.startswith(("SCAN m", "SCAN resource", "SCAN r ")), step


def test_whatever_changes_no_statement_walks_through_an_organisation(tmp_path: Path) -> None:
    """However many accounts, memberships and events there are, a change costs the same."""
    with stocked(tmp_path) as stock:
        org, run = stock.organisation, stock.run
        other = stock.create(Kind.GROUP, {"displayName": "other"})
        rules = [RoleRule(other, "guest")]
        run(stock.store.set_role_rules(org.id, lambda _: rules, "now", "cli"))
    connection = open_writer(tmp_path / "headcount.db")
    ada = commit.apply(connection, an_account(org, "ada", emails=[{"value": "a@x.test"}]))
    few = commit.apply(connection, a_group(org, "few", ada.stored.id))
    bob = commit.apply(connection, an_account(org, "bob", externalId="b"))
    renamed = changed(ada, org, userName="eve", emails=[{"value": "b@x.test"}])
    changes = (
        an_account(org, "zoe", emails=[{"value": "z@x.test"}], externalId="z"),
        renamed,
        a_group(org, "fewer", ada.stored.id),
        moved(few, org, joining(bob.stored.id, other)),
        moved(few, org, MemberDelta(left=(ada.stored.id,))),
        moved(few, org, MemberDelta(joined=(Joining(ada.stored.id),), only=True)),
        deleted(ada, org),
        deleted(few, org),
    )
    plans = plans_of(connection, *(partial(commit.apply, connection, one) for one in changes))
    connection.close()
    for step in (step for plan in plans for step in plan):
        assert not re.search(r"\(org=\?( AND kind=\?)?\)$", step), step
        assert not re.match("SCAN (member|resource|event|listed_value|[a-z])( |$)", step), step


def plans_of(connection: apsw.Connection, *reads: Callable[[], object]) -> list[list[str]]:
    """How SQLite goes about every statement that these run."""
    ran: list[tuple[str, Any]] = []

    def note(_: object, sql: str, given: Any) -> bool:
        ran.append((sql, given))
        return True

    connection.exec_trace = note
    for read in reads:
        read()
    connection.exec_trace = None
    return [
        [str(step[3]) for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", given)]
        for sql, given in ran
    ]


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize(
    ("where", "index"),
    [('externalId eq "a"', "resource_external_id"), ('userName eq "a"', "resource_name")],
)
def test_who_is_looked_up_is_found_by_the_index_of_what_is_looked_for(
    connection: Connection, where: str, index: str, count: int
) -> None:
    query = Query(where=parse_filter(where, USER_TYPE), count=count)
    wanted = points.Wanted(OrgId(1), Kind.USER, BASE)
    plans = plans_of(
        connection,
        lambda: points.look_up(connection, wanted, query),
        lambda: reads.find(connection, OrgId(1), Kind.USER, query, BASE, Bookmarks()),
    )
    assert len(plans) >= 2
    for plan in plans:
        (step,) = [one for one in plan if " r USING" in one]
        assert f"INDEX {index} (org=? AND kind=? AND" in step


@pytest.mark.anyio
async def test_a_refused_change_leaves_the_rest_of_its_batch_alone(tmp_path: Path) -> None:
    path = tmp_path / "headcount.db"
    open_writer(path).execute("CREATE TABLE number (value INTEGER UNIQUE)")
    writer = Writer(path, lambda _: 0)

    def put(value: int) -> None:
        writer_of_one.execute("INSERT INTO number VALUES (?)", (value,))

    writer_of_one = writer._batches._connection

    async def one(value: int) -> None:
        await writer.do(lambda _: put(value))

    done = await asyncio.gather(*(one(n % 7) for n in range(20)), return_exceptions=True)
    refused = [result for result in done if isinstance(result, apsw.ConstraintError)]
    assert len(refused) == 13
    writer.close()
    kept = apsw.Connection(str(path)).execute("SELECT count(*) FROM number").get
    assert kept == 7
    with pytest.raises(Unavailable, match="stopping"):
        await one(8)


@pytest.mark.anyio
async def test_what_comes_behind_a_change_that_ends_the_transaction_is_not_written_by_halves(
    tmp_path: Path,
) -> None:
    path = tmp_path / "headcount.db"
    store = SqliteStore(path)
    acme = await store.add_organisation("acme", "Acme", Policy(), datetime.now(UTC))
    apsw.Connection(str(path)).execute(
        "CREATE TRIGGER fault BEFORE INSERT ON resource WHEN NEW.name = 'fault'"
        " BEGIN SELECT RAISE(ROLLBACK, 'as a fault of the disk does'); END"
    )
    coming = [store.commit(an_account(acme, name)) for name in ("ada", "fault", "bob")]
    done = await asyncio.gather(*coming, return_exceptions=True)
    assert [type(one) for one in done] == [Unavailable] * 3
    await store.commit(an_account(acme, "cyd"))
    assert (await store.find(acme.id, Kind.USER, Query())).total == 1
    assert [one.position for one in await store.events_after(acme.id, 0, 10)] == [1]
    await store.close()


def test_lists_of_groups_go_where_there_are_too_many_or_they_may_be_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headcount.store.sqlite.kept._MOST", 3)
    kept = Kept()
    acme, rival = OrgId(1), OrgId(2)
    lists = kept.held_against(acme, 5, is_nested=False)
    assert kept.at_hand(acme) is lists
    assert kept.at_hand(rival) is None
    kept.put(lists, "base", "1", b"[1]")
    kept.doubt()
    assert kept.at_hand(acme) is None
    assert kept.held_against(acme, 5, is_nested=False).texts == {"base": {"1": b"[1]"}}
    assert kept.held_against(acme, 6, is_nested=False).texts == {}
    nested = kept.held_against(acme, 6, is_nested=True)
    kept.put(nested, "base", "1", b"[1]")
    assert kept.held_against(acme, 6, is_nested=True).texts == {}
    for number in range(3):
        kept.put(kept.held_against(rival, 0, is_nested=False), "base", str(number), b"[]")
    assert kept.held_against(rival, 0, is_nested=False).number == 3
    kept.put(kept.held_against(rival, 0, is_nested=False), "base", "9", b"[]")
    assert kept.held_against(rival, 0, is_nested=False).texts == {}
