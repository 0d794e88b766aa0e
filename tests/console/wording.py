"""What hostile people call things, and what others do. Each text says where it was put."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

MARK = re.compile(r"m([0-9a-f]{8})([tmbd])m")
"""How each text names its place, and who calls it so. Where one is seen, the text was shown."""

MARKUP = (
    "{{7*7}}\u202e\"><img src=x onerror=alert(1)>'><script>alert(2)</script><svg/onload=alert(3)>"
)
TURNING = (
    "\u202e\u2067\u200f\u061c turned שלום مرحبا \u200b\ufeff\u2028 👩\u200d👩\u200d👧 Z\u0351\u036b"
)
CONTROLS = "\x07\x1b[31m\n\r\t\x7f\x85"
BEGINNINGS = (
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "javascript:alert(1)//",
    "data:text/html,<script>alert(1)</script>",
    "//elsewhere.test/",
    "../../../",
)
LONG = 10_000


def digits_of(place: str) -> str:
    """How the mark of a place begins."""
    return f"{zlib.crc32(place.encode()):08x}"


@dataclass(frozen=True)
class Words:
    """A way to call things: a text for each place, the same whenever it is asked for."""

    name: str
    made: Callable[[str, int], str]  # of a mark and a number that differs from place to place

    def __call__(self, place: str, most: int = LONG, without: str = "") -> str:
        """What the thing at this place is called.

        Args:
            place: in a few words.
            most: characters that it may have.
            without: what it may not hold: a pattern for characters.
        """
        number = int(digits_of(place), 16)
        text = self.made(f"m{number:08x}{self.name[0]}m", number)
        return (re.sub(without, "", text) if without else text)[:most]

    def email(self, place: str) -> str:
        """As much of it as an e-mail address may have."""
        return self(place, 40, r"[\s@<>\"']") + "@acme.test"

    def header(self, place: str) -> str:
        """As much of it as a header may have (RFC 9110 section 5.5)."""
        return self(place, 1_000, r"[^ -~]")


def _beginning(mark: str, number: int) -> str:
    return BEGINNINGS[number % len(BEGINNINGS)] + mark


TAME = Words("tame", lambda mark, _: mark)
MARKED = Words("marked", lambda mark, _: mark + MARKUP + TURNING + CONTROLS)
BEGUN = Words("begun", _beginning)
DRAWN_OUT = Words("drawn-out", lambda mark, _: mark + "x" * (LONG - len(mark)))

HOSTILE = (MARKED, BEGUN, DRAWN_OUT)
