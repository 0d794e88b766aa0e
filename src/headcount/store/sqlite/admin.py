"""Organisations and tokens: few rows, written seldom, read at the beginning of every request."""

from collections.abc import Callable, Sequence
from datetime import datetime

import apsw
from orjson import dumps

from headcount.errors import LastOwner
from headcount.store.model import Organisation, OrgId, Policy, RoleRule, Token
from headcount.store.records import (
    KEPT,
    ORGANISATION,
    TOKEN_WIDTH,
    instant,
    instant_or_none,
    organisation_in,
    policy_values,
    rules_text,
    token_in,
)
from headcount.store.refusals import no_organisation, no_owner_by_rules, no_token, slug_taken
from headcount.store.sqlite import roles
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.ledger import Effect, Ledger

_BY_DIGEST = f"""SELECT {KEPT}, {ORGANISATION}
    FROM token t JOIN organisation o ON o.id = t.org WHERE t.digest = ?"""


def epoch(connection: apsw.Connection) -> int:
    """The number that moves with every change of an organisation or a token."""
    return int(connection.execute("SELECT epoch FROM access").get)


def _moved(connection: apsw.Connection) -> None:
    connection.execute("UPDATE access SET epoch = epoch + 1")


def add_organisation(
    connection: apsw.Connection, slug: str, name: str, policy: Policy, at: datetime
) -> Organisation:
    """A new organisation."""
    try:
        connection.execute(
            "INSERT INTO organisation"
            " (slug, name, username_format, allowed_domains, seats, created)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (slug, name, *policy_values(policy), instant(at)),
        )
    except apsw.ConstraintError:
        raise slug_taken(slug) from None
    _moved(connection)
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
            *policy_values(changed.policy),
            changed.disabled,
            dumps(changed.attributes).decode(),
            changed.id,
        ),
    )
    _moved(connection)
    return organisation(connection, changed.slug)


def set_role_rules(
    connection: Connection,
    org: OrgId,
    change: Callable[[Organisation], Sequence[RoleRule]],
    at: str,
    actor: str,
) -> int:
    """Write rules and the roles that come of them."""
    before = _by_id(connection, org)
    rules = tuple(change(before))
    connection.execute(
        "UPDATE organisation SET role_rules = ? WHERE id = ?", (rules_text(rules), org)
    )
    accounts = roles.everybody(connection, org, (*before.role_rules, *rules))
    given = roles.give(connection, org, rules, accounts, at)
    ledger = Ledger(connection)
    try:
        ledger.settle(org, at, actor, Effect(owners=given.owners, events=given.events))
    except LastOwner:
        raise no_owner_by_rules() from None
    ledger.write()
    _moved(connection)
    return len(given.events)


def _by_id(connection: apsw.Connection, org: OrgId) -> Organisation:
    sql = f"SELECT {ORGANISATION} FROM organisation o WHERE o.id = ?"
    row = connection.execute(sql, (org,)).fetchone()
    if row is None:
        raise no_organisation(str(org))
    return organisation_in(row)


def organisations(connection: apsw.Connection, after: str, limit: int) -> list[Organisation]:
    """Those behind a slug, by slug."""
    rows = connection.execute(
        f"SELECT {ORGANISATION} FROM organisation o WHERE o.slug > ? ORDER BY o.slug LIMIT ?",
        (after, limit),
    )
    return [organisation_in(row) for row in rows]


def organisation(connection: apsw.Connection, slug: str) -> Organisation:
    """One of them, or `NotFound`."""
    row = connection.execute(
        f"SELECT {ORGANISATION} FROM organisation o WHERE o.slug = ?", (slug,)
    ).fetchone()
    if row is None:
        raise no_organisation(slug)
    return organisation_in(row)


def add_token(connection: apsw.Connection, token: Token) -> None:
    """Keep a new token."""
    connection.execute(
        "INSERT INTO token (id, org, label, digest, created, expires, read_only, strict, hint)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token.id,
            token.org,
            token.label,
            token.digest,
            instant(token.created),
            instant_or_none(token.expires),
            token.read_only,
            token.strict,
            token.hint,
        ),
    )
    _moved(connection)


def tokens(connection: apsw.Connection, org: OrgId) -> list[Token]:
    """Those of an organisation, the oldest first."""
    rows = connection.execute(
        f"SELECT {KEPT} FROM token t WHERE t.org = ? ORDER BY t.created, t.id", (org,)
    )
    return [token_in(row) for row in rows]


def revoke_token(connection: apsw.Connection, org: OrgId, token_id: str, at: datetime) -> Token:
    """End a token; one that has ended stays as it is."""
    connection.execute(
        "UPDATE token SET revoked = ? WHERE org = ? AND id = ? AND revoked IS NULL",
        (instant(at), org, token_id),
    )
    _moved(connection)
    return _token(connection, org, token_id)


def change_token(
    connection: apsw.Connection, org: OrgId, token_id: str, change: Callable[[Token], Token]
) -> Token:
    """Write what an administrator may change."""
    changed = change(_token(connection, org, token_id))
    connection.execute(
        "UPDATE token SET label = ?, expires = ? WHERE org = ? AND id = ?",
        (changed.label, instant_or_none(changed.expires), org, token_id),
    )
    _moved(connection)
    return _token(connection, org, token_id)


def _token(connection: apsw.Connection, org: OrgId, token_id: str) -> Token:
    row = connection.execute(
        f"SELECT {KEPT} FROM token t WHERE t.org = ? AND t.id = ?", (org, token_id)
    ).fetchone()
    if row is None:
        raise no_token(token_id)
    return token_in(row)


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
    return row and (token_in(row[:TOKEN_WIDTH]), organisation_in(row[TOKEN_WIDTH:]))
