"""What was asked and answered: many rows, written by COPY, read by their indexes."""

from collections.abc import Sequence

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
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.rows import numbered
from headcount.store.records import readable
from headcount.store.refusals import no_exchange

_LOCK = 0x45584348  # any number that nobody else takes: the letters EXCH
_ONE_AFTER_THE_OTHER = f"SELECT pg_advisory_xact_lock({_LOCK})"
"""Numbers are seen in their order: else one who reads on would miss the smaller of two."""
_NUMBERS = """SELECT nextval(pg_get_serial_sequence('exchange', 'number'))
    FROM generate_series(1, $1::INT)"""
_COUNT = """INSERT INTO daily (org, day, did, times)
    SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[])
    ON CONFLICT (org, day, did) DO UPDATE SET times = daily.times + excluded.times"""
_COLUMNS = ["number", *(name.strip() for name in WRITTEN.split(","))]
_BODY_COLUMNS = ["number", *BODY.split(", ")]
_FAILURES = f"""SELECT {EXCHANGE}, times, people FROM (
        SELECT max(number) AS last, count(*) AS times,
            count(DISTINCT nullif(person_key, '')) AS people
        FROM (SELECT number, refusal, detail, person_key
            FROM exchange WHERE org = $1 AND at >= $2 AND status >= 400
            ORDER BY at DESC LIMIT {MOST_COMPARED}
        ) AS newest GROUP BY refusal, detail
        ORDER BY people DESC, times DESC, last DESC LIMIT {MOST_FAILURES}
    ) AS told JOIN exchange ON org = $1 AND number = last
    ORDER BY people DESC, times DESC, last DESC"""
_PART = 1_000  # rows that go at once
_OLD = f"SELECT org, number FROM exchange WHERE at < $1 ORDER BY at LIMIT {_PART}"
_SPARE = f"""SELECT org, number FROM exchange WHERE org = $1 AND number <= $2
    ORDER BY number LIMIT {_PART}"""
_LAST_SPARE = """SELECT o.org, spare.number
    FROM (SELECT id AS org FROM organisation UNION ALL SELECT 0) AS o CROSS JOIN LATERAL (
        SELECT number FROM exchange e WHERE e.org = o.org
        ORDER BY number DESC LIMIT 1 OFFSET $1) AS spare"""
_FORGET = """WITH part AS MATERIALIZED ({part}), gone AS (
        DELETE FROM exchange e USING part WHERE (e.org, e.number) = (part.org, part.number)
        RETURNING e.number
    ), bodies AS (
        DELETE FROM exchange_body b USING part WHERE b.number = part.number
    ) SELECT count(*) FROM gone"""
_EVENT = "position, type, at, actor, subject, data"
_ABOUT = f"""(SELECT {_EVENT} FROM event WHERE org = $1 AND subject = $2 AND position < $3
        ORDER BY position DESC LIMIT $4)
    UNION ALL (SELECT {_EVENT} FROM event
        WHERE org = $1 AND data::jsonb ->> 'member' = $2 AND position < $3
            AND type IN ('group.member_added', 'group.member_removed')
        ORDER BY position DESC LIMIT $4)
    ORDER BY position DESC LIMIT $4"""


async def add_exchanges(connection: Connection, rows: Sequence[Row], tallies: Tallies) -> None:
    """Keep some, in order, and add to the numbers of the days."""
    async with connection.transaction():
        await connection.execute(_ONE_AFTER_THE_OTHER)
        if rows:
            numbers = sorted(row[0] for row in await connection.fetch(_NUMBERS, len(rows)))
            both = list(zip(numbers, rows, strict=True))
            await connection.copy_records_to_table(
                "exchange",
                records=[(number, *row.values) for number, row in both],
                columns=_COLUMNS,
            )
            await connection.copy_records_to_table(
                "exchange_body",
                records=[(number, *row.body) for number, row in both],
                columns=_BODY_COLUMNS,
            )
        if tallies:
            told = [(org, day, did.value, times) for (org, day, did), times in tallies.items()]
            await connection.execute(_COUNT, *map(list, zip(*told, strict=True)))


async def exchanges(
    connection: Connection, org: OrgId | None, sought: Sought, limit: int
) -> list[Exchange]:
    """Some of them, by number; it stops once there are enough."""
    asked = wanted(org, sought, "strpos(person_key, ?) > 0")
    where = " AND ".join([sql for sql, _ in asked.conditions] + [asked.fixed or "TRUE"])
    order = "DESC" if asked.newest_first else "ASC"
    sql = f"SELECT {EXCHANGE} FROM exchange WHERE {where} ORDER BY number {order} LIMIT ?"
    given = [value for _, value in asked.conditions]
    return [exchange_in(row) for row in await connection.fetch(numbered(sql), *given, limit)]


async def exchange(connection: Connection, org: OrgId | None, number: int) -> Exchange:
    """One of them, whole."""
    row = await connection.fetchrow(
        f"SELECT {EXCHANGE}, {BODY} FROM exchange JOIN exchange_body USING (number)"
        " WHERE number = $1 AND org = $2",
        within(number),
        NOBODY if org is None else org,
    )
    if row is None:
        raise no_exchange(number)
    return exchange_in(row[:-3], row[-3:])


async def failures(
    connection: Connection, org: OrgId, since: str
) -> list[tuple[Exchange, int, int]]:
    """What failed since then, by refusal and detail."""
    rows = await connection.fetch(_FAILURES, org, since)
    return [(exchange_in(row[:-2]), row[-2], row[-1]) for row in rows]


async def days(connection: Connection, org: OrgId, since: str) -> list[tuple[str, Done, int]]:
    """The numbers of each day from then on."""
    rows = await connection.fetch(
        "SELECT day, did, times FROM daily WHERE org = $1 AND day >= $2 ORDER BY day, did",
        org,
        since,
    )
    return [(day, Done(did), times) for day, did, times in rows]


async def last_spare(connection: Connection, most: int) -> list[tuple[int, int]]:
    """Each organisation that has more than the newest `most`, and the newest that is too many."""
    return [(org, last) for org, last in await connection.fetch(_LAST_SPARE, most)]


async def forget_before(connection: Connection, before: str) -> int:
    """Remove a part of those from before then; how many went."""
    return int(await connection.fetchval(_FORGET.format(part=_OLD), before))


async def forget_spare(connection: Connection, org: int, last: int) -> int:
    """Remove a part of an organisation's up to a number; how many went."""
    return int(await connection.fetchval(_FORGET.format(part=_SPARE), org, last))


async def forget_days(connection: Connection, before: str) -> None:
    """Remove the numbers of days before then."""
    await connection.execute("DELETE FROM daily WHERE day < $1", before)


async def events_about(
    connection: Connection, org: OrgId, subject: str, before: int | None, limit: int
) -> list[Recorded]:
    """What happened to it, and who let it in or out; the newest first."""
    last = within(2**63 if before is None else before)
    return [
        Recorded(position, EventType(name), at, actor, about, loads(data))
        for position, name, at, actor, about, data in await connection.fetch(
            _ABOUT, org, readable(subject), last, limit
        )
    ]
