"""Roles by group: held right by functions in the database, see `roles.sql`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import asyncpg

from headcount.errors import LastOwner
from headcount.store.model import OrgId, RoleRule
from headcount.store.postgres.driver import Connection
from headcount.store.records import readable, rules_text
from headcount.store.refusals import no_owner_by_rules
from headcount.store.roles import Preview, Previewing, previewed

_NO_OWNER = "HC001"  # SQLSTATE of `commit.sql`

LOCK = "SELECT FROM tally WHERE org = $1 FOR NO KEY UPDATE"
"""Who holds this row writes alone in an organisation."""

_OWN = "SELECT own_role FROM resource WHERE org = $1 AND kind = 1 AND id = $2"
_RULED = "SELECT id FROM resource WHERE org = $1 AND kind = 1 AND own_role IS NOT NULL"
_BELOW = "SELECT headcount_below_1($1, $2)"
_GIVE = """SELECT told, owners FROM headcount_give_roles_2($1, $2, $3, $4, $5,
    (SELECT position FROM tally WHERE org = $1))"""
_COUNT = """UPDATE tally SET position = position + $2, owners = owners + $3 WHERE org = $1
    RETURNING owners"""
_PREVIEWING = Previewing(
    "$1",
    """SELECT place, e ->> 'group', e ->> 'role'
        FROM json_array_elements($2::JSON) WITH ORDINALITY AS x (e, place)""",
    "$3",
    "JOIN",
)


@contextmanager
def giving_roles(refusal: Callable[[], LastOwner]) -> Iterator[None]:
    """Where nobody would own the organisation, the refusal in words."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if getattr(error, "sqlstate", None) == _NO_OWNER:
            raise refusal() from None
        raise


async def own_role(connection: Connection, org: OrgId, account: str) -> str | None:
    """The role without any rule, of an account whose role a rule gives; else None."""
    found: str | None = await connection.fetchval(_OWN, org, readable(account))
    return found


async def give(
    connection: Connection,
    org: OrgId,
    rules: Sequence[RoleRule],
    touched: Iterable[RoleRule],
    at: str,
    actor: str,
) -> int:
    """Write the roles of all whom the touched rules reach, inside the caller's transaction.

    Raises:
        LastOwner: nobody would own the organisation.
    """
    groups = sorted({rule.group for rule in touched})
    accounts = {one for (one,) in await connection.fetch(_RULED, org)}
    accounts.update(await connection.fetchval(_BELOW, org, groups) or ())
    told, more = await connection.fetchrow(
        _GIVE, org, sorted(accounts), rules_text(rules), at, actor
    )
    owners = await connection.fetchval(_COUNT, org, told, more)
    if more < 0 and owners == 0:
        raise no_owner_by_rules()
    return int(told)


async def preview(
    connection: Connection, org: OrgId, rules: Sequence[RoleRule], limit: int
) -> Preview:
    """What would come of these rules."""
    given = (org, rules_text(rules))
    count = await connection.fetchval(_PREVIEWING.reached, *given)
    moves = await connection.fetch(_PREVIEWING.moves, *given)
    some = await connection.fetch(_PREVIEWING.some, *given, limit)
    owners = await connection.fetchval("SELECT owners FROM tally WHERE org = $1", org)
    return previewed(count, moves, some, owners)
