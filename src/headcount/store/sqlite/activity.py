"""What was asked and answered: many rows, written in batches, read by their indexes."""

from collections.abc import Sequence

import apsw
from orjson import loads

from headcount.store.activity import Done, Exchange, Sought, Tallies
from headcount.store.exchanges import (
    BODY,
    EXCHANGE,
    MOST_COMPARED,
    MOST_FAILURES,
    NOBODY,
    WRITTEN,
    Row,
    exchange_in,
    wanted,
    within,
)
from headcount.store.model import EventType, OrgId, Recorded
from headcount.store.refusals import no_exchange
from headcount.store.sqlite.many import insert, insert_numbered

_ADD = f"INSERT INTO exchange ({WRITTEN}) VALUES"
_ADD_BODY = f"INSERT INTO exchange_body (number, {BODY}) VALUES"
_COUNT = """INSERT INTO daily (org, day, did, times) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET times = times + excluded.times"""
_FAILURES = f"""SELECT {EXCHANGE}, times, people FROM (
        SELECT max(number) AS last, count(*) AS times,
            count(DISTINCT nullif(person_key, '')) AS people
        FROM (SELECT number, refusal, detail, person_key
            FROM exchange INDEXED BY exchange_failed_at
            WHERE org = ? AND at >= ? AND status >= 400 ORDER BY at DESC LIMIT {MOST_COMPARED}
        ) GROUP BY refusal, detail
        ORDER BY people DESC, times DESC, last DESC LIMIT {MOST_FAILURES}
    ) JOIN exchange ON number = last ORDER BY people DESC, times DESC, last DESC"""
_OLD = "SELECT number FROM exchange INDEXED BY exchange_at WHERE at < ? ORDER BY at LIMIT ?"
_SPARE = """SELECT number FROM exchange INDEXED BY exchange_org
    WHERE org = ? AND number <= ? ORDER BY number LIMIT ?"""
_LAST_SPARE = """SELECT org, last FROM (
        SELECT o.org, (SELECT number FROM exchange e INDEXED BY exchange_org WHERE e.org = o.org
            ORDER BY number DESC LIMIT 1 OFFSET ?) AS last
        FROM (SELECT id AS org FROM organisation UNION ALL SELECT 0) AS o
    ) WHERE last IS NOT NULL"""
_PART = 500  # rows that go at once
_EVENT = "position, type, at, actor, subject, data"
_ABOUT = f"""SELECT {_EVENT} FROM (SELECT {_EVENT} FROM event INDEXED BY event_subject
        WHERE org = :org AND subject = :subject AND position < :before
        ORDER BY position DESC LIMIT :limit)
    UNION ALL SELECT {_EVENT} FROM (SELECT {_EVENT} FROM event INDEXED BY event_member
        WHERE org = :org AND json_extract(data, '$.member') = :subject AND position < :before
            AND type IN ('group.member_added', 'group.member_removed')
        ORDER BY position DESC LIMIT :limit)
    ORDER BY position DESC LIMIT :limit"""


def add_exchanges(connection: apsw.Connection, rows: Sequence[Row]) -> None:
    """Keep some, in order."""
    numbers = insert_numbered(connection, _ADD, [row.values for row in rows])
    bodies = [(number, *row.body) for number, row in zip(numbers, rows, strict=True)]
    insert(connection, _ADD_BODY, bodies)


def add_to_days(connection: apsw.Connection, tallies: Tallies) -> None:
    """Add to the numbers of the days."""
    for (org, day, did), times in tallies.items():
        connection.execute(_COUNT, (org, day, did.value, times))


def exchanges(
    connection: apsw.Connection, org: OrgId | None, sought: Sought, limit: int
) -> list[Exchange]:
    """Some of them, by number; it stops once there are enough. Rows of others are not read."""
    asked = wanted(org, sought, "instr(person_key, ?) > 0")
    where = " AND ".join([sql for sql, _ in asked.conditions] + [asked.fixed or "TRUE"])
    order = "DESC" if asked.newest_first else "ASC"
    found = (
        f"SELECT number FROM exchange INDEXED BY {asked.by} WHERE {where}"
        f" ORDER BY number {order} LIMIT ?"
    )
    rows = connection.execute(
        f"SELECT {EXCHANGE} FROM exchange WHERE number IN ({found}) ORDER BY number {order}",
        (*(value for _, value in asked.conditions), limit),
    )
    return [exchange_in(row) for row in rows]


def exchange(connection: apsw.Connection, org: OrgId | None, number: int) -> Exchange:
    """One of them, whole."""
    row = connection.execute(
        f"SELECT {EXCHANGE}, {BODY} FROM exchange JOIN exchange_body USING (number)"
        " WHERE number = ? AND org = ?",
        (within(number), NOBODY if org is None else org),
    ).fetchone()
    if row is None:
        raise no_exchange(number)
    return exchange_in(row[:-3], row[-3:])


def failures(
    connection: apsw.Connection, org: OrgId, since: str
) -> list[tuple[Exchange, int, int]]:
    """What failed since then, by refusal and detail."""
    rows = connection.execute(_FAILURES, (org, since))
    return [(exchange_in(row[:-2]), row[-2], row[-1]) for row in rows]


def days(connection: apsw.Connection, org: OrgId, since: str) -> list[tuple[str, Done, int]]:
    """The numbers of each day from then on."""
    rows = connection.execute(
        "SELECT day, did, times FROM daily WHERE org = ? AND day >= ? ORDER BY day, did",
        (org, since),
    )
    return [(day, Done(did), times) for day, did, times in rows]


def last_spare(connection: apsw.Connection, most: int) -> list[tuple[int, int]]:
    """Each organisation that has more than the newest `most`, and the newest that is too many."""
    return [(org, last) for org, last in connection.execute(_LAST_SPARE, (most,))]


def forget_before(connection: apsw.Connection, before: str) -> int:
    """Remove a part of those from before then; how many went."""
    return _forget(connection, _OLD, (before, _PART))


def forget_spare(connection: apsw.Connection, org: int, last: int) -> int:
    """Remove a part of an organisation's up to a number; how many went."""
    return _forget(connection, _SPARE, (org, last, _PART))


def _forget(connection: apsw.Connection, sql: str, given: tuple[int | str, ...]) -> int:
    numbers = connection.execute(sql, given).fetchall()
    connection.executemany("DELETE FROM exchange WHERE number = ?", numbers)
    connection.executemany("DELETE FROM exchange_body WHERE number = ?", numbers)
    return len(numbers)


def forget_days(connection: apsw.Connection, before: str) -> None:
    """Remove the numbers of days before then."""
    connection.execute("DELETE FROM daily WHERE day < ?", (before,))


def events_about(
    connection: apsw.Connection, org: OrgId, subject: str, before: int | None, limit: int
) -> list[Recorded]:
    """What happened to it, and who let it in or out; the newest first."""
    last = within(2**63 if before is None else before)
    given = {"org": org, "subject": subject, "before": last, "limit": limit}
    return [
        Recorded(position, EventType(name), at, actor, about, loads(data))
        for position, name, at, actor, about, data in connection.execute(_ABOUT, given)
    ]
