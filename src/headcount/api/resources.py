"""Accounts and groups as the API shows them: as SCIM does, without addresses of SCIM."""

from typing import Any

import orjson

from headcount.store.model import Kind, Seen, Stored

JSON = "application/json"


def account_object(seen: Seen) -> dict[str, Any]:
    """An account with its groups."""
    relations = seen.relations
    assert isinstance(relations, bytes)  # an account is in so many groups at most
    groups = [
        {name: value for name, value in one.items() if name != "$ref"}
        for one in orjson.loads(relations)
    ]
    return {**_whole(seen.stored), "groups": groups}


def group_object(seen: Seen) -> dict[str, Any]:
    """A group without its members."""
    return _whole(seen.stored)


def member_object(member_id: str, kind: Kind) -> dict[str, Any]:
    """Somebody in a group."""
    return {"value": member_id, "type": kind.value}


def _whole(stored: Stored) -> dict[str, Any]:
    meta = {
        "resourceType": stored.kind.value,
        "created": stored.created,
        "lastModified": stored.modified,
        "version": stored.version,
    }
    return {**orjson.loads(stored.document), "meta": meta}
