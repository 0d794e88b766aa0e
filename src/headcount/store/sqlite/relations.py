"""What an answer adds to a resource: the groups of an account, the members of a group, as JSON."""

import apsw

from headcount.store.model import Kind, OrgId, Stored

_DIRECT = """(SELECT json_group_array(json_object('value', m.grp, '$ref', ? || '/Groups/' || m.grp,
    'display', json_extract(CAST(g.document AS TEXT), '$.displayName'), 'type', 'direct'))
    FROM member m JOIN resource g ON g.org = m.org AND g.kind = 2 AND g.id = m.grp
    WHERE m.org = r.org AND m.member = r.id)"""
_NESTED = """(WITH RECURSIVE up (grp, direct) AS (
    SELECT grp, 1 FROM member WHERE org = r.org AND member = r.id
    UNION SELECT m.grp, 0 FROM up JOIN member m ON m.org = r.org AND m.member = up.grp)
    SELECT json_group_array(json_object('value', id, '$ref', ? || '/Groups/' || id,
    'display', display, 'type', CASE direct WHEN 1 THEN 'direct' ELSE 'indirect' END))
    FROM (SELECT g.id, max(up.direct) AS direct,
    json_extract(CAST(g.document AS TEXT), '$.displayName') AS display
    FROM up JOIN resource g ON g.org = r.org AND g.kind = 2 AND g.id = up.grp GROUP BY g.id))"""
_IS_MEMBER = "EXISTS (SELECT 1 FROM member m WHERE m.org = r.org AND m.member = r.id)"
_GROUPS = f"""CASE WHEN NOT {_IS_MEMBER} THEN NULL
    WHEN (SELECT nested FROM organisation WHERE id = r.org) = 0 THEN {_DIRECT} ELSE {_NESTED} END"""
_MEMBERS = """(SELECT '[' || group_concat('{"value":"' || m.member || '","$ref":"' || ?
    || CASE m.kind WHEN 1 THEN '/Users/' || m.member || '","type":"User"'
    ELSE '/Groups/' || m.member || '","type":"Group"' END
    || iif(m.display IS NULL, '', ',"display":' || json_quote(m.display)) || '}', ',') || ']'
    FROM member m WHERE m.org = r.org AND m.grp = r.id)"""

NAMES = {Kind.USER: "groups", Kind.GROUP: "members"}

NOTHING = b"[]"

OF_ROW = {Kind.USER: (_GROUPS, 2), Kind.GROUP: (_MEMBERS, 1)}
"""The relations of a row `r`, or NULL where there are none; and how many `?` take the base."""

COUNT = {Kind.USER: _IS_MEMBER, Kind.GROUP: "r.member_count"}
"""How many relations a row `r` has; of an account only whether there are any."""

_OF_ONE = {
    kind: f"SELECT {sql} FROM resource r WHERE r.org = ? AND r.kind = {number} AND r.id = ?"
    for number, (kind, (sql, _)) in enumerate(OF_ROW.items(), start=1)
}


def of_one(connection: apsw.Connection, org: OrgId, stored: Stored, base: str) -> bytes:
    """The relations of one resource. A statement of its own, for most look-ups need none."""
    bases = [base] * OF_ROW[stored.kind][1]
    found = connection.execute(_OF_ONE[stored.kind], (*bases, org, stored.id)).get
    return found.encode() if found else NOTHING
