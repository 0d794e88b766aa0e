"""The two questions that the protocol asks about what is not written by the book.

The answers by the book stand here. What identity providers send beside it is answered elsewhere,
by whoever builds another `Dialect`.
"""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headcount.errors import InvalidValue
from headcount.scim.attributes import Attribute, Returned
from headcount.scim.paths import Names, resolve

Mend = Callable[[Attribute, Any], Any]
"""Given a value that has not the shape of its attribute: the one that is meant, or a refusal."""

_SHAPES = {
    "boolean": "true or false",
    "integer": "a whole number",
    "decimal": "a number",
    "complex": "an object",
    "dateTime": "a date and time such as 2026-01-31T12:00:00Z",
}
_SHORT = reprlib.Repr()  # a value may be as long and as deep as the sender likes
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlevel = 3


Bare = Callable[[Attribute, str], str | None]
"""Given a word where a filter wants a text in quotes: the text that is meant, or None."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How names are found, and what a value of the wrong shape means."""

    names: Names
    mend: Mend  # of one value that has not the shape of its attribute
    listed: Mend  # of what stands where a list belongs
    bare: "Bare"  # of a word where a filter wants a text in quotes
    forgiving: bool = False  # unknown paths are passed over, unmatched value filters make an entry


def wrong_shape(attribute: Attribute, value: Any) -> InvalidValue:
    """The refusal of a value that does not fit its attribute.

    >>> wrong_shape(Attribute("active", "boolean"), "perhaps").detail
    "active must be true or false, not 'perhaps'"
    """
    wanted = _SHAPES.get(attribute.type, "text")
    if attribute.multi_valued and not isinstance(value, list):
        wanted = f"a list of values, each {wanted}"
    secret = attribute.returned is Returned.NEVER
    shown = "what was sent" if secret else _SHORT.repr(value)[:100]
    return InvalidValue(f"{attribute.name} must be {wanted}, not {shown}")


def refuse(attribute: Attribute, value: Any) -> Any:
    """No shape but the RFC's."""
    raise wrong_shape(attribute, value)


def quoted_only(_: Attribute, __: str) -> str | None:
    """No text without quotes."""
    return None


BY_THE_BOOK = Dialect(resolve, refuse, refuse, quoted_only)
