"""Very many members of a group, as fast as a database takes them."""

import apsw

from headcount.settings import is_postgres, sqlite_path
from headcount.store.model import OrgId
from tests.databases import sql

ORG = OrgId(1)
PREFIX = "crowd-"


_JOIN = """WITH RECURSIVE number (n) AS (
        SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {count})
    INSERT INTO member (org, grp, member, kind)
    SELECT r.org, r.id, '{prefix}' || substr('{zeros}' || n, -30), 1 FROM number, resource r
    WHERE r.kind = 2 AND r.id = '{group}';"""
_COUNT = """UPDATE resource SET member_count = member_count + {count}, version = version + 1
    WHERE kind = 2 AND id = '{group}';"""


def joins(database: str, group: str, count: int) -> list[str]:
    """So many accounts, of whom nothing but their membership exists; their ids in order."""
    given = {"count": count, "prefix": PREFIX, "zeros": "0" * 30, "group": group}
    text = f"BEGIN;{_JOIN}{_COUNT}COMMIT;".format(**given)
    write(database, text)
    return [f"{PREFIX}{number:030}" for number in range(count)]


def write(database: str, text: str) -> None:
    """Run some SQL that both stores understand."""
    if is_postgres(database):
        sql(text.replace("substr(", "right(").replace(", -30)", ", 30)"), database)
        return
    connection = apsw.Connection(str(sqlite_path(database)))
    connection.set_busy_timeout(10_000)
    connection.execute(text)
    connection.close()
