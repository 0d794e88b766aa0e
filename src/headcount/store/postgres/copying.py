"""The promise of `store.copying`, kept by a PostgreSQL server. Rows come in by COPY."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from orjson import dumps, loads

from headcount.errors import InvalidValue
from headcount.store import plain
from headcount.store.copying import (
    LAYOUTS,
    MOST_BYTES,
    MOST_ROWS,
    UNTOLD,
    AdministratorRow,
    AuditedRow,
    EventRow,
    Key,
    Mark,
    MemberRow,
    OrganisationRow,
    PlainRow,
    ResourceRow,
    Row,
    SecretRow,
    Table,
    TokenRow,
    another_copy,
    does_not_fit,
    table_of,
)
from headcount.store.entries import email_key
from headcount.store.filters import NAMES, NUMBERS
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.migrating import bring_up_to_date, check_schema, version
from headcount.store.postgres.opening import Opener, Options
from headcount.store.postgres.rows import index_key, numbered, overlong
from headcount.store.postgres.troubles import telling

_SETTINGS_WIDTH = OrganisationRow._fields.index("users")
_SETTINGS = ", ".join(OrganisationRow._fields[:_SETTINGS_WIDTH])
_TALLY = ", ".join(OrganisationRow._fields[_SETTINGS_WIDTH:])
_KEPT = ", ".join(TokenRow._fields)
_ADMINISTRATOR = ", ".join(AdministratorRow._fields)
_AUDITED = ", ".join(AuditedRow._fields)
_MARK = ", ".join(Mark._fields)


def _reading(columns: str, table: str, key: str, start: str, weight: str) -> str:
    """The statement for a chunk: the next rows behind a key, up to a number and a weight."""
    return f"""SELECT {columns} FROM (
        SELECT *, sum({weight}) OVER (ORDER BY {key}) - ({weight}) AS before FROM (
            SELECT * FROM {table} WHERE org = $1 AND ({key}) > ({start})
            ORDER BY {key} LIMIT {MOST_ROWS}
        ) AS following
    ) AS weighed WHERE before < {MOST_BYTES} ORDER BY {key}"""


_READ = {table: numbered(sql) for table, sql in plain.NEXT.items()} | {
    Table.RESOURCES: _reading(
        """kind, id, version, created, modified, coalesce(long_name, name),
        coalesce(long_external_id, external_id), active, role, own_role, member_count,
        keys::TEXT,
        document""",
        "resource",
        "kind, id",
        "$2::SMALLINT, $3::TEXT",
        "octet_length(document) + pg_column_size(keys)",
    ),
    Table.MEMBERS: _reading(
        "grp, member, kind, display",
        "member",
        "grp, member",
        "$2::TEXT, $3::TEXT",
        "coalesce(octet_length(display), 0)",
    ),
    Table.EVENTS: _reading(
        "position, type, at, actor, subject, data, document",
        "event",
        "position",
        "$2::BIGINT",
        "octet_length(data) + coalesce(octet_length(document), 0)",
    ),
}
_MADE: dict[Table, Any] = {
    Table.RESOURCES: ResourceRow,
    Table.MEMBERS: MemberRow,
    Table.EVENTS: EventRow,
}
_FEW, _KEYS = (
    {table: numbered(sql) for table, sql in asked.items()} for asked in (plain.FEW, plain.KEYS)
)
_HIDE = (
    *map(numbered, plain.HIDE),
    "DELETE FROM tally WHERE org = $1",
    "DELETE FROM organisation WHERE id = $1",
)
_WRITTEN = {table: plain.columns_of(table).replace(",", "") for table in UNTOLD} | {
    Table.RESOURCES: "org kind id version created modified name long_name external_id"
    " long_external_id active role own_role member_count title keys document",
    Table.MEMBERS: "org grp member kind display display_key",
    Table.EVENTS: "org position type at actor subject data document",
}
_REMOVED = 10_000  # rows at once
_KEY = {table: LAYOUTS[table].key for table in UNTOLD} | {
    Table.RESOURCES: "kind, id",
    Table.MEMBERS: "grp, member",
    Table.EVENTS: "position",
}
_REMOVE = {
    table: f"""DELETE FROM {table.value} WHERE org = $1 AND ({key}) IN
        (SELECT {key} FROM {table.value} WHERE org = $1 LIMIT {_REMOVED})"""
    for table, key in _KEY.items()
}
_MARKS = """CREATE TABLE IF NOT EXISTS headcount_copy (
    org BIGINT PRIMARY KEY,
    slug TEXT NOT NULL,
    created TEXT NOT NULL,
    position BIGINT NOT NULL,
    stage TEXT NOT NULL,
    after TEXT NOT NULL,                        -- JSON list
    rows BIGINT NOT NULL,
    kept TEXT NOT NULL
)"""
_FIRST_MARK = f"""INSERT INTO headcount_copy ({_MARK}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING"""
_NEXT_MARK = f"""UPDATE headcount_copy SET ({_MARK}) = ROW ($1, $2, $3, $4, $5, $6, $7, $8)
    WHERE org = $9 AND stage = $10 AND after = $11"""
_BEHIND = """SELECT setval(pg_get_serial_sequence('organisation', 'id'), max(id))
    FROM organisation"""  # else the next organisation gets an id that is taken
_AUDITED_BEHIND = """SELECT setval(pg_get_serial_sequence('audit', 'number'), max(number))
    FROM audit"""
_TITLES = {NUMBERS[kind]: names[0] for kind, names in NAMES.items()}


class PostgresArchive:
    """One database of a server, to be copied from or to."""

    def __init__(self, url: str, options: Options) -> None:
        self._url = url
        self._options = options
        self._open: Connection | None = None

    async def identity(self) -> str:
        async with self._connection() as connection:
            row = await connection.fetchrow(
                "SELECT pg_postmaster_start_time()::TEXT, oid::TEXT FROM pg_database"
                " WHERE datname = current_database()"
            )
            return " ".join(row)

    async def open_source(self) -> None:
        async with self._connection() as connection:
            await check_schema(connection)

    async def open_target(self) -> None:
        async with self._connection() as connection:
            if not await version(connection):
                await bring_up_to_date(connection)
            await check_schema(connection)

    async def organisations(self) -> list[OrganisationRow]:
        rows = await self._fetch(
            f"SELECT {_SETTINGS}, {_TALLY} FROM organisation JOIN tally ON org = id ORDER BY id"
        )
        return [OrganisationRow(*row) for row in rows]

    async def memberships(self) -> dict[int, int]:
        rows = await self._fetch(
            """SELECT o.id, (SELECT coalesce(sum(r.member_count), 0)::BIGINT FROM resource r
            WHERE r.org = o.id AND r.kind = 2) FROM organisation o"""
        )
        return dict(map(tuple, rows))

    async def untold(self) -> int:
        ((rows,),) = await self._fetch(plain.COUNT)
        return int(rows)

    async def tokens(self, org: int) -> list[TokenRow]:
        rows = await self._fetch(f"SELECT {_KEPT} FROM token WHERE org = $1 ORDER BY id", org)
        return [TokenRow(*row) for row in rows]

    async def secrets(self) -> list[SecretRow]:
        rows = await self._fetch('SELECT name, value FROM secret ORDER BY name COLLATE "C"')
        return [SecretRow(*row) for row in rows]

    async def administrators(self) -> list[AdministratorRow]:
        rows = await self._fetch(f"SELECT {_ADMINISTRATOR} FROM administrator ORDER BY id")
        return [AdministratorRow(*row) for row in rows]

    async def few(self, org: int | None) -> list[PlainRow]:
        asked, given = (_KEYS, ()) if org is None else (_FEW, (org,))
        return [
            PlainRow(table, tuple(row))
            for table, sql in asked.items()
            for row in await self._fetch(sql, *given)
        ]

    async def audited(self, after: int) -> list[AuditedRow]:
        sql = f"SELECT {_AUDITED} FROM audit WHERE number > $1 ORDER BY number LIMIT {MOST_ROWS}"
        return [AuditedRow(*row) for row in await self._fetch(sql, after)]

    async def read(self, table: Table, org: int, after: Key) -> Sequence[Row]:
        rows = await self._fetch(_READ[table], org, *after)
        if table in UNTOLD:
            return [PlainRow(table, tuple(row)) for row in rows]
        return [_MADE[table](*row) for row in rows]

    async def marks(self) -> list[Mark] | None:
        async with self._connection() as connection:
            try:
                rows = await connection.fetch(f"SELECT {_MARK} FROM headcount_copy ORDER BY org")
            except asyncpg.UndefinedTableError:  # there is no such table, or no more
                return None
            return [Mark(*row)._replace(after=tuple(loads(row[5]))) for row in rows]

    async def begin(
        self,
        secrets: Sequence[SecretRow],
        administrators: Sequence[AdministratorRow],
        keys: Sequence[PlainRow],
    ) -> None:
        keyed = [(*one, email_key(one.email)) for one in administrators]
        async with self._transaction() as connection:
            await connection.execute(_MARKS)
            await connection.execute(
                "DELETE FROM secret; DELETE FROM administrator; DELETE FROM audit"
            )
            await _fill(connection, "secret", "name, value", secrets)
            await _fill(connection, "administrator", f"{_ADMINISTRATOR}, email_key", keyed)
            await connection.execute(plain.FORGET_KEYS)
            await _fill_few(connection, None, keys)

    async def write_audited(self, rows: Sequence[AuditedRow]) -> None:
        async with self._transaction() as connection:
            await _fill(connection, "audit", _AUDITED, rows)
            await connection.execute(_AUDITED_BEHIND)

    async def write(self, was: Mark | None, mark: Mark, rows: Sequence[Row]) -> None:
        async with self._transaction() as connection:
            await _move(connection, was, mark)
            if rows:
                table = table_of(rows[0])
                await connection.copy_records_to_table(
                    table.value,
                    records=[_written(mark.org, row) for row in rows],
                    columns=_WRITTEN[table].split(),
                )

    async def clear(self, was: Mark, mark: Mark, tables: Sequence[Table]) -> Mark:
        mark = mark._replace(rows=was.rows)
        async with self._transaction() as connection:
            await _move(connection, was, mark)
            await _hide(connection, was.org)
        for table in tables:
            while rows := await self._removed(mark, table):
                mark = mark._replace(rows=mark.rows - rows)
        return mark

    async def _removed(self, mark: Mark, table: Table) -> int:
        """How many rows of a table are gone now, which the mark knows."""
        async with self._transaction() as connection:
            done = await connection.execute(_REMOVE[table], mark.org)
            rows = int(done.rpartition(" ")[2])
            if rows:
                await _move(connection, mark, mark._replace(rows=mark.rows - rows))
            return rows

    async def finish(
        self,
        was: Mark,
        mark: Mark,
        organisation: OrganisationRow,
        tokens: Sequence[TokenRow],
        few: Sequence[PlainRow],
    ) -> None:
        org = organisation.id
        settings, tally = organisation[:_SETTINGS_WIDTH], organisation[_SETTINGS_WIDTH:]
        async with self._transaction() as connection:
            await _move(connection, was, mark)
            await _hide(connection, org)
            await _fill(connection, "organisation", _SETTINGS, [settings])
            await _fill(connection, "tally", f"org, {_TALLY}", [(org, *tally)])
            await _fill(connection, "token", f"org, {_KEPT}", [(org, *one) for one in tokens])
            await _fill_few(connection, org, few)
            await connection.execute(_BEHIND)
            await connection.execute("UPDATE access SET epoch = epoch + 1")

    async def end(self) -> None:
        async with self._transaction() as connection:
            await connection.execute("DROP TABLE headcount_copy")

    async def close(self) -> None:
        if self._open is not None:
            self._open.terminate()

    async def _fetch(self, sql: str, *given: Any) -> list[Any]:
        async with self._connection() as connection:
            return await connection.fetch(sql, *given)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        if self._open is None:
            self._open = await Opener(self._url, self._options, patient=True).connect()
        with telling(), _refusing():
            yield self._open

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection, connection.transaction():
            yield connection


@contextmanager
def _refusing() -> Iterator[None]:
    """What the database does not take is told in a sentence."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError:
        raise does_not_fit() from None
    except (asyncpg.DataError, ValueError) as error:
        raise InvalidValue(f"PostgreSQL cannot keep what the source holds: {error}") from None


def _written(org: int, row: Row) -> tuple[Any, ...]:
    """The values of a row, in the order of the columns."""
    match row:
        case ResourceRow():
            return _resource(org, row)
        case MemberRow(display=None):
            return org, *row, None
        case MemberRow(display=str(display)):
            return org, *row, display.casefold()
        case EventRow():
            return org, *row
        case PlainRow():
            return org, *row.values
    raise AssertionError(row)


def _resource(org: int, row: ResourceRow) -> tuple[Any, ...]:
    return (
        org,
        *row[:5],
        index_key(row.name),
        overlong(row.name),
        index_key(row.external_id),
        overlong(row.external_id),
        row.active,
        row.role,
        row.own_role,
        row.member_count,
        loads(row.document)[_TITLES[row.kind]],
        row.keys,
        row.document,
    )


async def _move(connection: Connection, was: Mark | None, mark: Mark) -> None:
    values = (*mark[:5], dumps(mark.after).decode(), *mark[6:])
    try:
        if was is None:
            done = await connection.execute(_FIRST_MARK, *values)
        else:
            stood = (was.org, was.stage, dumps(was.after).decode())
            done = await connection.execute(_NEXT_MARK, *values, *stood)
    except asyncpg.UndefinedTableError:  # the other one has come to its end
        raise another_copy() from None
    if not done.endswith(" 1"):
        raise another_copy()


async def _hide(connection: Connection, org: int) -> None:
    for sql in _HIDE:
        await connection.execute(sql, org)


async def _fill_few(connection: Connection, org: int | None, few: Sequence[PlainRow]) -> None:
    for table, rows in plain.by_table(few):
        columns = plain.columns_of(table)
        await _fill(connection, table.value, columns, plain.values_of(org, rows))


async def _fill(
    connection: Connection, table: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns.split(", "))
