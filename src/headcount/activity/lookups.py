"""What a request that changes nothing came to."""

from collections.abc import Mapping
from typing import Any, Final

from headcount.activity.asked import Asked, parameters, sole
from headcount.activity.finding import entries, name_of, text, under
from headcount.activity.phrases import MANY, Deed, Phrase, named, short
from headcount.store.activity import Done
from headcount.store.model import Kind

_PLACES: Final[Mapping[str, str]] = {
    "serviceproviderconfig": "what the server can do",
    "resourcetypes": "the resource types",
    "schemas": "the schemas",
    "me": "its own account",
    "bulk": "the address for bulk requests",
}
_BY_NAME = {"username": Kind.USER, "displayname": Kind.GROUP}


def looked(asked: Asked, query: str, request: Any, answer: Any, person: str = "") -> Deed:
    """What a GET or a search came to.

    Args:
        asked: the place.
        query: of the address.
        request: JSON of a search.
        answer: JSON.
        person: the name of the resource, where it is known.
    """
    if asked.id and asked.kind:
        name = name_of(answer) or person
        return Deed(Phrase("read", "read", named(asked.kind, name)), Done.READ, name, asked.id)
    if asked.kind is None and not asked.searches:
        return Deed(Phrase("read", "read", _place(asked.what)), Done.READ)
    given = _given(query, request)
    where = given.get("filter", "")
    if where.strip():
        return _sought(asked, where, answer)
    many = MANY[asked.kind] if asked.kind else "users and groups"
    return Deed(Phrase("read", "read", _page(given, many)), Done.READ)


def _place(what: str) -> str:
    head, _, rest = what.partition("/")
    if head == "schemas" and rest:
        return f"the schema {short(rest)}"
    if head == "resourcetypes" and rest:
        return f"the resource type {short(rest)}"
    return _PLACES.get(head) or f"/{short(what)}"


def _given(query: str, request: Any) -> Mapping[str, str]:
    if isinstance(request, Mapping):
        return {str(key).lower(): str(value) for key, value in request.items()}
    return parameters(query)


def _sought(asked: Asked, where: str, answer: Any) -> Deed:
    """What a filter was for: for somebody by name, for somebody by another mark, or for several."""
    found = entries(under(answer, "Resources"))
    only = found[0] if len(found) == 1 else None
    resource, total = text(under(only, "id")), under(answer, "totalResults")
    about = sole(where)
    if about is None or asked.kind is None:
        many = MANY[asked.kind] if asked.kind else "users and groups"
        return Deed(
            Phrase("searched", "search", f"the {many} for {short(where.strip())}"),
            Done.READ,
            name_of(only),
            resource,
        )
    attribute, value = about
    missing = " (nobody has it)" if total == 0 and asked.kind is Kind.USER else ""
    missing = " (there is none)" if total == 0 and asked.kind is Kind.GROUP else missing
    if _BY_NAME.get(attribute.lower()) is asked.kind:
        what = named(asked.kind, value) + missing
        return Deed(Phrase("looked up", "look up", what), Done.READ, value, resource)
    mark = f"{attribute} {short(value)}"
    if name := name_of(only):
        what = f"{named(asked.kind, name)} by {mark}"
        return Deed(Phrase("looked up", "look up", what), Done.READ, name, resource)
    what = f"the {MANY[asked.kind]} with {mark}{missing}"
    return Deed(Phrase("looked up", "look up", what), Done.READ, "", resource)


def _page(given: Mapping[str, str], many: str) -> str:
    """Which part of a list.

    >>> _page({"startindex": "101", "count": "100"}, "users"), _page({}, "groups")
    ('page 2 of the users', 'the groups')
    """
    if "cursor" in given:
        return f"the next page of the {many}" if given["cursor"] else f"page 1 of the {many}"
    start, count = _whole(given.get("startindex")), _whole(given.get("count"))
    if not count or start is None:
        return f"the {many}" if (start or 1) <= 1 else f"the {many} from number {start:,} on"
    if count <= 2:
        return f"the first {many}" if start <= 1 else f"the {many} at number {start:,}"
    return f"page {max(0, start - 1) // count + 1:,} of the {many}"


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() and len(value) < 12 else None
