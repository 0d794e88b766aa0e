"""Organisations and tokens: few rows, written seldom, read when they have changed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from orjson import dumps

from headcount.store.model import Organisation, OrgId, Policy, RoleRule, Token
from headcount.store.postgres import roles
from headcount.store.postgres.driver import Connection
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
from headcount.store.refusals import no_organisation, no_token, slug_taken

_COUNTED = ORGANISATION.replace("o.users", "n.users").replace("o.active", "n.active")
_COUNTED = _COUNTED.replace("o.owners", "n.owners").replace("o.groups", "n.groups")
_ORGANISATIONS = f"SELECT {_COUNTED} FROM organisation o JOIN tally n ON n.org = o.id"
_BY_DIGEST = f"""SELECT {KEPT}, {_COUNTED} FROM token t
    JOIN organisation o ON o.id = t.org JOIN tally n ON n.org = o.id WHERE t.digest = $1"""
_MOVED = "UPDATE access SET epoch = epoch + 1"


async def epoch(connection: Connection) -> int:
    """The number that moves with every change of an organisation or a token."""
    return int(await connection.fetchval("SELECT epoch FROM access"))


async def add_organisation(
    connection: Connection, slug: str, name: str, policy: Policy, at: datetime
) -> Organisation:
    """A new organisation."""
    try:
        async with connection.transaction():
            org = await connection.fetchval(
                "INSERT INTO organisation"
                " (slug, name, username_format, allowed_domains, seats, created)"
                " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                slug,
                name,
                *policy_values(policy),
                instant(at),
            )
            await connection.execute("INSERT INTO tally (org) VALUES ($1)", org)
            await connection.execute(_MOVED)
    except asyncpg.UniqueViolationError:
        raise slug_taken(slug) from None
    return await organisation(connection, slug)


async def change_organisation(
    connection: Connection, slug: str, change: Callable[[Organisation], Organisation]
) -> Organisation:
    """Write what an operator may change; the row is held meanwhile."""
    async with connection.transaction():
        changed = change(await organisation(connection, slug, " FOR UPDATE OF o"))
        await connection.execute(
            "UPDATE organisation SET name = $1, username_format = $2, allowed_domains = $3,"
            " seats = $4, disabled = $5, attributes = $6 WHERE id = $7",
            changed.name,
            *policy_values(changed.policy),
            changed.disabled,
            dumps(changed.attributes).decode(),
            changed.id,
        )
        await connection.execute(_MOVED)
        return await organisation(connection, changed.slug)


async def set_role_rules(
    connection: Connection,
    org: OrgId,
    change: Callable[[Organisation], Sequence[RoleRule]],
    at: str,
    actor: str,
) -> int:
    """Write rules and the roles that come of them; nothing else of the organisation is written."""
    async with connection.transaction():
        await connection.execute(roles.LOCK, org)
        row = await connection.fetchrow(f"{_ORGANISATIONS} WHERE o.id = $1 FOR UPDATE OF o", org)
        if row is None:
            raise no_organisation(str(org))
        before = organisation_in(row)
        rules = tuple(change(before))
        sql = "UPDATE organisation SET role_rules = $1 WHERE id = $2"
        await connection.execute(sql, rules_text(rules), org)
        touched = (*before.role_rules, *rules)
        changed = await roles.give(connection, org, rules, touched, at, actor)
        await connection.execute(_MOVED)
        return changed


async def organisations(connection: Connection, after: str, limit: int) -> list[Organisation]:
    """Those behind a slug, by slug."""
    sql = f"{_ORGANISATIONS} WHERE o.slug > $1 ORDER BY o.slug LIMIT $2"
    rows = await connection.fetch(sql, after, limit)
    return [organisation_in(row) for row in rows]


async def organisation(connection: Connection, slug: str, lock: str = "") -> Organisation:
    """One of them, or `NotFound`."""
    row = None
    if "\0" not in slug:
        row = await connection.fetchrow(f"{_ORGANISATIONS} WHERE o.slug = $1{lock}", slug)
    if row is None:
        raise no_organisation(slug)
    return organisation_in(row)


async def add_token(connection: Connection, token: Token) -> None:
    """Keep a new token."""
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO token (id, org, label, digest, created, expires, read_only, strict, hint)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            token.id,
            token.org,
            token.label,
            token.digest,
            instant(token.created),
            instant_or_none(token.expires),
            token.read_only,
            token.strict,
            token.hint,
        )
        await connection.execute(_MOVED)


async def tokens(connection: Connection, org: OrgId) -> list[Token]:
    """Those of an organisation, the oldest first."""
    rows = await connection.fetch(
        f"SELECT {KEPT} FROM token t WHERE t.org = $1 ORDER BY t.created, t.id", org
    )
    return [token_in(row) for row in rows]


async def revoke_token(connection: Connection, org: OrgId, token_id: str, at: datetime) -> Token:
    """End a token; one that has ended stays as it is."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE token SET revoked = $1 WHERE org = $2 AND id = $3 AND revoked IS NULL",
            instant(at),
            org,
            token_id,
        )
        await connection.execute(_MOVED)
        return await _token(connection, org, token_id)


async def change_token(
    connection: Connection, org: OrgId, token_id: str, change: Callable[[Token], Token]
) -> Token:
    """Write what an administrator may change; the row is held meanwhile."""
    async with connection.transaction():
        changed = change(await _token(connection, org, token_id, " FOR UPDATE"))
        await connection.execute(
            "UPDATE token SET label = $1, expires = $2 WHERE org = $3 AND id = $4",
            changed.label,
            instant_or_none(changed.expires),
            org,
            token_id,
        )
        await connection.execute(_MOVED)
        return await _token(connection, org, token_id)


async def _token(connection: Connection, org: OrgId, token_id: str, lock: str = "") -> Token:
    row = None
    if "\0" not in token_id:
        row = await connection.fetchrow(
            f"SELECT {KEPT} FROM token t WHERE t.org = $1 AND t.id = $2{lock}", org, token_id
        )
    if row is None:
        raise no_token(token_id)
    return token_in(row)


async def touch_tokens(connection: Connection, used: dict[str, datetime]) -> None:
    """Note when tokens were last used; time never runs backwards."""
    await connection.execute(
        "UPDATE token t SET last_used = u.at FROM unnest($1::TEXT[], $2::TEXT[]) AS u (id, at)"
        " WHERE t.id = u.id AND (t.last_used IS NULL OR t.last_used < u.at)",
        list(used),
        [instant(at) for at in used.values()],
    )


async def secret(connection: Connection, name: str, fresh: bytes) -> bytes:
    """What the server keeps to itself."""
    await connection.execute(
        "INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, fresh
    )
    return bytes(await connection.fetchval("SELECT value FROM secret WHERE name = $1", name))


async def find_token(connection: Connection, digest: bytes) -> tuple[Token, Organisation] | None:
    """The token with this hash, with its organisation."""
    row: Any = await connection.fetchrow(_BY_DIGEST, digest)
    return row and (token_in(row[:TOKEN_WIDTH]), organisation_in(row[TOKEN_WIDTH:]))
