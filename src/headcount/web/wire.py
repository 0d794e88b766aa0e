"""What arrives, from bytes to messages. The one place that knows what clients really send."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from headcount import tolerance
from headcount.errors import InvalidSyntax, InvalidValue, ScimError
from headcount.scim.attributes import ResourceType
from headcount.scim.bulk import REQUEST_URN, BulkRequest, read_bulk
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.filters import Compare, Op
from headcount.scim.messages import Query, read_query, read_search
from headcount.scim.operations import PATCH_URN, Operation, read_operations
from headcount.scim.paths import AttrPath
from headcount.scim.resources import Document, read_resource

MAX_DEPTH = 64  # objects and lists within one another
MAX_PARAMETERS = 100


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """How what arrives becomes messages."""

    dialect: Dialect
    resource: Callable[[Any, ResourceType], Any]
    patch: Callable[[Any], Any]
    bulk: Callable[[Any], Any]
    parameters: Callable[[Mapping[str, str]], Mapping[str, str]]


TOLERANT = Reading(
    tolerance.TOLERANT,
    lambda body, _: tolerance.resource(body),
    tolerance.patch,
    tolerance.bulk,
    tolerance.parameters,
)
STRICT = Reading(
    BY_THE_BOOK,
    lambda body, kind: with_urn(body, kind.schema.id),
    lambda body: with_urn(body, PATCH_URN),
    lambda body: with_urn(body, REQUEST_URN),
    lambda asked: asked,
)
"""For a token whose owner tests a client: what the RFC does not allow is refused."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def json_of(body: bytes) -> Any:
    """The JSON of a body.

    Raises:
        InvalidSyntax: it is none, or nested too deep.
        InvalidValue: a text holds a NUL character, which no application expects.

    >>> json_of(b'{"userName": "ada"}')
    {'userName': 'ada'}
    """
    if not body:
        raise InvalidSyntax("the request has no body; send one JSON object")
    try:
        value = orjson.loads(body.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as broken:
        raise InvalidSyntax(f"the body is not JSON: {broken}") from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check_depth(value)
    if b"\\u0000" in body:
        _check_texts(value)
    return value


def _check_depth(value: Any) -> None:
    """Level by level, so that depth itself cannot hurt."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            part
            for one in level
            for part in (one.values() if isinstance(one, dict) else one)
            if isinstance(part, dict | list)
        ]
        if not level:
            return
    raise InvalidSyntax(f"the body is nested deeper than {MAX_DEPTH} levels")


def _check_texts(value: Any) -> None:
    level = [value]
    while level:
        if any(isinstance(one, str) and "\0" in one for one in level):
            raise InvalidValue("a text holds the character U+0000, which no attribute can hold")
        level = [part for one in level for part in _parts(one)]


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()


def with_urn(body: Any, urn: str) -> Any:
    """The body, if its `schemas` say that it is what belongs here (RFC 7643 section 3).

    Raises:
        InvalidValue: they do not.
    """
    urns = body.get("schemas") if isinstance(body, Mapping) else [urn]
    if not isinstance(urns, list) or urn.lower() not in {str(one).lower() for one in urns}:
        raise InvalidValue(f"schemas must be a list that holds {urn!r}")
    return body


def resource(body: Any, kind: ResourceType, reading: Reading = TOLERANT) -> Document:
    """The resource in the JSON of a POST or PUT."""
    return read_resource(reading.resource(body, kind), kind, reading.dialect)


def operations(body: Any, kind: ResourceType, reading: Reading = TOLERANT) -> tuple[Operation, ...]:
    """The operations in the JSON of a PATCH."""
    return read_operations(reading.patch(body), kind, reading.dialect)


def bulk(body: bytes, reading: Reading = TOLERANT) -> BulkRequest:
    """The operations in the body of a bulk request."""
    may_refer = b"bulkId:" in body or b"\\u" in body
    return read_bulk(reading.bulk(json_of(body)), may_refer=may_refer)


def query(query_string: bytes, kind: ResourceType, reading: Reading = TOLERANT) -> Query:
    """The query of a GET. A plus is a blank, and parameters that nobody knows are passed over."""
    if len(query_string) < _LONG and (found := _LOOK_UP.fullmatch(query_string)):
        before, name, after = found.groups()
        if (form := _form(before + _HOLE + after, kind, reading)) is not None:
            path, asked = form
            return asked.about(Compare(path, Op.EQ, _text(name)))
    return _read(query_string, kind, reading)


def _read(query_string: bytes, kind: ResourceType, reading: Reading = TOLERANT) -> Query:
    return read_query(reading.parameters(parameters(query_string)), kind, reading.dialect)


_LOOK_UP = re.compile(
    rb"""((?:[^?]*&)??filter=[\w.:]{1,100}(?:%20|\+)[eE][qQ](?:%20|\+)%22)
    (?!%22)([^%"\\&\x00-\x1f]*(?:%(?![01]|22|5[cC])[^%"\\&\x00-\x1f]*)*)
    (%22(?:&.*)?)""",
    re.VERBOSE,
)
"""A look-up by one name, which most requests of an identity provider are."""

_LONG = 1_000  # bytes

_HOLE = b"hole-in-the-form"


@lru_cache(maxsize=256)
def _form(
    query_string: bytes, kind: ResourceType, reading: Reading
) -> tuple[AttrPath, Query] | None:
    """What a look-up asks but for the name it asks for: clients send the same form all day."""
    try:
        form = _read(query_string, kind, reading)
    except ScimError:
        return None  # refused again with the name in it, which the refusal tells
    match form.where:
        case Compare(path, Op.EQ, value) if value == _HOLE.decode() and path.leaf.type == "string":
            return path, form
    return None


def parameters(query_string: bytes) -> dict[str, str]:
    """The parameters by name; of one that is given twice, the last."""
    if not query_string:
        return {}
    pairs = query_string.split(b"&")
    if len(pairs) > MAX_PARAMETERS:
        raise InvalidValue(f"the address has more than {MAX_PARAMETERS} parameters")
    found = {}
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        found[_text(name)] = _text(value)
    return found


def _text(raw: bytes) -> str:
    """A name or value of a query string (WHATWG URL, application/x-www-form-urlencoded).

    >>> _text(b"a+b%20%C3%A4")
    'a b ä'
    """
    if b"%" in raw or b"+" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw.decode("utf-8", "replace")


def search(body: Any, kind: ResourceType, reading: Reading = TOLERANT) -> Query:
    """The query in the JSON of a POST to `.search`."""
    return read_query(read_search(body), kind, reading.dialect)
