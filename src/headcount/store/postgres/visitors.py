"""Who may come into the console: few rows, of which a session is read with every request."""

from datetime import datetime
from typing import Any

import asyncpg

from headcount.store.entries import (
    ADMINISTRATOR,
    AUDITED,
    LINK,
    LINKS_KEPT,
    SESSION,
    SESSION_WIDTH,
    administrator_in,
    administrator_values,
    audited_in,
    audited_values,
    email_key,
    link_in,
    link_values,
    session_in,
    session_values,
)
from headcount.store.exchanges import within
from headcount.store.model import OrgId
from headcount.store.postgres.driver import Connection
from headcount.store.postgres.rows import numbered
from headcount.store.records import instant, readable
from headcount.store.refusals import email_taken, no_administrator, no_link
from headcount.store.visitors import Administrator, Audited, Link, Session

_BY_DIGEST = """SELECT {session}, {administrator} FROM session s
    LEFT JOIN administrator a ON a.id = s.administrator WHERE s.digest = $1""".format(
    session=", ".join(f"s.{name.strip()}" for name in SESSION.split(",")),
    administrator=", ".join(f"a.{name.strip()}" for name in ADMINISTRATOR.split(",")),
)
_USE = """UPDATE link SET used = $1 WHERE id = $2 AND revoked IS NULL AND expires > $1
    AND (used IS NULL OR reach = 'set-up')"""
_OPEN = numbered(f"INSERT INTO session ({SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
_RENEW = numbered(
    f"UPDATE session SET ({SESSION}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE digest = ?"
)
_ENDED = """DELETE FROM session WHERE id IN
    (SELECT id FROM session WHERE expires < $1 FOR UPDATE SKIP LOCKED)"""
_LOCK = 0x41554449  # any number that nobody else takes: the letters AUDI
_ONE_AFTER_THE_OTHER = f"SELECT pg_advisory_xact_lock({_LOCK})"
"""Numbers are seen in their order: else one who read on would miss the smaller of two."""


async def add_administrator(connection: Connection, one: Administrator) -> None:
    """Keep a new one."""
    try:
        await connection.execute(
            f"INSERT INTO administrator ({ADMINISTRATOR}, email_key)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *administrator_values(one),
        )
    except asyncpg.UniqueViolationError:
        raise email_taken(one.email) from None


async def administrators(connection: Connection) -> list[Administrator]:
    """All of them, by e-mail address."""
    rows = await connection.fetch(f"SELECT {ADMINISTRATOR} FROM administrator ORDER BY email_key")
    return [administrator_in(row) for row in rows]


async def find_administrator(connection: Connection, email: str) -> Administrator | None:
    """Who has the e-mail address."""
    row = await connection.fetchrow(
        f"SELECT {ADMINISTRATOR} FROM administrator WHERE email_key = $1", email_key(email)
    )
    return row and administrator_in(row)


async def remove_administrator(connection: Connection, administrator_id: str) -> Administrator:
    """Take one away, with what lets them in: sessions go along by themselves.

    Everybody takes hold of an administrator, a link and a session in this order, and so never
    waits for somebody who waits for them.
    """
    async with connection.transaction():
        row = await connection.fetchrow(
            f"SELECT {ADMINISTRATOR} FROM administrator WHERE id = $1 FOR UPDATE",
            readable(administrator_id),
        )
        if row is None:
            raise no_administrator(administrator_id)
        one = administrator_in(row)
        await connection.execute("DELETE FROM link WHERE email_key = $1", email_key(one.email))
        await connection.execute("DELETE FROM administrator WHERE id = $1", one.id)
    return one


async def add_link(connection: Connection, link: Link) -> None:
    """Keep a new link; those that ended long ago go."""
    ended = instant(link.created - LINKS_KEPT)
    await connection.execute("DELETE FROM link WHERE expires < $1", ended)
    await connection.execute(
        f"INSERT INTO link ({LINK}, email_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *link_values(link),
    )


async def links(connection: Connection, org: OrgId | None) -> list[Link]:
    """Those of an organisation or of none, the newest first."""
    rows = await connection.fetch(
        f"SELECT {LINK} FROM link WHERE org IS NOT DISTINCT FROM $1 ORDER BY created DESC, id DESC",
        org,
    )
    return [link_in(row) for row in rows]


async def find_link(connection: Connection, digest: bytes) -> Link | None:
    """The link with this hash."""
    row = await connection.fetchrow(f"SELECT {LINK} FROM link WHERE digest = $1", digest)
    return row and link_in(row)


async def use_link(connection: Connection, link_id: str, at: datetime, session: Session) -> bool:
    """Open a session by the link, if it opens one now."""
    async with connection.transaction():
        if not await _may_enter(connection, session):
            return False
        if await connection.execute(_USE, instant(at), readable(link_id)) != "UPDATE 1":
            return False
        await _open(connection, session)
    return True


async def revoke_link(
    connection: Connection, org: OrgId | None, link_id: str, at: datetime
) -> Link:
    """End a link and its sessions; one that was revoked stays as it is."""
    async with connection.transaction():
        row = await connection.fetchrow(
            "UPDATE link SET revoked = coalesce(revoked, $1)"
            f" WHERE org IS NOT DISTINCT FROM $2 AND id = $3 RETURNING {LINK}",
            instant(at),
            org,
            readable(link_id),
        )
        if row is None:
            raise no_link(link_id)
        await connection.execute("DELETE FROM session WHERE link = $1", link_id)
    return link_in(row)


async def add_session(connection: Connection, session: Session) -> None:
    """Keep a new session."""
    async with connection.transaction():
        if not await _may_enter(connection, session):
            raise no_administrator(session.administrator or "")
        await _open(connection, session)


async def _may_enter(connection: Connection, session: Session) -> bool:
    """Whether its administrator is still one, and stays so until this transaction ends."""
    if session.administrator is None:
        return True
    sql = "SELECT 1 FROM administrator WHERE id = $1 FOR NO KEY UPDATE"
    return bool(await connection.fetchval(sql, readable(session.administrator)))


async def _open(connection: Connection, session: Session) -> None:
    await connection.execute(_ENDED, instant(session.created))
    await connection.execute(_OPEN, *session_values(session))
    await _seen(connection, session)


async def _seen(connection: Connection, session: Session) -> None:
    await connection.execute(
        "UPDATE administrator SET last_seen = $1 WHERE id = $2"
        " AND (last_seen IS NULL OR last_seen < $1)",
        instant(session.last_seen),
        session.administrator,
    )


async def find_session(
    connection: Connection, digest: bytes
) -> tuple[Session, Administrator | None] | None:
    """The session with this hash, and whose it is."""
    row: Any = await connection.fetchrow(_BY_DIGEST, digest)
    if row is None:
        return None
    session, whose = session_in(row[:SESSION_WIDTH]), row[SESSION_WIDTH:]
    return session, None if whose[0] is None else administrator_in(whose)


async def renew_session(connection: Connection, digest: bytes, session: Session) -> bool:
    """Put another in its place."""
    async with connection.transaction():
        if not await _may_enter(connection, session):
            return False
        if await connection.execute(_RENEW, *session_values(session), digest) != "UPDATE 1":
            return False
        await _seen(connection, session)
    return True


async def sessions(connection: Connection, org: OrgId | None) -> list[Session]:
    """Those of an organisation or of everybody, the last seen first."""
    rows = await connection.fetch(
        f"SELECT {SESSION} FROM session WHERE $1::BIGINT IS NULL OR org = $1"
        " ORDER BY last_seen DESC, id DESC",
        org,
    )
    return [session_in(row) for row in rows]


async def end_session(connection: Connection, session_id: str) -> None:
    """Forget a session."""
    await connection.execute("DELETE FROM session WHERE id = $1", readable(session_id))


async def audit(connection: Connection, entry: Audited) -> None:
    """Keep what somebody did."""
    async with connection.transaction():
        await connection.execute(_ONE_AFTER_THE_OTHER)
        await connection.execute(
            "INSERT INTO audit (at, actor, action, org, data) VALUES ($1, $2, $3, $4, $5)",
            *audited_values(entry),
        )


async def audited(
    connection: Connection, org: OrgId | None, before: int | None, limit: int
) -> list[Audited]:
    """What was done, the newest first."""
    where, given = ["TRUE"], []
    if org is not None:
        where.append("org = ?")
        given.append(int(org))
    if before is not None:
        where.append("number < ?")
        given.append(within(before))
    sql = f"SELECT {AUDITED} FROM audit WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
    return [audited_in(row) for row in await connection.fetch(numbered(sql), *given, limit)]
