"""How things are found in JSON that may have any shape: nothing here refuses anything."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

_NAMES = ("userName", "displayName")
_TRUTH = {"true": True, "false": False}


def json_in(body: bytes) -> Any:
    """The JSON in a body; `None` where it is none."""
    if not body:
        return None
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None


def under(value: Any, name: str) -> Any:
    """What stands under a name, in any letter case; `None` where nothing does.

    >>> under({"USERNAME": "ada"}, "userName"), under([], "userName")
    ('ada', None)
    """
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    folded = name.lower()
    return next((one for key, one in value.items() if key.lower() == folded), None)


def text(value: Any) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def entries(value: Any) -> Sequence[Any]:
    """A list, or the one value that stands in its place."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def name_of(resource: Any) -> str:
    """How people call a resource: userName or displayName.

    >>> name_of({"displayName": "Ada", "userName": "ada@acme.test"})
    'ada@acme.test'
    """
    return next((found for name in _NAMES if (found := text(under(resource, name)))), "")


def truth(value: Any) -> bool | None:
    """True or false, also where it was sent as a text or as an object with a value.

    >>> truth("False"), truth({"value": True}), truth(None)
    (False, True, None)
    """
    if isinstance(value, Mapping):
        value = under(value, "value")
    if isinstance(value, list) and len(value) == 1:
        return truth(value[0])
    if isinstance(value, str):
        return _TRUTH.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def unpacked(value: Any) -> Any:
    """The object in a text that holds JSON, as Keycloak's extension sends it; else the value.

    >>> unpacked('{"active": false}'), unpacked("ada")
    ({'active': False}, 'ada')
    """
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        found = json_in(value.encode("utf-8", "surrogatepass"))
        return value if found is None else found
    return value
