"""What a client asks of a list (RFC 7644 section 3.4).

It says so in the query of a GET, or in the body of a POST to `.search`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from headcount.errors import InvalidCount, InvalidCursor, InvalidSyntax, InvalidValue
from headcount.scim.attributes import ResourceType
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.filters import Filter, parse_filter
from headcount.scim.paths import AttrPath
from headcount.scim.projection import WHOLE, Projection, read_projection
from headcount.scim.values import Scalar

LIST_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MAX_PAGE = 200
DEFAULT_PAGE = 100

_MAX_INDEX = 2**62


class Position(NamedTuple):
    """The last resource of a page; the next page begins behind it."""

    id: str
    key: Scalar = None  # what the list is sorted by, where it is sorted


@dataclass(frozen=True)
class Query:
    """Which resources, in which order, which part of the list, which part of each."""

    where: Filter | None = None
    sort_by: AttrPath | None = None
    descending: bool = False
    start: int = 1  # the first resource is number 1
    count: int = DEFAULT_PAGE
    projection: Projection = WHOLE
    cursor: str | None = None  # of RFC 9865: empty for the first page; None: `start` counts
    after: Position | None = None  # what the cursor says, once it is opened

    def about(self, where: Filter) -> "Query":
        """The same query with another filter."""
        # Setting each field of a frozen class costs more than a look-up does.
        other = object.__new__(Query)
        other.__dict__.update(self.__dict__, where=where)
        return other


def read_query(
    asked: Mapping[str, Any], kind: ResourceType, dialect: Dialect = BY_THE_BOOK
) -> Query:
    """The query that the parameters state. Their names have no case; unknown ones are passed over.

    Raises:
        InvalidFilter: the filter cannot be answered.
        InvalidValue: a number is none, or a sort order is unknown.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> query = read_query({"startIndex": "0", "count": "-1"}, USER_TYPE)
    >>> query.start, query.count
    (1, 0)
    """
    given = {key.lower(): value for key, value in asked.items()}
    where = given.get("filter")
    if where is not None and not isinstance(where, str):
        raise InvalidValue("filter must be a text")
    cursor = given.get("cursor")
    if not isinstance(cursor, str | None):
        raise InvalidCursor("a cursor is the text that the page before named")
    return Query(
        where=parse_filter(where, kind, dialect) if where is not None else None,
        sort_by=_sort_by(given.get("sortby"), kind, dialect),
        descending=_descending(given.get("sortorder")),
        start=max(1, _integer("startIndex", given.get("startindex"), 1)),
        count=_count(given.get("count"), walks=cursor is not None),
        projection=read_projection(
            _names("attributes", given.get("attributes")),
            _names("excludedAttributes", given.get("excludedattributes")),
            kind,
            dialect,
        ),
        cursor=cursor,
    )


def read_search(body: Any) -> Mapping[str, Any]:
    """The parameters in a SearchRequest message (RFC 7644 section 3.4.3)."""
    if not isinstance(body, Mapping):
        raise InvalidSyntax("the body must be one JSON object: a SearchRequest message")
    return body


def _count(value: Any, *, walks: bool) -> int:
    """How many resources are wanted. With a cursor a count that is none has an error of its own."""
    try:
        count = _integer("count", value, DEFAULT_PAGE)
    except InvalidValue as broken:
        if walks:
            raise InvalidCount(broken.detail) from None
        raise
    if walks and count < 0:
        raise InvalidCount(f"count must be between 0 and {MAX_PAGE}, not {count}")
    return min(MAX_PAGE, max(0, count))


def _integer(name: str, value: Any, default: int) -> int:
    """A whole number, which some clients send as a text even in JSON; empty means not given."""
    if value is None or value == "":
        return default
    try:
        number = (
            int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
        )
    except ValueError:
        number = None
    if number is None:
        raise InvalidValue(f"{name} must be a whole number, not {str(value)[:40]!r}")
    return max(-_MAX_INDEX, min(number, _MAX_INDEX))


def _names(parameter: str, value: Any) -> list[str]:
    """Names of attributes: a list in JSON, separated by commas in a query."""
    if value is None:
        return []
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidValue(f"{parameter} must be a list of attribute names")
    return [name for name in names if name.strip()]


def _sort_by(name: Any, kind: ResourceType, dialect: Dialect) -> AttrPath | None:
    """The attribute to sort by; a complex one is sorted by its value (RFC 7644 section 3.4.2.3)."""
    if name is None or name == "":
        return None
    path = dialect.names(kind, name) if isinstance(name, str) else None
    if path is None:
        raise InvalidValue(f"a {kind.name} has no attribute {str(name)[:100]!r} to sort by")
    if path.leaf.returned == "never":
        raise InvalidValue(f"{path} cannot be sorted by")
    if path.leaf.is_complex:
        if path.leaf.value is None:
            raise InvalidValue(
                f"{path} has parts; sort by one, such as {path}.{path.leaf.sub[0].name}"
            )
        path = path.below(path.leaf.value)
    return path


def _descending(order: Any) -> bool:
    folded = str(order).lower() if order not in (None, "") else "ascending"
    if folded not in {"ascending", "descending"}:
        raise InvalidValue(f"sortOrder must be ascending or descending, not {folded[:40]!r}")
    return folded == "descending"
