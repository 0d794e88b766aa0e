"""What a request was about, as its method, path and query tell."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from headcount.store.model import Kind

_KINDS = {"users": Kind.USER, "groups": Kind.GROUP}
_SEARCH = ".search"
_READING = frozenset({"GET", "HEAD"})


class Asked(NamedTuple):
    """The place of a request."""

    kind: Kind | None = None
    id: str = ""
    what: str = ""  # the endpoint where it is about no kind, in small letters
    searches: bool = False


@lru_cache(maxsize=1024)
def asked_of(path: str) -> Asked:
    """The place that a path behind the base address names.

    >>> asked_of("/Users/7"), asked_of("//groups/.search").searches, asked_of("/Schemas").what
    (Asked(kind=<Kind.USER: 'User'>, id='7', what='', searches=False), True, 'schemas')
    """
    parts = [part for part in path.split("/") if part]
    head = parts[0].lower() if parts else ""
    kind = _KINDS.get(head)
    if kind is None or len(parts) > 2:
        return Asked(what="/".join(parts).lower(), searches=head == _SEARCH)
    name = parts[1] if len(parts) == 2 else ""
    return Asked(kind, "" if name == _SEARCH else name, searches=name == _SEARCH)


def reads(method: str, path: str) -> bool:
    """Whether a request changes nothing.

    >>> reads("GET", "/Users"), reads("POST", "/Users"), reads("POST", "/Users/.search")
    (True, False, True)
    """
    return method in _READING or path.rstrip("/").endswith(_SEARCH)


def parameters(query: str) -> Mapping[str, str]:
    """The parameters of a query, by their names in small letters."""
    return {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}


class Sole(NamedTuple):
    """A filter that asks for one value."""

    attribute: str
    value: str


_SOLE = re.compile(r'\s*([\w.:\-$\[\] "]{1,120}?)\s+eq\s+"((?:[^"\\]|\\.)*)"\s*', re.IGNORECASE)


def sole(where: str) -> Sole | None:
    r"""The one value that a filter asks for, if it does.

    >>> sole('userName Eq "ada"'), sole('userName eq "ada" and active eq true')
    (Sole(attribute='userName', value='ada'), None)
    """
    if (found := _SOLE.fullmatch(where)) is None or '"' in found[1]:
        return None
    return Sole(found[1].rpartition(":")[2], found[2].replace('\\"', '"').replace("\\\\", "\\"))
