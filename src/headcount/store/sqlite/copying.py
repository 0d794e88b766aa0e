"""The promise of `store.copying`, kept by one SQLite file.

All of it runs in one thread, so that the other database is not kept waiting.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw
from orjson import loads

from headcount.errors import Unavailable
from headcount.store import plain
from headcount.store.copying import (
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
    does_not_fit,
    table_of,
)
from headcount.store.entries import email_key
from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, listed_values
from headcount.store.sqlite.connection import FileLock, open_guarded, open_writer
from headcount.store.sqlite.marks import MARK, MARKS, move
from headcount.store.sqlite.numbers import FREE, number_of
from headcount.store.sqlite.removing import REMOVE_BESIDE, removed, swept
from headcount.store.sqlite.rows import place_of
from headcount.store.sqlite.schema import check_schema, version
from headcount.store.sqlite.store import migrate_file

T = TypeVar("T")

_ORGANISATION = ", ".join(OrganisationRow._fields)
_KEPT = ", ".join(TokenRow._fields)
_RESOURCE = ", ".join(ResourceRow._fields)
_ADMINISTRATOR = ", ".join(AdministratorRow._fields)
_AUDITED = ", ".join(AuditedRow._fields)

_READ = plain.NEXT | {
    Table.RESOURCES: f"""SELECT {_RESOURCE} FROM resource
        WHERE org = ? AND (kind, id) > (?, ?) ORDER BY kind, id LIMIT {MOST_ROWS}""",
    Table.MEMBERS: f"""SELECT grp, member, kind, display FROM member
        WHERE org = ? AND (grp, member) > (?, ?) ORDER BY grp, member LIMIT {MOST_ROWS}""",
    Table.EVENTS: f"""SELECT e.position, e.type, e.at, e.actor, e.subject, e.data, d.document
        FROM event e LEFT JOIN event_document d ON d.place = (e.org << 40) + e.position
        WHERE e.org = ? AND e.position > ? ORDER BY e.position LIMIT {MOST_ROWS}""",
}
_WRITE = {
    # json() takes spaces out
    Table.RESOURCES: f"""INSERT INTO resource (seq, org, {_RESOURCE})
        VALUES ({FREE}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, json(?), ?)""",
    Table.MEMBERS: "INSERT INTO member (org, grp, member, kind, display) VALUES (?, ?, ?, ?, ?)",
    Table.EVENTS: """INSERT INTO event (org, position, type, at, actor, subject, data)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
}
_WRITTEN: dict[Table, int] = {
    Table.RESOURCES: len(ResourceRow._fields),
    Table.MEMBERS: len(MemberRow._fields),
    Table.EVENTS: len(EventRow._fields) - 1,  # its document has a table of its own
}
_KEEP = "INSERT INTO event_document (place, document) VALUES (?, ?)"
_LIST = "INSERT OR IGNORE INTO listed_value (org, kind, path, key, id) VALUES (?, ?, ?, ?, ?)"


class SqliteArchive:
    """One SQLite file, to be copied from or to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="headcount-copy")
        self._connection: apsw.Connection | None = None
        self._lock: FileLock | None = None

    async def identity(self) -> str | None:
        with contextlib.suppress(OSError):
            found = self._path.stat()
            return f"{found.st_dev} {found.st_ino}"
        return None

    async def open_source(self) -> None:
        def run() -> None:
            self._connection = open_guarded(self._path)
            check_schema(self._connection)

        await self._run(run)

    async def open_target(self) -> None:
        def run() -> None:
            self._connection = open_writer(self._path)
            self._lock = FileLock(self._path)
            if not version(self._connection):
                migrate_file(self._path)
            check_schema(self._connection)

        await self._run(run)

    async def organisations(self) -> list[OrganisationRow]:
        rows = await self._read(f"SELECT {_ORGANISATION} FROM organisation ORDER BY id")
        return [OrganisationRow(*row)._replace(disabled=bool(row[7])) for row in rows]

    async def memberships(self) -> dict[int, int]:
        sql = """SELECT o.id, (SELECT coalesce(sum(r.member_count), 0) FROM resource r
            WHERE r.org = o.id AND r.kind = 2) FROM organisation o"""
        return dict(await self._read(sql))

    async def untold(self) -> int:
        ((rows,),) = await self._read(plain.COUNT)
        return int(rows)

    async def tokens(self, org: int) -> list[TokenRow]:
        rows = await self._read(f"SELECT {_KEPT} FROM token WHERE org = ? ORDER BY id", org)
        return [TokenRow._make((*row[:7], *map(bool, row[7:9]), *row[9:])) for row in rows]

    async def secrets(self) -> list[SecretRow]:
        rows = await self._read("SELECT name, value FROM secret ORDER BY name")
        return [SecretRow(*row) for row in rows]

    async def administrators(self) -> list[AdministratorRow]:
        rows = await self._read(f"SELECT {_ADMINISTRATOR} FROM administrator ORDER BY id")
        return [AdministratorRow(*row) for row in rows]

    async def few(self, org: int | None) -> list[PlainRow]:
        asked, given = (plain.KEYS, ()) if org is None else (plain.FEW, (org,))
        return [
            PlainRow(table, row)
            for table, sql in asked.items()
            for row in await self._read(sql, *given)
        ]

    async def audited(self, after: int) -> list[AuditedRow]:
        sql = f"SELECT {_AUDITED} FROM audit WHERE number > ? ORDER BY number LIMIT {MOST_ROWS}"
        return [AuditedRow(*row) for row in await self._read(sql, after)]

    async def read(self, table: Table, org: int, after: Key) -> Sequence[Row]:
        return await self._do(lambda c: _chunk(c.execute(_READ[table], (org, *after)), table))

    async def marks(self) -> list[Mark] | None:
        try:
            rows = await self._read(f"SELECT {MARK} FROM headcount_copy ORDER BY org")
        except apsw.SQLError:  # there is no such table, or no more
            return None
        return [Mark(*row)._replace(after=tuple(loads(row[5]))) for row in rows]

    async def begin(
        self,
        secrets: Sequence[SecretRow],
        administrators: Sequence[AdministratorRow],
        keys: Sequence[PlainRow],
    ) -> None:
        keyed = [(*one, email_key(one.email)) for one in administrators]

        def write(connection: apsw.Connection) -> None:
            connection.execute(MARKS)
            for table in ("secret", "administrator", "audit"):
                connection.execute(f"DELETE FROM {table}")
            _fill(connection, "secret", "name, value", secrets)
            _fill(connection, "administrator", f"{_ADMINISTRATOR}, email_key", keyed)
            connection.execute(plain.FORGET_KEYS)
            _fill_few(connection, None, keys)

        await self._write(write)

    async def write_audited(self, rows: Sequence[AuditedRow]) -> None:
        await self._write(lambda connection: _fill(connection, "audit", _AUDITED, rows))

    async def write(self, was: Mark | None, mark: Mark, rows: Sequence[Row]) -> None:
        def write(connection: apsw.Connection) -> None:
            move(connection, was, mark)
            if rows:
                _insert(connection, mark.org, rows)

        await self._write(write)

    async def clear(self, was: Mark, mark: Mark, tables: Sequence[Table]) -> Mark:
        mark = mark._replace(rows=was.rows)

        def hide(connection: apsw.Connection) -> None:
            move(connection, was, mark)
            _hide(connection, was.org)

        await self._write(hide)
        for table in tables:
            while rows := await self._write(partial(removed, mark, table)):
                mark = mark._replace(rows=mark.rows - rows)
            if beside := REMOVE_BESIDE.get(table):
                while await self._write(partial(swept, beside, mark.org)):
                    pass
        return mark

    async def finish(
        self,
        was: Mark,
        mark: Mark,
        organisation: OrganisationRow,
        tokens: Sequence[TokenRow],
        few: Sequence[PlainRow],
    ) -> None:
        def write(connection: apsw.Connection) -> None:
            move(connection, was, mark)
            _hide(connection, organisation.id)
            _fill(connection, "organisation", _ORGANISATION, [organisation])
            _fill(
                connection,
                "token",
                f"org, {_KEPT}",
                [(organisation.id, *one) for one in tokens],
            )
            _fill_few(connection, organisation.id, few)
            connection.execute("UPDATE access SET epoch = epoch + 1")

        await self._write(write)

    async def end(self) -> None:
        await self._write(lambda connection: connection.execute("DROP TABLE headcount_copy"))

    async def close(self) -> None:
        def run() -> None:
            if self._connection is not None:
                self._connection.close()
            if self._lock is not None:
                self._lock.close()

        await self._run(run)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        def told() -> T:
            with self._telling():
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._thread, told)

    async def _do(self, work: Callable[[apsw.Connection], T]) -> T:
        connection = self._connection
        assert connection is not None
        return await self._run(lambda: work(connection))

    async def _read(self, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        return await self._do(lambda connection: connection.execute(sql, given).fetchall())

    async def _write(self, work: Callable[[apsw.Connection], T]) -> T:
        lock = self._lock
        assert lock is not None

        def once(connection: apsw.Connection) -> T:
            with lock.held(), _transaction(connection):
                return work(connection)

        return await self._do(once)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """What goes wrong in the block is told in a sentence."""
        try:
            yield
        except apsw.ConstraintError:
            raise does_not_fit() from None
        except apsw.FullError:
            raise Unavailable(f"the disk of {self._path} is full") from None
        except (apsw.NotADBError, apsw.CorruptError):
            raise Unavailable(f"{self._path} is not an SQLite database, or it is damaged") from None
        except (apsw.BusyError, apsw.IOError, apsw.ReadOnlyError) as error:
            raise Unavailable(f"the database {self._path} cannot be used now: {error}") from None


@contextlib.contextmanager
def _transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _chunk(rows: Iterator[tuple[Any, ...]], table: Table) -> list[Row]:
    """The rows up to the size of a chunk; at least one, if there is one."""
    chunk: list[Row] = []
    weight = 0
    for values in rows:
        row = _row(table, values)
        weight += row.weight
        if chunk and weight > MOST_BYTES:
            break
        chunk.append(row)
    return chunk


def _row(table: Table, values: tuple[Any, ...]) -> Row:
    match table:
        case Table.RESOURCES:
            active = None if values[7] is None else bool(values[7])
            return ResourceRow._make((*values[:7], active, *values[8:]))
        case Table.MEMBERS:
            return MemberRow(*values)
        case Table.EVENTS:
            return EventRow(*values)
    return PlainRow(table, values)


def _insert(connection: apsw.Connection, org: int, rows: Sequence[Row]) -> None:
    table = table_of(rows[0])
    if table in UNTOLD:
        given = plain.values_of(org, [row for row in rows if isinstance(row, PlainRow)])
        _fill(connection, table.value, plain.columns_of(table), given)
        return
    width = _WRITTEN[table]
    connection.executemany(_WRITE[table], [(*_number(row), org, *row[:width]) for row in rows])
    if table is Table.EVENTS:
        connection.executemany(_KEEP, _kept(org, rows))
    if table is Table.RESOURCES:
        connection.executemany(_LIST, _listed(org, rows))


def _number(row: Row) -> tuple[int | None, ...]:
    """What a row begins with whose place its id tells."""
    return (number_of(row.id),) if isinstance(row, ResourceRow) else ()


def _kept(org: int, rows: Sequence[Row]) -> list[tuple[int, bytes]]:
    """The documents of events."""
    return [
        (place_of(org, row.position), row.document)
        for row in rows
        if isinstance(row, EventRow) and row.document is not None
    ]


def _listed(org: int, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """What is found by an index inside multi-valued attributes of accounts."""
    return [
        (org, row.kind, path, key, row.id)
        for row in rows
        if isinstance(row, ResourceRow) and row.kind == NUMBERS[Kind.USER]
        for path, key in listed_values(loads(row.keys))
    ]


def _hide(connection: apsw.Connection, org: int) -> None:
    for sql in plain.HIDE:
        connection.execute(sql, (org,))
    connection.execute("DELETE FROM organisation WHERE id = ?", (org,))


def _fill(
    connection: apsw.Connection, table: str, columns: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    marks = ", ".join("?" * len(columns.split(",")))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def _fill_few(connection: apsw.Connection, org: int | None, few: Sequence[PlainRow]) -> None:
    for table, rows in plain.by_table(few):
        _fill(connection, table.value, plain.columns_of(table), plain.values_of(org, rows))
