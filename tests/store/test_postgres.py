"""What is so on PostgreSQL alone: how tables come about, what is remembered, what is indexed."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from headcount.bootstrap import migrate, open_store
from headcount.errors import InvalidValue, NotFound, Unavailable
from headcount.scim.filters import Compare, Op, parse_filter
from headcount.scim.messages import Position, Query
from headcount.scim.paths import resolve
from headcount.scim.schemas import USER_TYPE
from headcount.settings import Settings
from headcount.store.activity import Sought
from headcount.store.bookmarks import Bookmarks
from headcount.store.browsing import Chosen
from headcount.store.model import Kind, Migrated, Organisation, OrgId, Policy, RoleRule
from headcount.store.postgres import activity, browsing, lists, migrating
from headcount.store.postgres.migrating import LATEST
from headcount.store.postgres.points import FORMS, Form
from headcount.store.postgres.rows import index_key, numbered
from headcount.store.postgres.store import PostgresStore
from headcount.store.streams import Place, Streams, roles_counted
from tests.databases import POSTGRES, address_of, create, fresh, sql
from tests.store.stock import Stock
from tests.store.test_contract import NOW, a_group, an_account, changed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PostgresStore]:
    store = open_store(Settings(database=fresh(POSTGRES, tmp_path)))
    assert isinstance(store, PostgresStore)
    yield store
    await store.close()


@pytest.fixture
async def acme(store: PostgresStore) -> Organisation:
    return await store.add_organisation("acme", "Acme", Policy(), NOW)


_CROWD = """INSERT INTO resource
    (org, kind, id, version, created, modified, name, active, title, keys, document)
    SELECT {org}, 1, 'id' || n, 1, '', '', 'name' || n, true, 'x', jsonb_build_object(
        'title', 't' || n, 'nickName', 'n' || n, 'emails', jsonb_build_array(
        jsonb_build_object('value', n || '@x.test', 'type', 'work'))), 'x'
    FROM generate_series(1, 5000) n;
    INSERT INTO resource (org, kind, id, version, created, modified, name, title, keys, document)
    SELECT {org}, 2, 'group' || n, 1, '', '', 'group' || n, 'x', '{{}}', 'x'
    FROM generate_series(1, 500) n;
    INSERT INTO member SELECT {org}, 'group' || n % 500 + 1, 'id' || n, 1
    FROM generate_series(1, 5000) n;
    INSERT INTO event
    SELECT {org}, n, 'account.updated', '', 'token:t', 'id' || 1 + n % 5000, '{{}}'
    FROM generate_series(1, 20000) n;
    UPDATE tally SET users = 5000, groups = 500 WHERE org = {org}"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    """An organisation with thousands of accounts, of whom the planner knows nothing yet."""
    database = fresh(POSTGRES, tmp_path_factory.mktemp("crowd"))
    crowd = Stock(database)
    sql(_CROWD.format(org=crowd.organisation.id), database)
    yield crowd
    crowd.close()


_BEFORE = """
    INSERT INTO organisation (slug, name, username_format, allowed_domains, created)
    VALUES ('acme', 'Acme', 'any', '[]', '2026-01-02T03:04:05.000Z');
    INSERT INTO tally (org, users, active, position) SELECT id, 1, 1, 2 FROM organisation;
    INSERT INTO resource (org, kind, id, version, created, modified, name, active, role, title,
        keys, document)
    SELECT id, 1, 'ada', 1, '', '', 'ada', TRUE, 'member', 'ada', '{}',
        convert_to('{"id":"ada","userName":"ada","active":true,"role":"member"}', 'UTF8')
    FROM organisation;
    INSERT INTO event SELECT id, 1, 'account.created', '', 'cli', 'ada', '{}' FROM organisation;
    INSERT INTO event SELECT id, 2, 'group.member_added', '', 'cli', 'all',
        '{"member":"ada","type":"User"}' FROM organisation"""
_MEANWHILE = """
    UPDATE resource SET version = 2, modified = '', name = 'ada', active = TRUE, role = 'member',
        title = 'ada', keys = '{}', document = document WHERE kind = 1 AND id = 'ada';
    INSERT INTO token (id, org, label, digest, created, read_only, strict)
    SELECT 't1', id, 'okta', 'x', '2026-01-02T03:04:05.000Z', FALSE, FALSE FROM organisation"""
"""What a server of before the migration does after it, in its own words."""


class Explaining:
    """A connection that tells how the server goes about each statement."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.plans: list[str] = []

    async def fetch(self, query: str, *given: Any) -> Any:
        """Run it, and keep its plan."""
        rows = await self._connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {query}", *given)
        self.plans.append("\n".join(row[0] for row in rows))
        return await self._connection.fetch(query, *given)


@pytest.fixture(scope="module")
def bare() -> str:
    """A database without tables."""
    create(f"headcount_bare_{os.getpid()}")
    return address_of(f"headcount_bare_{os.getpid()}")


async def test_tables_are_made_once_however_many_ask_for_them() -> None:
    create(f"headcount_asked_{os.getpid()}")
    settings = Settings(database=address_of(f"headcount_asked_{os.getpid()}"))
    done = await asyncio.gather(*(migrate(settings, 2) for _ in range(4)))
    assert sorted(one.before for one in done) == [0, LATEST, LATEST, LATEST]
    assert await migrate(settings) == Migrated(LATEST, LATEST)


async def test_a_database_without_tables_is_refused_and_left_alone(bare: str) -> None:
    store = open_store(Settings(database=bare))
    with pytest.raises(Unavailable, match="headcount migrate"):
        await store.ready()
    await store.close()
    assert sql("SELECT count(*) FROM pg_class WHERE relname = 'resource'", bare) == "0\n"


@pytest.mark.parametrize("number", range(1, LATEST))
@pytest.mark.parametrize("partitions", [0, 3])
async def test_an_older_database_is_brought_up_to_date_while_an_older_server_runs(
    number: int, partitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"headcount_older_{os.getpid()}_{partitions}_{number}"
    create(name)
    settings = Settings(database=address_of(name))
    with monkeypatch.context() as older:
        older.setattr(migrating, "STEPS", migrating.STEPS[:number])
        older.setattr(migrating, "LATEST", number)
        assert await migrate(settings, partitions) == Migrated(0, number)
    sql(_BEFORE, settings.database)
    assert await migrate(settings) == Migrated(number, LATEST)
    sql(_MEANWHILE, settings.database)
    store = open_store(settings)
    acme = await store.organisation("acme")
    [token] = await store.tokens(acme.id)
    assert (token.label, token.hint) == ("okta", "")
    about = await store.events_about(acme.id, "ada", None, 9)
    assert [one.position for one in about] == [2, 1]
    ada = await store.get(acme.id, Kind.USER, "ada")
    assert ada.stored.version == 2
    joined = await store.commit(a_group(acme, "pioneers", "ada"))
    await store.set_role_rules(
        acme.id, lambda _: [RoleRule(joined.stored.id, "administrator")], "now", "cli"
    )
    assert await store.own_role(acme.id, "ada") == "member"
    assert await store.administrators() == []
    await store.close()


async def test_partitions_that_make_no_sense_are_refused(bare: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="between 0 and"):
        await migrate(Settings(database=bare), 100_000)
    with pytest.raises(InvalidValue, match="for PostgreSQL"):
        await migrate(Settings(database=f"sqlite:///{tmp_path / 'x.db'}"), 4)


@pytest.mark.parametrize(
    ("version", "told"), [(LATEST + 1, "newer"), (LATEST - 1, "no tables|older")]
)
async def test_another_schema_is_refused_with_what_to_do(
    tmp_path: Path, version: int, told: str
) -> None:
    database = fresh(POSTGRES, tmp_path)
    sql(f"UPDATE headcount_schema SET version = {version}", database)
    store = open_store(Settings(database=database))
    with pytest.raises(Unavailable, match=told):
        await store.ready()
    await store.close()


async def test_what_changed_here_is_known_here_at_once(store: PostgresStore) -> None:
    before = await store.read_access_epoch()
    assert store.access_epoch() == before
    await store.add_organisation("acme", "Acme", Policy(), NOW)
    await store.change_organisation("acme", lambda one: one)
    assert store.access_epoch() is None
    assert await store.read_access_epoch() > before


async def test_a_look_that_began_before_a_change_does_not_hide_it(
    store: PostgresStore, acme: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look waits for a connection; all of them are taken until the change is made."""
    assert acme.slug == "acme"
    looked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: Any) -> int:
        found = int(await connection.fetchval("SELECT epoch FROM access"))
        looked.set()
        await go_on.wait()
        return found

    monkeypatch.setattr("headcount.store.postgres.admin.epoch", slow)
    looking = asyncio.ensure_future(store.read_access_epoch())
    await looked.wait()
    await store.change_organisation("acme", lambda one: one)
    go_on.set()
    await looking
    assert store.access_epoch() is None


async def test_what_another_process_changed_is_known_within_half_a_second(tmp_path: Path) -> None:
    database = fresh(POSTGRES, tmp_path)
    one, other = (open_store(Settings(database=database)) for _ in range(2))
    await one.add_organisation("acme", "Acme", Policy(), NOW)
    before = await one.read_access_epoch()
    began = asyncio.get_running_loop().time()
    await other.change_organisation("acme", lambda org: org)
    while one.access_epoch() == before:
        await one.ready()
    assert one.access_epoch() is None
    assert asyncio.get_running_loop().time() - began < 1
    assert await one.read_access_epoch() != before
    await one.close()
    await other.close()


async def test_whoever_asks_at_the_end_of_two_look_ups_is_answered(
    store: PostgresStore, acme: Organisation
) -> None:
    ada = (await store.commit(an_account(acme, "ada"))).stored

    async def look(times: int, turns: int = 0) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        for _ in range(times):
            await store.get(acme.id, Kind.USER, ada.id)

    async def hold_up() -> None:
        for _ in range(8):
            await asyncio.sleep(0)
        time.sleep(0.01)  # noqa: ASYNC251 - both answers are there when the loop looks again

    for _ in range(20):
        async with asyncio.timeout(20):
            await asyncio.gather(look(2), look(1, turns=2), hold_up())


async def test_a_name_that_no_index_holds_is_found_and_taken(
    store: PostgresStore, acme: Organisation
) -> None:
    name = "ä" * 3_900
    made = await store.commit(an_account(acme, name + "b", externalId=name))
    await store.commit(an_account(acme, name + "c"))
    with pytest.raises(Exception, match="belongs to another"):
        await store.commit(an_account(acme, name + "b"))
    for text, number in [
        (f'userName eq "{name}b"', 1),
        (f'externalId eq "{name}"', 1),
        (f'userName sw "{name}"', 2),
        (f'userName ew "b" and userName co "{name}"', 1),
        ('userName sw "ää"', 2),
    ]:
        query = Query(where=parse_filter(text, USER_TYPE))
        found = await store.find(acme.id, Kind.USER, query)
        assert found.total == number, text[:20]
    await store.commit(changed(made, acme, userName="short"))
    assert (await store.commit(an_account(acme, name + "b"))).stored.version == 1


def test_a_key_of_an_index_is_short_and_nobody_elses() -> None:
    names = ["x" * 400, "x" * 401, "x" * 400 + "y", "x" * 9_000]
    keys = [index_key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(key is not None and len(key) <= 464 for key in keys)


@pytest.mark.parametrize("op", [Op.EQ, Op.NE, Op.CO, Op.SW, Op.EW, Op.GT, Op.GE, Op.LT, Op.LE])
@pytest.mark.parametrize("name", ["userName", "title", "id", "emails.value"])
async def test_u0000_is_in_no_text_and_may_be_asked_for(
    store: PostgresStore, acme: Organisation, name: str, op: Op
) -> None:
    emails = [{"value": "m"}]
    await store.commit(an_account(acme, "m", title="m", emails=emails))
    path = resolve(USER_TYPE, name)
    assert path is not None
    held = "u" if name == "id" else "m"
    for wanted, behind in ((f"{held}\0", False), ("\0", True), ("a\0", True)):
        found = await store.find(acme.id, Kind.USER, Query(where=Compare(path, op, wanted)))
        above = behind or name == "id"
        expected = {Op.NE: True, Op.GT: above, Op.GE: above, Op.LT: not above, Op.LE: not above}
        assert bool(found.total) is expected.get(op, False), (op, wanted)
    with pytest.raises(NotFound):
        await store.get(acme.id, Kind.USER, "\0")


@pytest.mark.parametrize(
    "text",
    [
        'title eq "engineer"',
        'name.familyName eq "hopper"',
        'emails.value eq "m@x.test"',
        'emails[type eq "work" and value eq "m@x.test"]',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x"',
        'nickName eq "x" and active eq true',
    ],
)
def test_an_equal_value_anywhere_is_found_by_an_index(crowd: Stock, text: str) -> None:
    """The server plans it so, with thousands of others in the organisation."""
    query = Query(where=parse_filter(text, USER_TYPE))

    async def plan() -> list[str]:
        store: Any = crowd.store
        async with store._connections.one() as connection:
            explaining = Explaining(connection)
            org = crowd.organisation.id
            await lists.find(cast("Any", explaining), org, Kind.USER, query, "", Bookmarks())
            return explaining.plans

    (found,) = crowd.run(plan())
    assert "resource_keys" in found


def blocks(plan: str) -> int:
    """How many blocks of tables and indexes were read."""
    found = re.search(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", plan)
    assert found, plan
    return int(found[1]) + int(found[2] or 0)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_look_up_reads_a_few_blocks_whatever_the_planner_knows(crowd: Stock, form: Form) -> None:
    key = {"id": "id7", "name": "name7"}.get(form.column, "nobody")

    async def plan() -> str:
        store: Any = crowd.store
        async with store._connections.one() as connection:
            explaining = Explaining(connection)
            await explaining.fetch(FORMS[form], [0], [crowd.organisation.id], [key], [""])
            return explaining.plans[0]

    assert blocks(crowd.run(plan())) < 30


@pytest.mark.parametrize(
    ("kind", "query", "most"),
    [
        (Kind.USER, Query(count=10), 200),
        (Kind.USER, Query(count=10, start=4_900), 1_500),  # counts to it, over an index
        (Kind.USER, Query(count=10, cursor="", after=Position("id4")), 200),
        (Kind.GROUP, Query(count=10), 200),
        (Kind.USER, Query(where=parse_filter('groups.value eq "group3"', USER_TYPE)), 500),
    ],
    ids=["first page", "deep page", "cursor", "groups", "members of a group"],
)
def test_a_page_reads_little_more_than_what_it_shows(
    crowd: Stock, kind: Kind, query: Query, most: int
) -> None:
    async def plan() -> str:
        store: Any = crowd.store
        async with store._connections.one() as connection:
            explaining = Explaining(connection)
            org = crowd.organisation.id
            await lists.find(cast("Any", explaining), org, kind, query, "", Bookmarks())
            return explaining.plans[0]

    assert blocks(crowd.run(plan())) < most


@pytest.mark.parametrize("place", [None, Place("id4000", "id4000"), Place("name4", "id4")])
@pytest.mark.parametrize(
    "chosen",
    [
        *[Chosen(), Chosen(by_name=True), Chosen(descending=True), Chosen(active=False)],
        *[Chosen(role="owner", by_name=True), Chosen(group="group3"), Chosen("name4"), Chosen("4")],
        *[Chosen("id"), Chosen("name", role="owner"), Chosen("name", group="group3")],
        *[
            Chosen(writers=("token:t",)),
            Chosen(writers=("token:u",)),
            Chosen("name", writers=("u",)),
        ],
    ],
    ids=str,
)
def test_what_people_page_through_reads_little_more_than_it_shows(
    crowd: Stock, chosen: Chosen, place: Place | None
) -> None:
    org = crowd.organisation.id
    streams = Streams(browsing.WORDS, org, Kind.USER, chosen, descending=chosen.descending)
    ask = streams.candidates(place, 10)

    async def plan() -> str:
        store: Any = crowd.store
        async with store._connections.one() as connection:
            explaining = Explaining(connection)
            await explaining.fetch(numbered(ask.sql), *ask.given)
            return explaining.plans[0]

    found = crowd.run(plan())
    assert blocks(found) < 150, found


def test_roles_are_counted_in_an_index_alone(crowd: Stock) -> None:
    ask = roles_counted(browsing.WORDS, crowd.organisation.id, ("owner", "guest"), 9)

    async def plan() -> str:
        store: Any = crowd.store
        async with store._connections.one() as connection:
            explaining = Explaining(connection)
            await explaining.fetch(numbered(ask.sql), *ask.given)
            return explaining.plans[0]

    found = crowd.run(plan())
    assert found.count("Index Only Scan using resource_role on resource") == 2
    assert "Sort" not in found


_BUSY = """INSERT INTO event SELECT {org}, n, CASE n % 2 WHEN 0 THEN 'account.updated'
        ELSE 'group.member_added' END, '', 'cli', 's' || n % 5000,
    '{{"member":"m' || n % 5000 || '","type":"User"}}' FROM generate_series(1, 20000) n;
    INSERT INTO exchange (org, at, duration, method, path, query, status, kind, resource, person,
        person_key, did, token, client, refusal, detail, cut)
    SELECT {org} + n % 2, '2026', 1, 'GET', '/scim/v2/Users', '', CASE n % 1000 WHEN 0 THEN 404
        ELSE 200 END, 'User', 'u' || n % 5000, 'ada ' || n, 'ada ' || n, '', '', '', '', '', FALSE
    FROM generate_series(1, 20000) n;
    UPDATE exchange SET org = 999 WHERE number < 9"""


@pytest.fixture(scope="module", params=["unknown", "known"])
def busy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stock]:
    """An organisation of which much is kept; the planner knows nothing of it, or how much it is."""
    database = fresh(POSTGRES, tmp_path_factory.mktemp("busy"))
    busy = Stock(database)
    sql(_BUSY.format(org=busy.organisation.id), database)
    if request.param == "known":
        sql("ANALYZE", database)
    yield busy
    busy.close()


Read = Callable[[Any, OrgId], Coroutine[Any, Any, object]]


@pytest.mark.parametrize(
    "read",
    [
        lambda c, org: activity.exchanges(c, org, Sought(), 10),
        lambda c, org: activity.exchanges(c, org, Sought(before=9_000), 10),
        lambda c, org: activity.exchanges(c, org, Sought(after=9_000), 10),
        lambda c, org: activity.exchanges(c, org, Sought(failures=True), 10),
        lambda c, org: activity.exchanges(c, org, Sought(person="ada", method="GET"), 10),
        lambda c, org: activity.exchanges(c, org, Sought(resource="u42"), 10),
        lambda c, _: activity.exchanges(c, None, Sought(), 10),
        lambda c, _: activity.exchanges(c, OrgId(999), Sought(), 10),
        lambda c, org: activity.failures(c, org, "2027"),
        lambda c, org: activity.events_about(c, org, "s7", None, 10),
        lambda c, org: activity.events_about(c, org, "m7", 15_000, 10),
    ],
    ids=[
        *["newest", "older", "newer", "failures", "of a person", "of a resource"],
        *["nobody's", "of a few"],
        *["failures of today", "subject", "member"],
    ],
)
def test_what_is_asked_of_the_activity_reads_a_few_blocks(busy: Stock, read: Read) -> None:
    async def plan() -> str:
        store: Any = busy.store
        async with store._connections.one() as connection:
            explaining = Explaining(connection)
            await read(explaining, busy.organisation.id)
            return explaining.plans[0]

    found = busy.run(plan())
    assert blocks(found) < 80, found
