"""The file itself: its form, its lines as text, and how far they have been read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import BinaryIO

from headcount.directory.importing.entries import broken
from headcount.errors import InvalidValue

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
LONGEST_LINE = 64 * 2**20  # bytes; a group of a million members may be one record


class Format(StrEnum):
    """The forms that are read."""

    CSV = "csv"
    LDIF = "ldif"
    JSONL = "jsonl"


_ENDINGS = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".ldif": Format.LDIF,
    ".ldf": Format.LDIF,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
}


def format_of(name: str) -> Format:
    """The form that the ending of a file's name tells.

    Raises:
        InvalidValue: it tells none.

    >>> format_of("Staff.LDIF").value
    'ldif'
    """
    ending = PurePath(name).suffix.lower()
    if ending not in _ENDINGS:
        raise InvalidValue(
            f"the ending of {name!r} does not tell its form; add --format csv, ldif or jsonl"
        )
    return _ENDINGS[ending]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read several times."""

    file: BinaryIO
    format: Format
    read: Callable[[int], None] = lambda _: None  # told how many bytes were read, now and then

    def raw(self) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, without what ends them.

        Raises:
            InvalidValue: it is not UTF-8, or a line has no end.
        """
        self.file.seek(0)
        number, passed = 0, 0
        while line := self.file.readline(LONGEST_LINE):
            number += 1
            passed += len(line)
            if number == 1:
                _check_marks(line)
                line = line.removeprefix(_BYTE_ORDER_MARK)
            if len(line) >= LONGEST_LINE:
                raise broken(number, f"the line is longer than {LONGEST_LINE} bytes")
            if number % 256 == 0:
                self.read(passed)
            yield number, line
        self.read(passed)

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines as text, with what ends them.

        Raises:
            InvalidValue: one is not UTF-8, or holds the character NUL.
        """
        for number, line in self.raw():
            yield number, text_of(line, number)


def _check_marks(line: bytes) -> None:
    if line.startswith(_WIDE_MARKS):
        raise broken(1, "the file is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)")


def text_of(line: bytes, number: int) -> str:
    """A line, or a value on it, as text.

    Raises:
        InvalidValue: it is not UTF-8, or holds the character NUL.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as wrong:
        raise broken(
            number,
            f"byte {wrong.start + 1} (0x{line[wrong.start]:02X}) is not UTF-8; save the file as"
            " UTF-8 (in Excel: CSV UTF-8)",
        ) from None
    if "\0" in text:
        raise broken(number, "it holds the character NUL, which no text has")
    return text
