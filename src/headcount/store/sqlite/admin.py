"""Organisations and tokens: few rows, written seldom, read at the beginning of every request."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import apsw
from orjson import dumps, loads

from headcount.errors import NotFound, Taken
from headcount.scim.custom import CustomAttribute
from headcount.store.model import Counts, Organisation, OrgId, Policy, Token, UsernameFormat

_ORGANISATION = """o.id, o.slug, o.name, o.username_format, o.allowed_domains, o.seats, o.created,
    o.disabled, o.attributes, o.users, o.active, o.owners, o.groups"""
_KEPT = """t.id, t.org, t.label, t.digest, t.created, t.expires, t.last_used, t.revoked,
    t.read_only, t.strict"""
_BY_DIGEST = f"""SELECT {_KEPT}, {_ORGANISATION}
    FROM token t JOIN organisation o ON o.id = t.org WHERE t.digest = ?"""
_TOKEN_WIDTH = 10


def instant(at: datetime) -> str:
    """A moment as it is stored and sent: RFC 3339 in UTC, with milliseconds.

    >>> instant(datetime(2026, 1, 2, tzinfo=UTC))
    '2026-01-02T00:00:00.000Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _organisation(row: tuple[Any, ...]) -> Organisation:
    org, slug, name, username_format, domains, seats, created, disabled, attributes, *counts = row
    return Organisation(
        id=OrgId(org),
        slug=slug,
        name=name,
        policy=Policy(UsernameFormat(username_format), tuple(loads(domains)), seats),
        created=datetime.fromisoformat(created),
        disabled=bool(disabled),
        attributes=_customs(attributes),
        counts=Counts(*counts),
    )


def _customs(text: str) -> tuple[CustomAttribute, ...]:
    if text == "[]":
        return ()
    return tuple(
        CustomAttribute(**{**one, "canonical": tuple(one["canonical"])}) for one in loads(text)
    )


def _token(row: tuple[Any, ...]) -> Token:
    token_id, org, label, digest, created, expires, last_used, revoked, *scope = row
    return Token(
        id=token_id,
        org=OrgId(org),
        label=label,
        digest=digest,
        created=datetime.fromisoformat(created),
        expires=_moment(expires),
        last_used=_moment(last_used),
        revoked=_moment(revoked),
        read_only=bool(scope[0]),
        strict=bool(scope[1]),
    )


def epoch(connection: apsw.Connection) -> int:
    """The number that moves with every change of an organisation or a token."""
    return int(connection.execute("SELECT epoch FROM access").get)


def _moved(connection: apsw.Connection) -> None:
    connection.execute("UPDATE access SET epoch = epoch + 1")


def _policy_values(policy: Policy) -> tuple[Any, ...]:
    domains = dumps(policy.allowed_domains).decode()
    return policy.username_format.value, domains, policy.seats


def add_organisation(
    connection: apsw.Connection, slug: str, name: str, policy: Policy, at: datetime
) -> Organisation:
    """A new organisation."""
    try:
        connection.execute(
            "INSERT INTO organisation"
            " (slug, name, username_format, allowed_domains, seats, created)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (slug, name, *_policy_values(policy), instant(at)),
        )
    except apsw.ConstraintError:
        raise Taken(f"there is an organisation {slug!r} already") from None
    return organisation(connection, slug)


def change_organisation(
    connection: apsw.Connection, slug: str, change: Callable[[Organisation], Organisation]
) -> Organisation:
    """Write what an operator may change."""
    changed = change(organisation(connection, slug))
    connection.execute(
        "UPDATE organisation SET name = ?, username_format = ?, allowed_domains = ?, seats = ?,"
        " disabled = ?, attributes = ? WHERE id = ?",
        (
            changed.name,
            *_policy_values(changed.policy),
            changed.disabled,
            dumps(changed.attributes).decode(),
            changed.id,
        ),
    )
    _moved(connection)
    return organisation(connection, changed.slug)


def organisations(connection: apsw.Connection) -> list[Organisation]:
    """All of them, by slug."""
    rows = connection.execute(f"SELECT {_ORGANISATION} FROM organisation o ORDER BY o.slug")
    return [_organisation(row) for row in rows]


def organisation(connection: apsw.Connection, slug: str) -> Organisation:
    """One of them, or `NotFound`."""
    row = connection.execute(
        f"SELECT {_ORGANISATION} FROM organisation o WHERE o.slug = ?", (slug,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no organisation {slug!r}; `headcount org list` shows all")
    return _organisation(row)


def add_token(connection: apsw.Connection, token: Token) -> None:
    """Keep a new token."""
    connection.execute(
        "INSERT INTO token (id, org, label, digest, created, expires, read_only, strict)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token.id,
            token.org,
            token.label,
            token.digest,
            instant(token.created),
            instant(token.expires) if token.expires else None,
            token.read_only,
            token.strict,
        ),
    )
    _moved(connection)


def tokens(connection: apsw.Connection, org: OrgId) -> list[Token]:
    """Those of an organisation, the oldest first."""
    rows = connection.execute(
        f"SELECT {_KEPT} FROM token t WHERE t.org = ? ORDER BY t.created, t.id", (org,)
    )
    return [_token(row) for row in rows]


def revoke_token(connection: apsw.Connection, org: OrgId, token_id: str, at: datetime) -> Token:
    """End a token; one that has ended stays as it is."""
    connection.execute(
        "UPDATE token SET revoked = ? WHERE org = ? AND id = ? AND revoked IS NULL",
        (instant(at), org, token_id),
    )
    _moved(connection)
    for token in tokens(connection, org):
        if token.id == token_id:
            return token
    raise NotFound(f"there is no token {token_id!r}; `headcount token list` shows all")


def touch_token(connection: apsw.Connection, token_id: str, at: datetime) -> None:
    """Note when it was last used; time never runs backwards."""
    now = instant(at)
    connection.execute(
        "UPDATE token SET last_used = ? WHERE id = ? AND (last_used IS NULL OR last_used < ?)",
        (now, token_id, now),
    )


def secret(connection: apsw.Connection, name: str, fresh: bytes) -> bytes:
    """What the server keeps to itself."""
    connection.execute("INSERT OR IGNORE INTO secret (name, value) VALUES (?, ?)", (name, fresh))
    return bytes(connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).get)


def find_token(connection: apsw.Connection, digest: bytes) -> tuple[Token, Organisation] | None:
    """The token with this hash, with its organisation."""
    row = connection.execute(_BY_DIGEST, (digest,)).fetchone()
    return row and (_token(row[:_TOKEN_WIDTH]), _organisation(row[_TOKEN_WIDTH:]))
