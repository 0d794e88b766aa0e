"""All accounts and groups of an organisation, as lines of JSON that `import` reads again.

It is read while others write. The position that comes last was read first: whoever takes the lines
and follows the events from there misses nothing, and may be told again what the lines show already.
"""

from collections.abc import AsyncIterator, Collection
from typing import Any

import orjson

from headcount.directory.access import Caller
from headcount.directory.accounts import is_active, role_of
from headcount.directory.listing import every
from headcount.scim.filters import Filter
from headcount.store.model import Kind, Parts, Seen
from headcount.store.promise import Store

_TYPES = {Kind.USER: "account", Kind.GROUP: "group"}


async def exported(
    store: Store, caller: Caller, kinds: Collection[Kind], where: Filter | None = None
) -> AsyncIterator[bytes]:
    """Lines without their ends: accounts, groups with their members, and the position.

    Args:
        store: where they are.
        caller: whose organisation it is.
        kinds: what is wanted.
        where: which of them; about one kind.
    """
    org = caller.organisation.id
    position = (await store.positions([org])).get(org, 0)
    for kind in (Kind.USER, Kind.GROUP):
        if kind not in kinds:
            continue
        async for seen in every(store, org, kind, where):
            async for line in _account(seen) if kind is Kind.USER else group_lines(seen):
                yield line
    yield orjson.dumps({"type": "position", "position": position})


async def _account(seen: Seen) -> AsyncIterator[bytes]:
    """An account; whether it may be used and its role are always said."""
    account = orjson.loads(seen.stored.document)
    account |= {"active": is_active(account), "role": role_of(account)}
    if isinstance(seen.relations, bytes) and (groups := _without_addresses(seen.relations)):
        account["groups"] = groups
    yield _line(seen, account)


async def group_lines(seen: Seen) -> AsyncIterator[bytes]:
    """A group with its members; those of a huge one follow on lines of their own."""
    group = orjson.loads(seen.stored.document)
    relations = seen.relations
    if isinstance(relations, bytes):
        yield _line(seen, {**group, "members": _without_addresses(relations)})
        return
    yield _line(seen, group)
    if relations is not None:
        async for line in _parts(seen.stored.id, relations):
            yield line


async def _parts(group: str, parts: Parts) -> AsyncIterator[bytes]:
    try:
        async for entries in parts:
            members = _without_addresses(b"[" + entries + b"]")
            yield orjson.dumps({"type": "members", "group": group, "members": members})
    finally:
        parts.close()


def _without_addresses(relations: bytes) -> list[dict[str, Any]]:
    """Members or groups, without where they are on this server."""
    listed: list[dict[str, Any]] = orjson.loads(relations)
    return [{name: part for name, part in one.items() if name != "$ref"} for one in listed]


def _line(seen: Seen, document: dict[str, Any]) -> bytes:
    kind, _, version, created, modified, _ = seen.stored
    meta = {
        "resourceType": kind,
        "created": created,
        "lastModified": modified,
        "version": f'W/"{version}"',
    }
    return orjson.dumps({"type": _TYPES[kind], _TYPES[kind]: {**document, "meta": meta}})
