"""Reads LDIF (RFC 2849): records of attributes, with the number of the line of each.

There are libraries for it. None tells on which line something is wrong, and the one that is kept up
takes a broken base64 for a value and an address for an empty one.
"""

import re
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterator
from typing import NamedTuple

from headcount.directory.importing.entries import broken
from headcount.directory.importing.files import Source, text_of

_DESCRIPTION = re.compile(rb"([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)((?:;[A-Za-z0-9=*-]+)*)")
_HEX = re.compile(r"(?:\\[0-9A-Fa-f]{2})+")
_UNESCAPED_COMMA = re.compile(r"(?<!\\)((?:\\\\)*)[,;]")


class Value(NamedTuple):
    """One value of an attribute."""

    name: str  # in lower case
    options: str  # in lower case: `;binary`; empty: none
    value: bytes
    line: int

    @property
    def text(self) -> str:
        """The value as text, without spaces around it.

        Raises:
            InvalidValue: it is none.
        """
        return text_of(self.value, self.line).strip()


class Record(NamedTuple):
    """One entry of a directory."""

    line: int
    dn: str
    values: list[Value]


def read_records(source: Source) -> Iterator[Record]:
    """The entries that a file adds.

    Raises:
        InvalidValue: it is not LDIF, or changes what is there instead of stating it.
    """
    block: list[tuple[int, bytes]] = []
    first = True
    for number, line in _unfolded(source):
        if line:
            block.append((number, line))
            continue
        if block and (record := _record(block, first=first)):
            yield record
        first, block = first and not block, []
    if block and (record := _record(block, first=first)):
        yield record


def _unfolded(source: Source) -> Iterator[tuple[int, bytes]]:
    """Lines without comments; one that begins with a space goes on with the one before."""
    held: list[bytes] = []
    begins = 0
    for number, raw in source.raw():
        line = raw.rstrip(b"\r\n")
        if line.startswith(b" "):
            if not held:
                raise broken(number, "it goes on with a line before, and there is none")
            held.append(line[1:])
            continue
        if held and not held[0].startswith(b"#"):
            yield begins, b"".join(held)
        if not line:
            yield number, b""
        begins, held = number, [line] if line else []
    if held and not held[0].startswith(b"#"):
        yield begins, b"".join(held)


def _record(block: list[tuple[int, bytes]], *, first: bool) -> Record | None:
    values = [_value(number, line) for number, line in block]
    if first and values[0].name == "version":
        if values[0].text != "1":
            raise broken(values[0].line, f"LDIF of version {values[0].text[:20]!r} is not known")
        values = values[1:]
        if not values:
            return None
    head, *rest = values
    if head.name != "dn":
        raise broken(head.line, "a record begins with its dn, behind an empty line")
    if rest and rest[0].name == "control":
        raise broken(rest[0].line, "a control changes what is there; export the entries instead")
    if rest and rest[0].name == "changetype":
        if rest[0].text.lower() != "add":
            raise broken(
                rest[0].line,
                f"changetype {rest[0].text[:20]!r} changes what is there; only entries are read,"
                " so export them instead",
            )
        rest = rest[1:]
    return Record(head.line, head.text, rest)


def _value(number: int, line: bytes) -> Value:
    description, colon, rest = line.partition(b":")
    found = _DESCRIPTION.fullmatch(description)
    if not colon or found is None:
        raise broken(number, "it must be a name, a colon and a value, such as cn: Ada Lovelace")
    name, options = found[1].decode().lower(), found[2].decode().lower()
    if rest.startswith(b"<"):
        raise broken(
            number,
            f"{name} lies at an address, and nothing is fetched; export the value itself",
        )
    if rest.startswith(b":"):
        return Value(name, options, _decoded(number, name, rest[1:].strip(b" ")), number)
    return Value(name, options, rest.lstrip(b" "), number)


def _decoded(number: int, name: str, text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except BadBase64:
        raise broken(number, f"the value of {name} is not base64") from None


def same_name(dn: str) -> str:
    r"""A distinguished name in the form in which it is compared (RFC 4514), as far as text goes.

    >>> same_name(r"CN=Ada\2C King, ou=People") == same_name(r"cn=ada\, king,OU=people")
    True
    """
    parts = _UNESCAPED_COMMA.sub(lambda found: found[1] + "\0", dn).split("\0")
    return ",".join(_same_part(part) for part in parts)


def _same_part(part: str) -> str:
    name, _, value = part.partition("=")
    plain = " ".join(_HEX.sub(_unhexed, value).casefold().split())
    return f"{name.strip().casefold()}={plain}"


def _unhexed(found: re.Match[str]) -> str:
    """What pairs of digits stand for; special characters keep the backslash before them."""
    try:
        text = bytes.fromhex(found[0].replace("\\", "")).decode()
    except UnicodeDecodeError:
        return found[0]
    return "".join("\\" + one if one in ',+"\\<>;=# ' else one for one in text)
