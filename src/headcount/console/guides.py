"""The guides: how each identity provider is connected. The pages of `docs/connect` are the source.

What is for whoever has a shell on the server is marked by what it is: sections with commands, and
paragraphs that name one. A page of the console leaves those out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

PLACEHOLDER = "https://yourorganisation.example.com/scim/v2"
"""The SCIM address as the guides write it."""

TOKEN = "TOKEN"  # noqa: S105 - how the guides write one
TOKEN_WITH_WORD = "Bearer TOKEN"  # noqa: S105 - where a field is sent as it is typed

ANY = "generic"  # the guide for whatever has none of its own
STEPS = "The steps"
FOR_OPERATORS = frozenset({"Before you begin", "Try it first"})
"""Sections for a shell on the server."""

_SECTION = re.compile(r"^## (?P<heading>.+)\n(?P<text>(?:(?!## ).*\n?)*)", re.MULTILINE)
_ROW = re.compile(r"^\| \[(?P<title>[^\]]+)\]\((?P<key>\w+)\.md\) \|(?P<rest>.*)\|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Guide:
    """How one identity provider is connected."""

    key: str  # such as `okta`
    title: str
    note: str  # what is special about it, in a few words
    lead: str  # Markdown, as the sections
    sections: Mapping[str, str] = field(default_factory=dict)  # by their headings, in order

    @property
    def is_any(self) -> bool:
        """Whether it is for whatever has no guide of its own."""
        return self.key == ANY

    @property
    def wants_word(self) -> bool:
        """Whether the token is typed with the word `Bearer` in front."""
        return f"`{TOKEN_WITH_WORD}`" in self.sections[STEPS]

    @property
    def further(self) -> Mapping[str, str]:
        """The sections beside the steps that are for whoever runs the identity provider."""
        left_out = FOR_OPERATORS | {STEPS}
        return {head: text for head, text in self.sections.items() if head not in left_out}


@lru_cache(maxsize=1)
def shelf() -> Mapping[str, Guide]:
    """All guides by their keys, in the order in which they are offered."""
    place = found()
    rows = _ROW.finditer((place / "README.md").read_text("utf-8"))
    return {row["key"]: _guide(place, row) for row in rows}


@lru_cache(maxsize=1)
def refusals() -> str:
    """What our refusals mean: a table, as Markdown."""
    return read((found() / "errors.md").read_text("utf-8"))[0]


def found() -> Traversable:
    """Where the guides are: in the package, or beside it where it is run from its repository."""
    packaged = files("headcount") / "guides"
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[3] / "docs" / "connect"


def read(text: str) -> tuple[str, Mapping[str, str]]:
    r"""What stands in front of the sections of a page, without its heading, and the sections.

    >>> read("# Title\n\nFirst.\n\n## One\n\nText.\n")
    ('First.', {'One': 'Text.'})
    """
    lead, mark, rest = text.partition("\n## ")
    sections = {
        one["heading"].strip(): one["text"].strip() for one in _SECTION.finditer(mark[1:] + rest)
    }
    return lead.partition("\n")[2].strip(), sections


def _guide(place: Traversable, row: re.Match[str]) -> Guide:
    lead, sections = read((place / f"{row['key']}.md").read_text("utf-8"))
    note = row["rest"].rpartition("|")[2].strip()
    title = "Any other provider" if row["key"] == ANY else row["title"]
    return Guide(row["key"], title, note, lead, sections)
