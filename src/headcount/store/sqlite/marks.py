"""How far a copy has come, in the file that it fills."""

import apsw
from orjson import dumps

from headcount.store.copying import Mark, another_copy

MARK = ", ".join(Mark._fields)
MARKS = """CREATE TABLE IF NOT EXISTS headcount_copy (
    org INTEGER PRIMARY KEY,
    slug TEXT NOT NULL,
    created TEXT NOT NULL,
    position INTEGER NOT NULL,
    stage TEXT NOT NULL,
    after TEXT NOT NULL,                        -- JSON list
    rows INTEGER NOT NULL,
    kept TEXT NOT NULL
)"""


def move(connection: apsw.Connection, was: Mark | None, mark: Mark) -> None:
    """Let the mark stand elsewhere.

    Raises:
        Unavailable: it is not where it was: another copy is under way.
    """
    values = (*mark[:5], dumps(mark.after).decode(), *mark[6:])
    places = ", ".join("?" * len(values))
    try:
        if was is None:
            sql = f"INSERT OR IGNORE INTO headcount_copy ({MARK}) VALUES ({places})"
            connection.execute(sql, values)
        else:
            sql = f"""UPDATE headcount_copy SET ({MARK}) = ({places})
                WHERE org = ? AND stage = ? AND after = ?"""
            connection.execute(sql, (*values, was.org, was.stage, dumps(was.after).decode()))
    except apsw.SQLError:  # the table is gone: the other one has come to its end
        raise another_copy() from None
    if connection.changes() != 1:
        raise another_copy()
