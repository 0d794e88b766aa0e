"""Holds the body that a conversation expects against the one that came.

A plain value must be equal and of the same type. An object names some of the attributes; a list
names some of the entries, each of which needs one of its own. An object with one of these keys is
a matcher:

    {"$any": true}        something is there, and it is not empty
    {"$absent": true}     the attribute is not in the answer
    {"$empty": true}      absent, or an empty text, list or object
    {"$exactly": [...]}   a list of these entries and no others, in any order
    {"$count": 3}         a list with this many entries
    {"$kind": "integer"}  boolean, integer, text, list or object
    {"$matches": "^a"}    a text in which the regular expression is found
    {"$not": ...}         something is there, and it does not match

What cannot fail proves nothing, so `defects` finds it before anything is sent.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final


class Missing(Enum):
    """What stands where an attribute is not in the answer."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
KINDS: Final[Mapping[str, type]] = {
    "boolean": bool,
    "integer": int,
    "text": str,
    "list": list,
    "object": dict,
}
NOT_A_MATCHER: Final = "$ref"  # an attribute of RFC 7643 that starts like one


def difference(want: Any, got: Any, at: str = "body") -> str | None:
    """The first difference in words, or None where there is none.

    >>> difference({"totalResults": 1}, {"totalResults": "1"})
    'body.totalResults: wanted 1, got "1"'
    """
    if name := _matcher_in(want):
        return MATCHERS[name](want[name], got, at)
    if isinstance(want, dict):
        return _object_difference(want, got, at)
    if isinstance(want, list):
        return _list_difference(want, got, at)
    if type(want) is type(got) and want == got:
        return None
    return f"{at}: wanted {shown(want)}, got {shown(got)}"


def shown(value: Any) -> str:
    """A value as it stands in a message: JSON, cut where it is long."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + " ..."


def _matcher_in(want: Any) -> str | None:
    if not isinstance(want, dict):
        return None
    return next((key for key in want if key in MATCHERS), None)


def _object_difference(want: Mapping[str, Any], got: Any, at: str) -> str | None:
    if not isinstance(got, dict):
        return f"{at}: wanted an object, got {shown(got)}"
    differences = (difference(want[key], got.get(key, MISSING), f"{at}.{key}") for key in want)
    return next(filter(None, differences), None)


def _list_difference(want: Sequence[Any], got: Any, at: str) -> str | None:
    if not isinstance(got, list):
        return f"{at}: wanted a list, got {shown(got)}"
    if _each_has_its_own(want, got):
        return None
    return f"{at}: wanted entries like {shown(want)}, got {shown(got)}"


def _each_has_its_own(want: Sequence[Any], got: Sequence[Any]) -> bool:
    if not want:
        return True
    return any(
        difference(want[0], entry) is None and _each_has_its_own(want[1:], _without(got, place))
        for place, entry in enumerate(got)
    )


def _without(entries: Sequence[Any], place: int) -> Sequence[Any]:
    return [*entries[:place], *entries[place + 1 :]]


def _any(_: Any, got: Any, at: str) -> str | None:
    return f"{at}: wanted something, got {shown(got)}" if _is_empty(got) else None


def _absent(_: Any, got: Any, at: str) -> str | None:
    return None if got is MISSING else f"{at}: wanted nothing, got {shown(got)}"


def _empty(_: Any, got: Any, at: str) -> str | None:
    return None if _is_empty(got) else f"{at}: wanted it empty, got {shown(got)}"


def _is_empty(got: Any) -> bool:
    return got is MISSING or got is None or (isinstance(got, str | list | dict) and not got)


def _exactly(want: Sequence[Any], got: Any, at: str) -> str | None:
    if isinstance(got, list) and len(got) != len(want):
        return f"{at}: wanted {len(want)} entries, got {len(got)}: {shown(got)}"
    return _list_difference(want, got, at)


def _count(want: int, got: Any, at: str) -> str | None:
    if isinstance(got, list) and len(got) == want:
        return None
    return f"{at}: wanted a list of {want}, got {shown(got)}"


def _kind(want: str, got: Any, at: str) -> str | None:
    return None if type(got) is KINDS[want] else f"{at}: wanted a {want}, got {shown(got)}"


def _matches(want: str, got: Any, at: str) -> str | None:
    if isinstance(got, str) and re.search(want, got):
        return None
    return f"{at}: wanted a text like {want}, got {shown(got)}"


def _not(want: Any, got: Any, at: str) -> str | None:
    if got is not MISSING and difference(want, got, at):
        return None
    return f"{at}: wanted something other than {shown(want)}, got {shown(got)}"


MATCHERS: Final[Mapping[str, Callable[[Any, Any, str], str | None]]] = {
    "$any": _any,
    "$absent": _absent,
    "$empty": _empty,
    "$exactly": _exactly,
    "$count": _count,
    "$kind": _kind,
    "$matches": _matches,
    "$not": _not,
}


def defects(want: Any, at: str = "body") -> Iterator[str]:
    """What in an expectation cannot be read, or could never fail."""
    if want is None:
        yield f"{at}: no answer has a null; say $absent"
    elif isinstance(want, dict | list) and not want:
        yield f"{at}: {want} would match every one; say $empty, $kind or $exactly"
    elif isinstance(want, list):
        for place, entry in enumerate(want):
            yield from defects(entry, f"{at}.{place}")
    elif isinstance(want, dict):
        yield from _object_defects(want, at)


def _object_defects(want: Mapping[str, Any], at: str) -> Iterator[str]:
    unknown = [key for key in want if key[:1] == "$" and key not in (*MATCHERS, NOT_A_MATCHER)]
    name = _matcher_in(want)
    if unknown:
        yield f"{at}: {unknown[0]} is no matcher"
    elif name and len(want) > 1:
        yield f"{at}: {name} stands beside other keys, which nobody would look at"
    elif name:
        yield from _argument_defects(name, want[name], at)
    else:
        for key, inner in want.items():
            yield from defects(inner, f"{at}.{key}")


def _argument_defects(name: str, argument: Any, at: str) -> Iterator[str]:
    if not ARGUMENTS[name](argument):
        yield f"{at}: {name} cannot take {shown(argument)}"
    elif name == "$not" or (name == "$exactly" and argument):
        yield from defects(argument, at)


def _is_pattern(argument: Any) -> bool:
    try:
        return isinstance(argument, str) and re.compile(argument).search("") is None
    except re.error:
        return False


ARGUMENTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "$any": lambda argument: argument is True,
    "$absent": lambda argument: argument is True,
    "$empty": lambda argument: argument is True,
    "$exactly": lambda argument: isinstance(argument, list),
    "$count": lambda argument: type(argument) is int and argument >= 0,
    "$kind": lambda argument: argument in KINDS,
    "$matches": _is_pattern,
    "$not": lambda argument: argument is not None,
}
