"""Roles by group: held right inside the transaction of a change."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import apsw
from orjson import dumps, loads

from headcount.store.model import RoleRule, Told
from headcount.store.records import rules_in, rules_text
from headcount.store.roles import (
    NO_ROLE,
    Preview,
    Previewing,
    given_by,
    is_owner,
    previewed,
    role_changed,
)
from headcount.store.sqlite.connection import Connection, TooLong

_RULES = "SELECT role_rules FROM organisation WHERE id = ?"
_ABOVE = """WITH RECURSIVE above (grp) AS (
    SELECT grp FROM member WHERE org = ?1 AND member = ?2
    UNION SELECT m.grp FROM above CROSS JOIN member m ON m.org = ?1 AND m.member = above.grp)
    SELECT grp FROM above"""
_BELOW = """WITH RECURSIVE below (id, kind) AS (
    SELECT ?2, 2 UNION SELECT m.member, m.kind
    FROM below CROSS JOIN member m ON m.org = ?1 AND m.grp = below.id WHERE below.kind = 2)
    SELECT id FROM below WHERE kind = 1 LIMIT ?3"""
_RULED = """SELECT id FROM resource INDEXED BY resource_ruled
    WHERE org = ? AND kind = 1 AND own_role IS NOT NULL"""
_ROLE = """SELECT seq, active, role, own_role, document FROM resource
    WHERE org = ? AND kind = 1 AND id = ?"""
_WRITE = """UPDATE resource SET version = version + 1, modified = ?, role = ?, own_role = ?,
    document = ? WHERE seq = ?"""
_PREVIEWING = Previewing(
    "?1",
    """SELECT key, json_extract(value, '$.group'), json_extract(value, '$.role')
        FROM json_each(?2)""",
    "?3",
    "CROSS JOIN",
    " INDEXED BY resource_ruled",
)


class Given(NamedTuple):
    """What became of the roles of some accounts."""

    owners: int  # so many more, or fewer, are active owners
    events: list[Told]


Membership = tuple[str, str, bool]
"""Group, member, and whether the member is a group."""


def rules_of(connection: apsw.Connection, org: int) -> tuple[RoleRule, ...]:
    """The rules of an organisation, in their order."""
    return rules_in(connection.execute(_RULES, (org,)).get)


def reached(
    connection: Connection, org: int, rules: Sequence[RoleRule], moved: Iterable[Membership]
) -> list[str]:
    """The accounts whose role may be another once these memberships have come or gone.

    Raises:
        TooLong: they are more than the connection should read at once.
    """
    ruled = {rule.group for rule in rules}
    leads: dict[str, bool] = {}
    found: dict[str, None] = {}
    for group, member, nested in moved:
        if group not in leads:
            leads[group] = group in ruled or any(
                one in ruled for (one,) in connection.execute(_ABOVE, (org, group))
            )
        if leads[group]:
            found.update(dict.fromkeys(_below(connection, org, member) if nested else [member]))
    return sorted(found)


def _below(connection: Connection, org: int, group: str) -> Iterator[str]:
    """The accounts in a group, directly or through others."""
    found = connection.execute(_BELOW, (org, group, connection.room + 1)).fetchall()
    if len(found) > connection.room:
        raise TooLong
    return (str(one) for (one,) in found)


def everybody(connection: Connection, org: int, rules: Iterable[RoleRule]) -> list[str]:
    """The accounts that these rules reach, and those whose role a rule gives now."""
    found = {str(one) for (one,) in connection.execute(_RULED, (org,))}
    for group in {rule.group for rule in rules}:
        found.update(_below(connection, org, group))
    return sorted(found)


def give(
    connection: apsw.Connection,
    org: int,
    rules: Sequence[RoleRule],
    accounts: Iterable[str],
    at: str,
) -> Given:
    """Write the role of each account as the rules want it now."""
    given = Given(0, [])
    for account in accounts:
        row = connection.execute(_ROLE, (org, account)).fetchone()
        if row is None:
            continue
        seq, active, was, kept, document = row
        groups = {str(one) for (one,) in connection.execute(_ABOVE, (org, account))}
        rule = given_by(rules, groups)
        own = NO_ROLE if kept is None and was is None else was if kept is None else kept
        role = (own or None) if rule is None else rule.role
        held = None if rule is None else own
        if (role, held) == (was, kept):
            continue
        if role != was:
            document = _with_role(document, role)
        connection.execute(_WRITE, (at, role, held, document, seq))
        more = is_owner(active=active, role=role) - is_owner(active=active, role=was)
        given = given._replace(owners=given.owners + more)
        if event := role_changed(was, role, rule):
            given.events.append(Told(account, event, document))
    return given


def _with_role(document: bytes, role: str | None) -> bytes:
    account = loads(document)
    if role is None:
        account.pop("role", None)
    else:
        account["role"] = role
    return dumps(account)


def own_role(connection: apsw.Connection, org: int, account: str) -> str | None:
    """The role without any rule, of an account whose role a rule gives; else None."""
    row = connection.execute(_ROLE, (org, account)).fetchone()
    return None if row is None else row[3]


def preview(
    connection: apsw.Connection, org: int, rules: Sequence[RoleRule], limit: int
) -> Preview:
    """What would come of these rules."""
    given = (org, rules_text(rules))
    count = connection.execute(_PREVIEWING.reached, given).get
    moves = connection.execute(_PREVIEWING.moves, given).fetchall()
    some = connection.execute(_PREVIEWING.some, (*given, limit)).fetchall()
    owners = connection.execute("SELECT owners FROM organisation WHERE id = ?", (org,)).get
    return previewed(count, moves, some, owners)
