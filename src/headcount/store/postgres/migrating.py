"""How the tables come about and change: forward only, while an older version still runs.

A step adds what the next version needs and leaves alone what the version before uses; functions
carry their number in their name for the same reason. What nobody needs any more goes a version
later.
"""

from importlib import resources

from headcount.errors import InvalidValue, Unavailable
from headcount.store.model import Migrated
from headcount.store.postgres.driver import Connection

_OLDEST = 140_000  # PostgreSQL 14
_LOCK = 0x48454144  # any number that nobody else takes: the letters HEAD

_VERSION = "CREATE TABLE headcount_schema (version INTEGER NOT NULL)"
_IS_USED = "SELECT EXISTS (SELECT FROM resource) OR EXISTS (SELECT FROM event)"
_TABLES = ("resource", "member", "event")
_SOME_ROWS = 500  # enough for an estimate, in each part of a table
MOST_PARTITIONS = 1_024

STEPS = (
    ("tables.sql",),
    ("browsing.sql", "console.sql"),
    ("roles.sql",),
    ("feed.sql", "webhooks.sql", "api.sql", "connectors.sql", "commit.sql"),
)
"""The files that bring a database from its number to the next one.

`commit.sql` belongs to the last step that needs another function; databases of before keep the one
that they have, for servers of before.
"""

LATEST = len(STEPS)


async def bring_up_to_date(connection: Connection, partitions: int = 0) -> Migrated:
    """Bring the tables up to date, all steps in one transaction, one migration at a time.

    Args:
        connection: to the database.
        partitions: into how many parts, by a hash of the organisation, new tables are split; 0
            leaves them whole. What is there already stays as it is.

    Raises:
        Unavailable: the server or its database cannot be used, or is of a newer Headcount.
        InvalidValue: so many partitions make no sense.
    """
    if not 0 <= partitions <= MOST_PARTITIONS:
        raise InvalidValue(f"partitions must be between 0 and {MOST_PARTITIONS}")
    async with connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        await _check_server(connection)
        before = await version(connection)
        _check_not_newer(before)
        if not before:
            await connection.execute(_VERSION)
            await connection.execute("INSERT INTO headcount_schema VALUES (0)")
        for step in STEPS[before:]:
            for file in step:
                await connection.execute(_text_of(file, partitions))
            if step is STEPS[0]:
                await _split(connection, partitions)
        if STEPS[before:] and not await connection.fetchval(_IS_USED):
            # Last: a new index makes the server forget what it shall think of an empty table.
            await connection.execute(_text_of("estimates.sql", partitions))
        await connection.execute(f"UPDATE headcount_schema SET version = {LATEST}")
    return Migrated(before, LATEST)


def _text_of(file: str, partitions: int) -> str:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    text = text.replace("{partitioned}", "PARTITION BY HASH (org)" if partitions else "")
    return text.replace("{rows}", str(_SOME_ROWS * max(1, partitions)))


async def _split(connection: Connection, partitions: int) -> None:
    for table in _TABLES:
        for number in range(partitions):
            await connection.execute(
                f"CREATE TABLE {table}_{number} PARTITION OF {table}"
                f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
            )


async def _check_server(connection: Connection) -> None:
    number = int(await connection.fetchval("SHOW server_version_num"))
    if number < _OLDEST:
        raise Unavailable(
            f"the database server is PostgreSQL {number // 10_000}; Headcount needs 14 or newer"
        )
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise Unavailable(
            f"the database is encoded in {encoding}, and names of people need UTF8: create it with"
            " createdb --encoding=UTF8 --template=template0"
        )


async def version(connection: Connection) -> int:
    """The number of the schema; 0 where there are no tables."""
    if await connection.fetchval("SELECT to_regclass('headcount_schema')") is None:
        return 0
    return int(await connection.fetchval("SELECT version FROM headcount_schema"))


def _check_not_newer(found: int) -> None:
    if found > LATEST:
        raise Unavailable(
            f"the database is of a newer Headcount (schema {found}, this one knows {LATEST}):"
            " run that version or a newer one"
        )


async def check_schema(connection: Connection) -> None:
    """Refuse a database that this version does not fit.

    Raises:
        Unavailable: it is older, newer, or none of Headcount's.
    """
    found = await version(connection)
    _check_not_newer(found)
    if not found:
        raise Unavailable(
            "the database has no tables of Headcount: run `headcount migrate` on it first"
        )
    if found < LATEST:
        raise Unavailable(
            f"the database is of an older Headcount (schema {found}, this one needs {LATEST}):"
            " run `headcount migrate` on it; servers of the older version may go on meanwhile"
        )
