"""What is special about a file: how it is opened, refused, and read by its indexes."""

import asyncio
from pathlib import Path

import apsw
import pytest

from headcount.errors import Unavailable
from headcount.scim.filters import parse_filter
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE
from headcount.store.model import Kind, OrgId
from headcount.store.sqlite import SqliteStore
from headcount.store.sqlite.connection import open_writer
from headcount.store.sqlite.filters import KIND_NUMBER, Translator
from headcount.store.sqlite.schema import STEPS, bring_up_to_date
from headcount.store.sqlite.writer import Writer
from tests.store.stock import Stock, stocked


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
        other = Stock(tmp_path / "headcount.db")
        epoch = one.store.access_epoch()
        made = other.create(Kind.USER, {"userName": "ada"})
        assert one.store.access_epoch() == epoch
        theirs = one.run(one.store.organisation(other.organisation.slug))
        assert theirs.counts.users == 1
        seen = one.run(one.store.get(theirs.id, Kind.USER, made))
        assert seen.stored.id == made
        other.close()


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
        (1, KIND_NUMBER[kind], *asked.parameters),
    )
    steps = [str(step[3]) for step in plan if " r " in f"{step[3]} "]
    assert steps
    assert all(step.startswith("SEARCH r USING INDEX") for step in steps), steps
    assert not any(step.endswith("(org=? AND kind=?)") for step in steps), steps


@pytest.mark.anyio
async def test_a_refused_change_leaves_the_rest_of_its_batch_alone(tmp_path: Path) -> None:
    path = tmp_path / "headcount.db"
    open_writer(path).execute("CREATE TABLE number (value INTEGER UNIQUE)")
    writer = Writer(path)

    def put(value: int) -> None:
        writer_of_one.execute("INSERT INTO number VALUES (?)", (value,))

    writer_of_one = writer._connection

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
