"""How rows of an organisation are taken out of a file again, a part at a time."""

import apsw

from headcount.store.copying import LAYOUTS, UNTOLD, Mark, Table
from headcount.store.sqlite.marks import move

_REMOVED = 10_000  # rows at once


def _removing(table: str, key: str) -> str:
    """The statement that takes rows of an organisation away, up to a number."""
    return f"""DELETE FROM {table} WHERE (org, {key}) IN
        (SELECT org, {key} FROM {table} WHERE org = ? LIMIT ?)"""


_REMOVE = {table: _removing(table.value, LAYOUTS[table].key) for table in UNTOLD} | {
    Table.RESOURCES: _removing("resource", "kind, id"),
    Table.MEMBERS: _removing("member", "grp, member"),
    Table.EVENTS: _removing("event", "position"),
}
REMOVE_BESIDE = {  # what comes with rows, and is no row that is copied
    Table.RESOURCES: _removing("listed_value", "kind, path, key, id"),
    Table.EVENTS: """DELETE FROM event_document WHERE place IN (SELECT place FROM event_document
        WHERE place BETWEEN ?1 << 40 AND (?1 + 1) << 40 LIMIT ?2)""",
}


def removed(mark: Mark, table: Table, connection: apsw.Connection) -> int:
    """How many rows of a table are gone now, which the mark knows."""
    rows = swept(_REMOVE[table], mark.org, connection)
    if rows:
        move(connection, mark, mark._replace(rows=mark.rows - rows))
    return rows


def swept(sql: str, org: int, connection: apsw.Connection) -> int:
    """How many rows a statement took away."""
    connection.execute(sql, (org, _REMOVED))
    return connection.changes()
