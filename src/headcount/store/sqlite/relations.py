"""What an answer adds to a resource: the groups of an account, the members of a group, as JSON."""

import apsw

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
    'display', display, 'type', CASE direct WHEN 1 THEN 'direct' ELSE 'indirect' END))
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

OF_ROW = {
    Kind.USER: (
        f"""CASE {_MEMBERSHIP} WHEN 0 THEN NULL WHEN 1 THEN ({_DIRECT.format(**_OF_ROW)})
        ELSE ({_NESTED.format(**_OF_ROW)}) END""",
        2,
    ),
    Kind.GROUP: (f"({_MEMBERS.format(**_OF_ROW)})", 1),
}
"""The relations of a row `r`, or NULL where there are none; and how many `?` take the base."""

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
