"""Which address takes which method: one small table, read once for each request."""

from typing import NamedTuple

from headcount.errors import MethodNotAllowed, NotFound
from headcount.store.model import Kind
from headcount.web import resources
from headcount.web.bulk import bulk
from headcount.web.call import Handler
from headcount.web.places import KINDS, parts_of

Methods = dict[str, Handler]

_COLLECTION: Methods = {"GET": resources.list_resources, "POST": resources.create_resource}
_RESOURCE: Methods = {
    "GET": resources.read_resource,
    "PUT": resources.replace_resource,
    "PATCH": resources.patch_resource,
    "DELETE": resources.delete_resource,
}
_SEARCH: Methods = {"POST": resources.search_resources}
_ME: Methods = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), resources.me)
_SINGLE: dict[str, Methods] = {
    ".search": {"POST": resources.search_everything},
    "serviceproviderconfig": {"GET": resources.service_provider_config},
    "resourcetypes": {"GET": resources.resource_types},
    "schemas": {"GET": resources.schemas},
    "me": _ME,
    "bulk": {"POST": bulk},
}
_WITH_ID = frozenset({"resourcetypes", "schemas"})


class Route(NamedTuple):
    """Who answers, about what."""

    handler: Handler
    kind: Kind = Kind.USER
    id: str = ""


_ALL_OF = {
    (method, f"/{kind}s"): Route(handler, kind)
    for kind in Kind
    for method, handler in _COLLECTION.items()
}
_ONE_OF = {
    (method, f"/{kind}s"): Route(handler, kind)
    for kind in Kind
    for method, handler in _RESOURCE.items()
}
"""What nearly every request is, found in one step."""


def route(method: str, path: str) -> Route:
    """Who answers `method` at `path`, the part behind the base address.

    Base addresses are typed by hand: a slash at the end, or two in the middle, mean nothing, nor
    does the letter case of an endpoint.

    Raises:
        NotFound: there is nothing at the address.
        MethodNotAllowed: there is, and it does not take the method.

    >>> route("GET", "//Users/").handler.__name__, route("GET", "/Users/7").id
    ('list_resources', '7')
    """
    if found := _ALL_OF.get((method, path)):
        return found
    head, _, name = path.rpartition("/")
    if (found := _ONE_OF.get((method, head))) and name and name not in _SINGLE:
        return Route(found.handler, found.kind, name)
    methods, kind, resource_id = _place(parts_of(path), path)
    handler = methods.get("GET" if method == "HEAD" else method)
    if handler is None:
        allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])
        raise MethodNotAllowed(f"{method[:40]} does not work here; what does: {allowed}", allowed)
    return Route(handler, kind, resource_id)


def _place(parts: list[str], path: str) -> tuple[Methods, Kind, str]:
    head = parts[0].lower() if parts else ""
    kind = KINDS.get(head)
    if kind is not None and len(parts) == 1:
        return _COLLECTION, kind, ""
    if kind is not None and len(parts) == 2:
        if parts[1] == ".search":
            return _SEARCH, kind, ""
        return _RESOURCE, kind, parts[1]
    if head in _SINGLE and (len(parts) == 1 or (head in _WITH_ID and len(parts) == 2)):
        return _SINGLE[head], Kind.USER, parts[1] if len(parts) > 1 else ""
    raise NotFound(
        f"there is nothing at {path[:200]!r}; a SCIM base address ends in /scim/v2,"
        " with /Users and /Groups below it"
    )
