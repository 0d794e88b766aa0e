"""Exchanges as rows: which columns, what they become, what is asked. For every store."""

import zlib
from typing import Any, NamedTuple

from headcount.store.activity import Done, Exchange, Sought
from headcount.store.model import Kind, OrgId
from headcount.store.records import readable

EXCHANGE = """number, org, at, duration, method, path, query, status, kind, resource, person, did,
    token, client, refusal, detail, cut"""
WRITTEN = f"{EXCHANGE.removeprefix('number, ')}, person_key"
BODY = "headers, request, answer"
NOBODY = 0
"""The organisation of exchanges that are nobody's: a number, for an index does not find NULL."""
MOST_FAILURES = 200  # sentences
MOST_COMPARED = 10_000  # failures, the newest, of which that is told

_LARGEST = 2**63 - 1
_SHORT = 200  # bytes that are not worth compressing
_WHOLE, _DEFLATED = b"=", b"z"


class Row(NamedTuple):
    """What is written of an exchange."""

    values: tuple[Any, ...]  # the columns of `WRITTEN`
    body: tuple[bytes, bytes, bytes]  # the columns of `BODY`


def row_of(one: Exchange) -> Row:
    """What is written of an exchange. It takes tens of microseconds, for bodies are compressed."""
    person = readable(one.person)
    values = (
        NOBODY if one.org is None else one.org,
        one.at,
        one.duration,
        readable(one.method),
        readable(one.path),
        readable(one.query),
        one.status,
        one.kind.value if one.kind else "",
        readable(one.resource),
        person,
        one.did.value if one.did else "",
        one.token,
        readable(one.client),
        one.refusal,
        readable(one.detail),
        one.cut,
        person.casefold(),
    )
    headers = one.headers.encode("utf-8", "replace")
    return Row(values, (packed(headers), packed(one.request), packed(one.answer)))


def exchange_in(row: tuple[Any, ...], body: tuple[bytes, bytes, bytes] | None = None) -> Exchange:
    """The exchange in a row of `EXCHANGE`, with a row of `BODY` where all of it was asked for."""
    number, org, at, duration, method, path, query, status, kind, resource, person, *rest = row
    did, token, client, refusal, detail, cut = rest
    headers, request, answer = map(unpacked, body) if body else (b"", b"", b"")
    return Exchange(
        org=None if org == NOBODY else OrgId(org),
        at=at,
        duration=duration,
        method=method,
        path=path,
        query=query,
        status=status,
        kind=Kind(kind) if kind else None,
        resource=resource,
        person=person,
        did=Done(did) if did else None,
        token=token,
        client=client,
        refusal=refusal,
        detail=detail,
        headers=headers.decode(),
        request=request,
        answer=answer,
        cut=bool(cut),
        number=number,
    )


def packed(data: bytes) -> bytes:
    """The bytes as they are kept: compressed where that is worth it.

    >>> packed(b"{}"), len(packed(b"{}" * 500)) < 50, unpacked(packed(b"{}" * 500)) == b"{}" * 500
    (b'={}', True, True)
    """
    if len(data) > _SHORT:
        return _DEFLATED + zlib.compress(data, 3)
    return _WHOLE + data


def unpacked(kept: bytes) -> bytes:
    """What `packed` was given."""
    return zlib.decompress(kept[1:]) if kept[:1] == _DEFLATED else kept[1:]


class Wanted(NamedTuple):
    """A list of exchanges in terms of rows."""

    by: str  # the index that leads to them, in the order of their numbers
    conditions: tuple[tuple[str, Any], ...]  # SQL with one question mark, and its value
    fixed: str  # further conditions, without values: those of the index
    newest_first: bool


def wanted(org: OrgId | None, sought: Sought, contains: str) -> Wanted:
    """What to read, by the index that leads to the fewest.

    Args:
        org: whose exchanges; None: nobody's.
        sought: which of them.
        contains: the SQL that tells whether `person_key` contains the value of a question mark.
    """
    conditions: list[tuple[str, Any]] = [("org = ?", NOBODY if org is None else org)]
    index, fixed = "exchange_org", []
    if sought.failures:
        fixed.append("status >= 400")
    if sought.failures and not (sought.person or sought.method or sought.status):
        index = "exchange_failed"
    if sought.resource:
        index = "exchange_resource"
        fixed.append("resource <> ''")
        conditions.append(("resource = ?", readable(sought.resource)))
    if sought.person:
        conditions.append((contains, readable(sought.person).casefold()))
    if sought.method:
        conditions.append(("method = ?", readable(sought.method)))
    if sought.status:
        conditions.append(("status = ?", sought.status))
    if sought.before is not None:
        conditions.append(("number < ?", within(sought.before)))
    if sought.after is not None:
        conditions.append(("number > ?", within(sought.after)))
    return Wanted(index, tuple(conditions), " AND ".join(fixed), sought.after is None)


def within(number: int) -> int:
    """The number, or the nearest one that a database knows.

    >>> within(7), within(10**30), within(-(10**30))
    (7, 9223372036854775807, 0)
    """
    return max(0, min(number, _LARGEST))
