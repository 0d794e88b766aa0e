"""What is read of a row, what it becomes, and how what was given becomes the values of a row."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from headcount.store.filters import NUMBERS
from headcount.store.model import Kind, Seen, Stored

COLUMNS = "r.id, r.version, r.created, r.modified, r.document"
OWN = "r.org = ? AND r.kind = ?"
NOTHING = b"[]"
INLINE_MEMBERS = 200  # of a group, read with its row

_LONGEST_KEY = 400  # characters; an index takes 2,704 bytes

# The name of each group is a look-up by itself: so it is one whatever the server thinks of joins.
_ENTRY = """'{{"value":"' || m.grp || '","$ref":"' || {base} || '/Groups/' || m.grp
    || '","type":"' || {type} || '","display":' || (SELECT to_json(g.title)::TEXT FROM resource g
    WHERE g.org = r.org AND g.kind = 2 AND g.id = m.grp) || '}}'"""
_DIRECT = f"""(SELECT '[' || string_agg({_ENTRY.replace("{type}", "'direct'")}, ',' ORDER BY m.grp)
    || ']' FROM member m WHERE m.org = r.org AND m.member = r.id)"""
_NESTED = f"""(WITH RECURSIVE up (grp, direct) AS (
    SELECT o.grp, TRUE FROM member o WHERE o.org = r.org AND o.member = r.id
    UNION SELECT o.grp, FALSE FROM up CROSS JOIN LATERAL (
        SELECT grp FROM member WHERE org = r.org AND member = up.grp OFFSET 0) o)
    SELECT '[' || string_agg({
    _ENTRY.replace("{type}", "CASE WHEN m.direct THEN 'direct' ELSE 'indirect' END")
}, ',' ORDER BY m.grp) || ']'
    FROM (SELECT grp, bool_or(direct) AS direct FROM up GROUP BY grp) m)"""
_GROUPS = f"""CASE WHEN (SELECT nested FROM tally WHERE org = r.org) = 0
    THEN {_DIRECT} ELSE {_NESTED} END"""
MEMBER = """'{{"value":"' || m.member || '","$ref":"' || {base}
    || CASE m.kind WHEN 1 THEN '/Users/' || m.member || '","type":"User"'
    ELSE '/Groups/' || m.member || '","type":"Group"' END
    || CASE WHEN m.display IS NULL THEN '' ELSE ',"display":' || to_json(m.display)::TEXT END
    || '}}'"""
"""A member `m` as an entry of the list."""

_MEMBERS = f"""CASE WHEN r.member_count <= {INLINE_MEMBERS} THEN (SELECT '['
    || string_agg({MEMBER}, ',' ORDER BY m.member) || ']'
    FROM member m WHERE m.org = r.org AND m.grp = r.id) END"""


class Unread(NamedTuple):
    """The members of a group that are too many to be read with its row; nobody outside sees it."""

    number: int


def unread(seen: Seen) -> int:
    """How many members of it were not read; 0 where nothing is missing."""
    relations: Any = seen.relations
    return relations.number if isinstance(relations, Unread) else 0


def columns(kind: Kind, base: str | None) -> str:
    """What is read of a row `r`.

    Args:
        kind: what the row is.
        base: SQL for what addresses begin with; None where no groups or members are wanted.
    """
    if base is None:
        return f"{COLUMNS}, NULL::TEXT, 0"
    relations = _GROUPS if kind is Kind.USER else _MEMBERS
    return f"{COLUMNS}, {relations.format(base=base)}, r.member_count"


def seen_in(kind: Kind, row: Sequence[Any], *, related: bool, first: int = 0) -> Seen:
    """The resource in a row of `columns`, which begin at `first`. It is made the short way."""
    made = tuple.__new__
    given = row[first + 5]
    relations: Any = None
    if related:
        many = row[first + 6] > INLINE_MEMBERS
        relations = Unread(row[first + 6]) if many else given.encode() if given else NOTHING
    return made(Seen, (made(Stored, (kind, *row[first : first + 5])), relations))


def numbered(sql: str) -> str:
    """SQL with `$1`, `$2` in place of question marks, which stand nowhere else in it.

    >>> numbered("a = ? AND b = ?")
    'a = $1 AND b = $2'
    """
    first, *others = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, start=1))


def index_key(text: str | None) -> str | None:
    """What an index holds of a text: all of it, or its beginning and a digest of the whole.

    >>> index_key("ada"), len(index_key("x" * 10_000) or "")
    ('ada', 464)
    """
    if text is None or len(text) <= _LONGEST_KEY:
        return text
    return text[:_LONGEST_KEY] + hashlib.sha256(text.encode()).hexdigest()


def overlong(text: str | None) -> str | None:
    """The text, where it is too long for an index; None otherwise."""
    return text if text is not None and len(text) > _LONGEST_KEY else None


def own(org: int, kind: Kind, *others: Iterable[Any]) -> list[Any]:
    """The values of `OWN`, and of what follows it."""
    return [org, NUMBERS[kind], *(value for some in others for value in some)]
