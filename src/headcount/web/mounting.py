"""Where SCIM begins when an application of others has it somewhere below its own address."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from headcount.web.address import PREFIX

_VERSION = "/v2"


class Mounted(NamedTuple):
    """A path, parted."""

    root: str  # of everything SCIM, such as `/scim/v2`: with what proxies took away
    path: str  # behind it, such as `/Users/7`


def mounted(scope: Mapping[str, Any]) -> Mounted:
    """Where a request was sent, whichever framework handed it on.

    The base address ends in `/v2` below the place that the application gave, or in `/scim/v2`
    where that is none yet. Whoever leaves it out is understood: the place alone is an address too.

    >>> mounted({"root_path": "/scim", "path": "/scim/v2/Users"})
    Mounted(root='/scim/v2', path='/Users')
    >>> mounted({"root_path": "/app", "path": "/app/scim/v2/Users/7"})
    Mounted(root='/app/scim/v2', path='/Users/7')
    >>> mounted({"root_path": "/scim/v2", "path": "/scim/v2/Users"})
    Mounted(root='/scim/v2', path='/Users')
    """
    place, path = _taken(scope) or _given(scope)
    for version in (PREFIX, _VERSION):
        if path == version or path.startswith(version + "/"):
            return Mounted(place + version, path[len(version) :])
    return Mounted(place, path)


def _taken(scope: Mapping[str, Any]) -> tuple[str, str] | None:
    """The place, and what is behind it, where a framework took the place out of the path.

    >>> _taken({"path": "/v2/Users", "raw_path": b"/app/scim/v2/Users"})
    ('/app/scim', '/v2/Users')
    """
    path = scope["path"].rstrip("/")
    whole = unquote(scope.get("raw_path") or b"").rstrip("/")
    if len(whole) > len(path) and whole.endswith(path):
        return whole.removesuffix(path).rstrip("/"), path
    return None


def _given(scope: Mapping[str, Any]) -> tuple[str, str]:
    """The same where it says so."""
    place = scope.get("root_path", "").rstrip("/")
    return place, _behind(place, scope["path"])


def _behind(place: str, path: str) -> str:
    """What stands behind the place.

    Most frameworks leave the place in the path, some take it away, and a proxy may have taken its
    beginning away before.

    >>> _behind("/scim", "/scim/v2"), _behind("/scim", "/v2"), _behind("/app/scim", "/scim/v2")
    ('/v2', '/v2', '/v2')
    """
    while place:
        if path == place or path.startswith(place + "/"):
            return path[len(place) :]
        place = place[place.find("/", 1) :] if "/" in place[1:] else ""
    return path
