"""Many operations in one request: how the message is read, and in which order it is carried out.

RFC 7644 section 3.7. An operation may name a resource that another one creates, by that one's
`bulkId`, wherever in the list it stands.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from headcount.errors import InvalidSyntax, InvalidValue, TooLarge

REQUEST_URN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
MAX_OPERATIONS = 1_000
METHODS = ("POST", "PUT", "PATCH", "DELETE")

_REFERENCE = "bulkId:"


@dataclass(frozen=True, slots=True, eq=False)
class BulkOperation:
    """One of them. What is wrong with it alone is found when it is carried out."""

    number: int  # its place in the request
    method: Any
    path: Any
    bulk_id: str | None
    version: Any
    data: Any
    references: frozenset[str]  # the `bulkId`s of those that it speaks of


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The whole message."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None  # how many failures end it; None: none does


def read_bulk(body: Any, *, may_refer: bool = True) -> BulkRequest:
    """The operations of a BulkRequest message.

    Args:
        body: the message.
        may_refer: whether any operation may speak of another; false saves looking for it.

    Raises:
        InvalidSyntax: the message is not a BulkRequest.
        InvalidValue: two operations have one `bulkId`, or `failOnErrors` is no number.
        TooLarge: there are more than `MAX_OPERATIONS`.
    """
    listed = body.get("Operations") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise InvalidSyntax("a BulkRequest message is an object with a list named Operations")
    if len(listed) > MAX_OPERATIONS:
        raise TooLarge(
            f"{len(listed)} operations in one bulk request; at most {MAX_OPERATIONS} are taken:"
            " send the rest in another"
        )
    operations = tuple(
        _read_one(raw, number, may_refer=may_refer) for number, raw in enumerate(listed, start=1)
    )
    counts = Counter(one.bulk_id for one in operations if one.bulk_id is not None)
    for name, count in counts.items():
        if count > 1:
            raise InvalidValue(f"{count} operations have the bulkId {name[:100]!r}")
    return BulkRequest(operations, _fail_on_errors(body.get("failOnErrors")))


def _read_one(raw: Any, number: int, *, may_refer: bool) -> BulkOperation:
    if not isinstance(raw, dict):
        raise InvalidSyntax(f"operation {number} is not an object")
    bulk_id = raw.get("bulkId")
    if not isinstance(bulk_id, str | None):
        raise InvalidValue(f"the bulkId of operation {number} is not a text")
    path, data = raw.get("path"), raw.get("data")
    return BulkOperation(
        number,
        raw.get("method"),
        path,
        bulk_id or None,
        raw.get("version"),
        data,
        references(path, data) if may_refer else frozenset(),
    )


def references(path: Any, data: Any) -> frozenset[str]:
    """The `bulkId`s that a path and a body speak of.

    >>> references("/Groups/bulkId:crew", {"members": [{"value": "bulkId:ada"}]}) >= {"ada", "crew"}
    True
    """
    parts = path.split("/") if isinstance(path, str) else []
    return frozenset((*_named_in(parts), *_named_in(data)))


def _fail_on_errors(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidValue("failOnErrors must be a whole number")
    return value or None


def _named_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(_REFERENCE):
            yield value.removeprefix(_REFERENCE)
    elif isinstance(value, dict):
        yield from _all_named_in(value.values())
    elif isinstance(value, list):
        yield from _all_named_in(value)


def _all_named_in(values: Iterable[Any]) -> Iterator[str]:
    for one in values:
        yield from _named_in(one)


def resolved(value: Any, ids: Mapping[str, str]) -> Any:
    """`value` with ids in place of references.

    >>> resolved({"value": "bulkId:ada"}, {"ada": "7"})
    {'value': '7'}
    """
    if isinstance(value, str):
        name = value.removeprefix(_REFERENCE)
        return ids.get(name, value) if value.startswith(_REFERENCE) else value
    if isinstance(value, dict):
        return {key: resolved(part, ids) for key, part in value.items()}
    return [resolved(part, ids) for part in value] if isinstance(value, list) else value


Step = tuple[BulkOperation, frozenset[str]]
"""An operation, and which of its references come only later, because they speak of each other."""


def in_order(operations: Sequence[BulkOperation]) -> list[Step]:
    """The operations as they came, but each behind those that it speaks of.

    One that has to wait is carried out as soon as what it waits for is there.
    """
    known = {one.bulk_id for one in operations if one.bulk_id is not None}
    waiting = {one: (one.references & known) - {one.bulk_id} for one in operations}
    order: list[Step] = []
    done: set[str] = set()
    while waiting:
        for one in list(waiting):
            if one in waiting and waiting[one] <= done:
                _take(one, waiting, done, order)
        if waiting:  # they speak of each other: the first goes without
            _take(next(iter(waiting)), waiting, done, order)
    return order


def _take(
    first: BulkOperation,
    waiting: dict[BulkOperation, frozenset[str]],
    done: set[str],
    order: list[Step],
) -> None:
    """Put `first` into the order, and whatever came before it and waited for it alone."""
    ready: BulkOperation | None = first
    while ready is not None:
        order.append((ready, frozenset(waiting.pop(ready) - done)))
        if ready.bulk_id is not None:
            done.add(ready.bulk_id)
        earlier = takewhile(lambda one: one.number < first.number, waiting)
        ready = next((one for one in earlier if waiting[one] <= done), None)
