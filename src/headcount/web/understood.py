"""What was understood of a recorded request: what it meant once tolerance had read it."""

from collections.abc import Callable, Mapping
from typing import Any

from headcount.directory.types import Types
from headcount.errors import ScimError
from headcount.scim.attributes import ResourceType
from headcount.scim.messages import Query
from headcount.scim.operations import Operation, PatchOp
from headcount.scim.resources import read_value
from headcount.store.activity import Exchange
from headcount.store.model import Kind
from headcount.web import wire
from headcount.web.places import KINDS, parts_of
from headcount.web.wire import Reading

Understood = Mapping[str, Any]
"""JSON: `resource`, `operations`, `query` or `bulk`; or `refusal` with the sentence of it."""


def understood(exchange: Exchange, types: Types, *, strict: bool = False) -> Understood | None:
    """What a recorded request meant; `None` where it says nothing beside its address.

    Args:
        exchange: with its bodies.
        types: the resource types of the organisation.
        strict: whether its token is read by the book.
    """
    parts = parts_of(exchange.path)
    kind = KINDS.get(parts[0].lower()) if parts else None
    read = _READERS.get(_what(exchange, parts, kind))
    if read is None:
        return None
    if exchange.cut and exchange.method != "GET":
        return {"refusal": "the request was not kept whole, so it cannot be read again"}
    try:
        return read(exchange, types[kind or Kind.USER], wire.STRICT if strict else wire.TOLERANT)
    except ScimError as refused:
        return {"refusal": refused.detail}


def _what(exchange: Exchange, parts: list[str], kind: Kind | None) -> str:
    """Which kind of message a request is."""
    last = parts[-1].lower() if parts else ""
    if exchange.method == "GET":
        return "list" if kind and len(parts) == 1 and exchange.query else ""
    if not exchange.request:
        return ""
    if exchange.method == "POST" and last in {".search", "bulk"}:
        return last
    return exchange.method if kind else ""


def _list(exchange: Exchange, kind: ResourceType, reading: Reading) -> Understood:
    asked = exchange.query.encode("latin-1", "replace")
    return {"query": _query(wire.query(asked, kind, reading))}


def _search(exchange: Exchange, kind: ResourceType, reading: Reading) -> Understood:
    return {"query": _query(wire.search(wire.json_of(exchange.request), kind, reading))}


def _resource(exchange: Exchange, kind: ResourceType, reading: Reading) -> Understood:
    return {"resource": wire.resource(wire.json_of(exchange.request), kind, reading)}


def _operations(exchange: Exchange, kind: ResourceType, reading: Reading) -> Understood:
    found = wire.operations(wire.json_of(exchange.request), kind, reading)
    return {"operations": [_operation(one, reading) for one in found]}


def _bulk(exchange: Exchange, _: ResourceType, reading: Reading) -> Understood:
    found = wire.bulk(exchange.request, reading)
    told = [
        {"method": str(one.method), "path": str(one.path), "bulkId": one.bulk_id}
        for one in found.operations
    ]
    return {"bulk": [{name: value for name, value in one.items() if value} for one in told]}


_READERS: Mapping[str, Callable[[Exchange, ResourceType, Reading], Understood]] = {
    "list": _list,
    ".search": _search,
    "bulk": _bulk,
    "POST": _resource,
    "PUT": _resource,
    "PATCH": _operations,
}


def _query(query: Query) -> Mapping[str, Any]:
    """A query by its parts, without those that were not asked for."""
    told = {
        "filter": None if query.where is None else str(query.where),
        "sortBy": None if query.sort_by is None else str(query.sort_by),
        "sortOrder": "descending" if query.descending else None,
        "startIndex": query.start if query.cursor is None else None,
        "cursor": query.cursor,
        "count": query.count,
    }
    return {name: value for name, value in told.items() if value is not None}


def _operation(operation: Operation, reading: Reading) -> Mapping[str, Any]:
    """An operation, with its value as the attribute would hold it."""
    op, target, value = operation.op, operation.target, operation.value
    if op is not PatchOp.REMOVE and (target.where is None or target.sub is not None):
        value = read_value(target.sub or target.path.leaf, value, reading.dialect)
    return {"op": str(op), "path": str(target), "value": value}
