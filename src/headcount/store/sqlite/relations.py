"""What an answer adds to a resource: the groups of an account, the members of a group, as JSON."""

import apsw
from orjson import dumps

from headcount.store.model import Kind, OrgId, Stored

_DIRECT = """SELECT json_group_array(json_object('value', m.grp,
    '$ref', {base} || '/Groups/' || m.grp, 'type', 'direct',
    'display', json_extract(CAST(g.document AS TEXT), '$.displayName')))
    FROM member m JOIN resource g ON g.org = m.org AND g.kind = 2 AND g.id = m.grp
    WHERE m.org = {org} AND m.member = {id}"""
_NESTED = """WITH RECURSIVE up (grp, direct) AS (
    SELECT grp, 1 FROM member WHERE org = {org} AND member = {id}
    UNION SELECT m.grp, 0 FROM up JOIN member m ON m.org = {org} AND m.member = up.grp)
    SELECT json_group_array(json_object('value', id, '$ref', {base} || '/Groups/' || id,
    'type', CASE direct WHEN 1 THEN 'direct' ELSE 'indirect' END, 'display', display))
    FROM (SELECT g.id, max(up.direct) AS direct,
    json_extract(CAST(g.document AS TEXT), '$.displayName') AS display
    FROM up JOIN resource g ON g.org = {org} AND g.kind = 2 AND g.id = up.grp GROUP BY g.id)"""
_MEMBERS = """SELECT '[' || group_concat('{{"value":"' || m.member || '","$ref":"' || {base}
    || CASE m.kind WHEN 1 THEN '/Users/' || m.member || '","type":"User"'
    ELSE '/Groups/' || m.member || '","type":"Group"' END
    || iif(m.display IS NULL, '', ',"display":' || json_quote(m.display)) || '}}', ',') || ']'
    FROM member m WHERE m.org = {org} AND m.grp = {id}"""

_OF_ROW = {"base": "?", "org": "r.org", "id": "r.id"}
_OF_ONE = {"base": "?1", "org": "?2", "id": "?3"}
_MEMBERSHIP = """CASE WHEN EXISTS (SELECT 1 FROM member m WHERE m.org = r.org AND m.member = r.id)
    THEN (SELECT 1 + (nested > 0) FROM organisation WHERE id = r.org) ELSE 0 END"""

NAMES = {Kind.USER: "groups", Kind.GROUP: "members"}

NOTHING = b"[]"

MEMBERS_OF_ROW = f"({_MEMBERS.format(**_OF_ROW)})"
"""The members of a group in a row `r`, or NULL where there are none; its one `?` takes the base."""

COUNT = {Kind.USER: _MEMBERSHIP, Kind.GROUP: "r.member_count"}
"""How many relations a row `r` has; of an account only whether it is in a group: 0 in none, 1 in
some, 2 in some of an organisation that has groups within groups."""

_GROUPS_OF_ONE = {
    1: _DIRECT.format(**_OF_ONE),
    2: _NESTED.format(**_OF_ONE),
}
_MEMBERS_OF_ONE = _MEMBERS.format(**_OF_ONE)


def of_one(
    connection: apsw.Connection, org: OrgId, stored: Stored, base: str, number: int
) -> bytes:
    """The relations of one resource that has `number` of them, as `COUNT` counts.

    A statement of its own, for most look-ups need none.
    """
    sql = _GROUPS_OF_ONE[number] if stored.kind is Kind.USER else _MEMBERS_OF_ONE
    found = connection.execute(sql, (base, org, stored.id)).get
    return found.encode() if found else NOTHING


_MEMBERSHIPS = """SELECT m.member, m.grp FROM json_each(?2) j
    CROSS JOIN member m ON m.org = ?1 AND m.member = j.value"""  # in the order of the list
_ENTRY = """SELECT json_object('value', id, '$ref', ?1 || '/Groups/' || id, 'type', 'direct',
    'display', json_extract(CAST(document AS TEXT), '$.displayName'))
    FROM resource WHERE org = ?2 AND kind = 2 AND id = ?3"""


def of_accounts(
    connection: apsw.Connection, org: OrgId, ids: list[str], base: str
) -> dict[str, bytes]:
    """The groups of several accounts, by id; who is in none is left out.

    The people of a page are mostly in the same few groups, so each group is read once.
    """
    listed = dumps(ids).decode()
    found: dict[str, list[str]] = {}
    for member, group in connection.execute(_MEMBERSHIPS, (org, listed)):
        found.setdefault(member, []).append(group)
    if not found:
        return {}
    if connection.execute("SELECT nested FROM organisation WHERE id = ?", (org,)).get:
        nested = _GROUPS_OF_ONE[2]
        return {one: connection.execute(nested, (base, org, one)).get.encode() for one in found}
    entries: dict[str, bytes] = {}
    for group in {group for groups in found.values() for group in groups}:
        entries[group] = connection.execute(_ENTRY, (base, org, group)).get.encode()
    return {
        one: b"[" + b",".join([entries[group] for group in groups]) + b"]"
        for one, groups in found.items()
    }
