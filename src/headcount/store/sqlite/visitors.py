"""Who may come into the console: few rows, of which a session is read with every request."""

from datetime import datetime
from typing import Any

import apsw

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
from headcount.store.records import instant
from headcount.store.refusals import email_taken, no_administrator, no_link
from headcount.store.visitors import Administrator, Audited, Link, Session

_BY_DIGEST = """SELECT {session}, {administrator} FROM session s
    LEFT JOIN administrator a ON a.id = s.administrator WHERE s.digest = ?""".format(
    session=", ".join(f"s.{name.strip()}" for name in SESSION.split(",")),
    administrator=", ".join(f"a.{name.strip()}" for name in ADMINISTRATOR.split(",")),
)
_USE = """UPDATE link SET used = ? WHERE id = ? AND revoked IS NULL AND expires > ?
    AND (used IS NULL OR reach = 'set-up')"""
_OPEN = f"INSERT INTO session ({SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_RENEW = f"UPDATE session SET ({SESSION}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE digest = ?"


def add_administrator(connection: apsw.Connection, one: Administrator) -> None:
    """Keep a new one."""
    try:
        connection.execute(
            f"INSERT INTO administrator ({ADMINISTRATOR}, email_key) VALUES (?, ?, ?, ?, ?, ?)",
            administrator_values(one),
        )
    except apsw.ConstraintError:
        raise email_taken(one.email) from None


def administrators(connection: apsw.Connection) -> list[Administrator]:
    """All of them, by e-mail address."""
    rows = connection.execute(f"SELECT {ADMINISTRATOR} FROM administrator ORDER BY email_key")
    return [administrator_in(row) for row in rows]


def find_administrator(connection: apsw.Connection, email: str) -> Administrator | None:
    """Who has the e-mail address."""
    row = connection.execute(
        f"SELECT {ADMINISTRATOR} FROM administrator WHERE email_key = ?", (email_key(email),)
    ).fetchone()
    return row and administrator_in(row)


def remove_administrator(connection: apsw.Connection, administrator_id: str) -> Administrator:
    """Take one away, with what lets them in."""
    row = connection.execute(
        f"DELETE FROM administrator WHERE id = ? RETURNING {ADMINISTRATOR}", (administrator_id,)
    ).fetchone()
    if row is None:
        raise no_administrator(administrator_id)
    one = administrator_in(row)
    connection.execute("DELETE FROM session WHERE administrator = ?", (administrator_id,))
    connection.execute("DELETE FROM link WHERE email_key = ?", (email_key(one.email),))
    return one


def add_link(connection: apsw.Connection, link: Link) -> None:
    """Keep a new link; those that ended long ago go."""
    ended = instant(link.created - LINKS_KEPT)
    connection.execute("DELETE FROM link WHERE expires < ?", (ended,))
    connection.execute(
        f"INSERT INTO link ({LINK}, email_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        link_values(link),
    )


def links(connection: apsw.Connection, org: OrgId | None) -> list[Link]:
    """Those of an organisation or of the whole server, the newest first."""
    rows = connection.execute(
        f"SELECT {LINK} FROM link WHERE org IS ? ORDER BY created DESC, id DESC", (org,)
    )
    return [link_in(row) for row in rows]


def find_link(connection: apsw.Connection, digest: bytes) -> Link | None:
    """The link with this hash."""
    row = connection.execute(f"SELECT {LINK} FROM link WHERE digest = ?", (digest,)).fetchone()
    return row and link_in(row)


def use_link(connection: apsw.Connection, link_id: str, at: datetime, session: Session) -> bool:
    """Open a session by the link, if it opens one now."""
    if not _may_enter(connection, session):
        return False
    now = instant(at)
    connection.execute(_USE, (now, link_id, now))
    if not connection.changes():
        return False
    _open(connection, session)
    return True


def revoke_link(connection: apsw.Connection, org: OrgId | None, link_id: str, at: datetime) -> Link:
    """End a link and its sessions; one that was revoked stays as it is."""
    connection.execute(
        "UPDATE link SET revoked = ? WHERE org IS ? AND id = ? AND revoked IS NULL",
        (instant(at), org, link_id),
    )
    row = connection.execute(
        f"SELECT {LINK} FROM link WHERE org IS ? AND id = ?", (org, link_id)
    ).fetchone()
    if row is None:
        raise no_link(link_id)
    connection.execute("DELETE FROM session WHERE link = ?", (link_id,))
    return link_in(row)


def add_session(connection: apsw.Connection, session: Session) -> None:
    """Keep a new session."""
    if not _may_enter(connection, session):
        raise no_administrator(session.administrator or "")
    _open(connection, session)


def _may_enter(connection: apsw.Connection, session: Session) -> bool:
    """Whether its administrator is still one."""
    if session.administrator is None:
        return True
    sql = "SELECT 1 FROM administrator WHERE id = ?"
    return bool(connection.execute(sql, (session.administrator,)).get)


def _open(connection: apsw.Connection, session: Session) -> None:
    connection.execute("DELETE FROM session WHERE expires < ?", (instant(session.created),))
    connection.execute(_OPEN, session_values(session))
    _seen(connection, session)


def _seen(connection: apsw.Connection, session: Session) -> None:
    now = instant(session.last_seen)
    connection.execute(
        "UPDATE administrator SET last_seen = ? WHERE id = ?"
        " AND (last_seen IS NULL OR last_seen < ?)",
        (now, session.administrator, now),
    )


def find_session(
    connection: apsw.Connection, digest: bytes
) -> tuple[Session, Administrator | None] | None:
    """The session with this hash, and whose it is."""
    row: Any = connection.execute(_BY_DIGEST, (digest,)).fetchone()
    if row is None:
        return None
    session, whose = session_in(row[:SESSION_WIDTH]), row[SESSION_WIDTH:]
    return session, None if whose[0] is None else administrator_in(whose)


def renew_session(connection: apsw.Connection, digest: bytes, session: Session) -> bool:
    """Put another in its place."""
    connection.execute(_RENEW, (*session_values(session), digest))
    if not connection.changes():
        return False
    _seen(connection, session)
    return True


def sessions(connection: apsw.Connection, org: OrgId | None) -> list[Session]:
    """Those of an organisation or of everybody, the last seen first."""
    where, given = ("TRUE", ()) if org is None else ("org = ?", (org,))
    rows = connection.execute(
        f"SELECT {SESSION} FROM session WHERE {where} ORDER BY last_seen DESC, id DESC", given
    )
    return [session_in(row) for row in rows]


def end_session(connection: apsw.Connection, session_id: str) -> None:
    """Forget a session."""
    connection.execute("DELETE FROM session WHERE id = ?", (session_id,))


def audit(connection: apsw.Connection, entry: Audited) -> None:
    """Keep what somebody did."""
    connection.execute(
        "INSERT INTO audit (at, actor, action, org, data) VALUES (?, ?, ?, ?, ?)",
        audited_values(entry),
    )


def audited(
    connection: apsw.Connection, org: OrgId | None, before: int | None, limit: int
) -> list[Audited]:
    """What was done, the newest first."""
    where, given = ["TRUE"], []
    if org is not None:
        where.append("org = ?")
        given.append(int(org))
    if before is not None:
        where.append("number < ?")
        given.append(within(before))
    rows = connection.execute(
        f"SELECT {AUDITED} FROM audit WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?",
        (*given, limit),
    )
    return [audited_in(row) for row in rows]
