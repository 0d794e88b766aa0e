"""What an answer adds to a resource: the groups of an account, the members of a group, as JSON.

What the row of an account tells is the ids of its groups, in one text. Nearly everybody is in the
same few groups as many others, so what that text stands for is made once and kept; see `Kept`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from headcount.store.model import Kind, OrgId
from headcount.store.sqlite.connection import Connection
from headcount.store.sqlite.kept import Lists

NOTHING = b"[]"

RELATED = {Kind.USER: "r.in_groups", Kind.GROUP: "r.member_count"}
"""What a row `r` tells of its relations: the ids of an account's groups, NULL where there are none;
how many members a group has."""

_LONGEST_KEPT = 2_000  # characters of ids

# CROSS JOIN keeps the order: else SQLite reads all memberships of an organisation for an account.
_NOW = "SELECT group_names, nested > 0 FROM organisation WHERE id = ?"
_NESTED = """WITH RECURSIVE up (grp, direct) AS (
    SELECT grp, 1 FROM member WHERE org = ?2 AND member = ?3
    UNION SELECT m.grp, 0 FROM up CROSS JOIN member m ON m.org = ?2 AND m.member = up.grp)
    SELECT json_group_array(json_object('value', id, '$ref', ?1 || '/Groups/' || id,
    'type', CASE direct WHEN 1 THEN 'direct' ELSE 'indirect' END, 'display', display))
    FROM (SELECT g.id, max(up.direct) AS direct,
    json_extract(CAST(g.document AS TEXT), '$.displayName') AS display
    FROM up CROSS JOIN resource g ON g.org = ?2 AND g.kind = 2 AND g.id = up.grp GROUP BY g.id)"""
_ENTRY = """SELECT json_object('value', id, '$ref', ?1 || '/Groups/' || id, 'type', 'direct',
    'display', json_extract(CAST(document AS TEXT), '$.displayName'))
    FROM resource WHERE org = ?2 AND kind = 2 AND id = ?3"""


def known_groups(connection: Connection, org: OrgId, base: str) -> Mapping[str, bytes]:
    """The lists of groups that are kept, by what the row of an account tells of its groups."""
    return _lists(connection, org).of(base)


def groups_of(connection: Connection, org: OrgId, account: str, told: str, base: str) -> bytes:
    """The groups of an account whose row tells `told` of them; kept from now on."""
    lists = _lists(connection, org)
    if (known := lists.of(base).get(told)) is not None:
        return known
    if lists.is_nested:
        made = str(connection.execute(_NESTED, (base, org, account)).get).encode()
    else:
        made = _direct(connection, org, told, base)
    if len(told) <= _LONGEST_KEPT:
        connection.kept.put(lists, base, told, made)
    return made


def _lists(connection: Connection, org: OrgId) -> Lists:
    return connection.kept.at_hand(org) or _held_against(connection, org)


def _held_against(connection: Connection, org: OrgId) -> Lists:
    names, is_nested = connection.execute(_NOW, (org,)).get
    return connection.kept.held_against(org, names, is_nested=bool(is_nested))


def _direct(connection: Connection, org: OrgId, told: str, base: str) -> bytes:
    entries = [connection.execute(_ENTRY, (base, org, group)).get for group in told.split(",")]
    return f"[{','.join(entries)}]".encode()


# Most members are accounts without a name of their own, so these take the short way: every piece
# of text that is put together costs, and a large group has very many.
_MEMBER = """CASE WHEN m.kind = 1 AND m.display IS NULL
    THEN '{"value":"' || m.member || '","$ref":"' || ?1 || m.member || '","type":"User"}'
    ELSE '{"value":"' || m.member || '","$ref":"' || CASE m.kind WHEN 1 THEN ?1 ELSE ?2 END
    || m.member || iif(m.kind = 1, '","type":"User"', '","type":"Group"')
    || iif(m.display IS NULL, '', ',"display":' || json_quote(m.display)) || '}' END"""
_MEMBERS = f"""SELECT CAST('[' || group_concat({_MEMBER}, ',') || ']' AS BLOB)
    FROM member m WHERE m.org = ?3 AND m.grp = ?4"""
_SOME_MEMBERS = f"""SELECT CAST(group_concat({_MEMBER}, ',') AS BLOB), max(m.member)
    FROM (SELECT member, kind, display FROM member WHERE org = ?3 AND grp = ?4 AND member > ?5
    ORDER BY member LIMIT ?6) m"""


def _places(base: str) -> tuple[str, str]:
    return f"{base}/Users/", f"{base}/Groups/"


def members_of(connection: Connection, org: OrgId, group: str, base: str) -> bytes:
    """All members of a group."""
    found: bytes | None = connection.execute(_MEMBERS, (*_places(base), org, group)).get
    return found or NOTHING


class Some(NamedTuple):
    """Some of the members of a group."""

    entries: bytes  # with commas between them
    last: str  # the id of the last one


def members_behind(
    connection: Connection, org: OrgId, group: str, base: str, after: str, most: int
) -> Some | None:
    """The next members of a group behind the id `after`; None where there are no more."""
    given = (*_places(base), org, group, after, most)
    entries, last = connection.execute(_SOME_MEMBERS, given).get
    return None if entries is None else Some(entries, last)
