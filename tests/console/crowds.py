"""Very many accounts, as fast as a database takes them."""

import apsw

from headcount.settings import is_postgres, sqlite_path
from headcount.store.model import Organisation
from tests.databases import sql

_PEOPLE = """WITH RECURSIVE number (n) AS (
        SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count}),
    person AS (SELECT {padded} AS digits, n FROM number)
    INSERT INTO resource (org, kind, id, version, created, modified, name, active, role, keys,
        document{more})
    SELECT {org}, 1, 'crowd-' || digits, 1, '2026-01-02T03:04:05.000Z',
        '2026-01-02T03:04:05.000Z', 'person' || digits || '@acme.test',
        n % 10 <> 0, CASE n % 100 WHEN 7 THEN 'owner' ELSE 'member' END,
        {keys}, {document}{values} FROM person"""
_DOCUMENT = """'{{"id":"crowd-' || digits || '","userName":"person' || digits
    || '@acme.test","displayName":"Person ' || digits || '{padding}","active":'
    || CASE n % 10 WHEN 0 THEN 'false' ELSE 'true' END || ',"role":"'
    || CASE n % 100 WHEN 7 THEN 'owner' ELSE 'member' END || '"}}'"""
_KEYS = """'{{"displayName":"person ' || digits || '{padding}"}}'"""


def settle_in(database: str, org: Organisation, count: int, padding: int = 0) -> None:
    """So many accounts: one in ten is switched off, one in a hundred an owner."""
    document, keys = (one.format(padding="x" * padding) for one in (_DOCUMENT, _KEYS))
    given = {"count": count, "org": org.id}
    if is_postgres(database):
        words = {
            "padded": "right('00000' || n, 6)",
            "keys": f"({keys})::JSONB",
            "document": f"convert_to({document}, 'UTF8')",
            "more": ", title",
            "values": ", digits",
        }
        tally = f"UPDATE tally SET users = {count}, active = {count * 9 // 10} WHERE org = {org.id}"
        sql(f"BEGIN; {_PEOPLE.format(**given, **words)}; {tally}; COMMIT", database)
        return
    words = {
        "padded": "substr('00000' || n, -6)",
        "keys": keys,
        "document": f"CAST({document} AS BLOB)",
        "more": "",
        "values": "",
    }
    tally = (
        f"UPDATE organisation SET users = {count}, active = {count * 9 // 10} WHERE id = {org.id}"
    )
    connection = apsw.Connection(str(sqlite_path(database)))
    connection.set_busy_timeout(10_000)
    connection.execute(f"BEGIN; {_PEOPLE.format(**given, **words)}; {tally}; COMMIT")
    connection.close()
