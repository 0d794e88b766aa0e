"""When are two values the same, and which comes first: one answer, for memory and SQL alike.

Neither side compares values. Both compare the keys made here, so they cannot drift apart. The
folding is Python's, never a database's, so all stores agree outside ASCII too.
"""

import re
from datetime import UTC, datetime
from typing import Any

from headcount.scim.attributes import Attribute

Key = str | bool | int | float | None
Scalar = str | bool | int | float | None

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE | re.ASCII
)
_FRACTION_DIGITS = 9  # Microsoft sends seven
_MAX_INTEGER = 2**63 - 1


def comparison_key(attribute: Attribute, value: Scalar) -> Key:
    """The form in which a value of `attribute` is compared (RFC 7643 section 2.2 and 2.3).

    Texts fold unless the attribute is `caseExact`; a dateTime becomes UTC at a fixed width, so that
    its text order is the order in time.

    >>> comparison_key(Attribute("title"), "Straße")
    'strasse'
    >>> comparison_key(Attribute("created", "dateTime"), "2026-01-01T01:00:00.5+01:00")
    '2026-01-01T00:00:00.500000000Z'
    """
    if isinstance(value, str):
        if attribute.is_folded:
            return value.casefold()
        return moment_key(value) if attribute.type == "dateTime" else value
    return value


def moment_key(text: str) -> str:
    """A dateTime in UTC with nine decimals; a text that is none, in upper case."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return text.upper()
    day, time, fraction, zone = found.groups()
    decimals = (fraction or "").ljust(_FRACTION_DIGITS, "0")[:_FRACTION_DIGITS]
    if zone in {None, "Z", "z"}:
        return f"{day}T{time}.{decimals}Z"
    try:
        utc = datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return text.upper()
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{decimals}Z".rjust(30, "0")


def is_moment(text: str) -> bool:
    """Whether `text` is a dateTime (RFC 7643 section 2.3.5).

    >>> is_moment("2026-02-28T00:00:00Z"), is_moment("2026-02-30T00:00:00Z")
    (True, False)
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return False
    try:
        datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[4] or '').upper()}")
    except ValueError:
        return False
    return True


def has_shape(attribute: Attribute, value: Any) -> bool:
    """Whether one value has the JSON type of its attribute (RFC 7643 section 2.3)."""
    if attribute.is_text:
        return isinstance(value, str)
    if attribute.is_complex:
        return isinstance(value, dict)
    match attribute.type:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return whole and abs(value) <= _MAX_INTEGER
        case _:  # decimal
            return isinstance(value, int | float) and not isinstance(value, bool)


def is_empty(value: Any) -> bool:
    """Whether a value means *unassigned*: null, [] or {} (RFC 7643 section 2.5)."""
    return value is None or (isinstance(value, list | dict) and not value)
