"""The documents of the repository, taken apart: blocks, tables, links, words in code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    text: str


@dataclass(frozen=True)
class Page:
    """One document."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """All but the fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, *languages: str) -> list[Block]:
        """The fenced blocks of these languages, or of any."""
        found = [Block(one["language"], one["text"]) for one in _FENCE.finditer(self.text)]
        return [block for block in found if not languages or block.language in languages]

    def spans(self) -> list[str]:
        """What stands between single backquotes."""
        return _SPAN.findall(self.prose)

    def links(self) -> list[str]:
        """Where the links lead."""
        return _LINK.findall(self.prose)

    def anchors(self) -> set[str]:
        """What a link can point at within the page."""
        return {_anchor(heading) for heading in _HEADING.findall(self.prose)}

    def rows(self, first: str) -> list[list[str]]:
        """The rows of the tables whose first column has this heading, without the heading."""
        tables = [table for table in self._tables() if table[0][0] == first]
        return [row for table in tables for row in table[2:]]

    def _tables(self) -> Iterator[list[list[str]]]:
        table: list[list[str]] = []
        for line in [*self.prose.splitlines(), ""]:
            if line.startswith("|"):
                table.append([cell.strip() for cell in line.strip("|").split("|")])
            elif table:
                yield table
                table = []


def _anchor(heading: str) -> str:
    """The name that a heading gets on a code host."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def page(name: str) -> Page:
    """The document of that name."""
    return Page(ROOT / name)


README = page("README.md")
OPERATING = page("docs/operating.md")
EVENTS = page("docs/events.md")
EMBEDDING = page("docs/embedding.md")
IMPORTING = page("docs/importing.md")
OKTA = page("docs/connect/okta.md")
ENTRA = page("docs/connect/entra.md")
ERRORS = page("docs/connect/errors.md")
DEPENDENCIES = page("docs/dependencies.md")
CONTRIBUTING = page("CONTRIBUTING.md")
CHANGELOG = page("CHANGELOG.md")
PAGES = (
    README,
    CONTRIBUTING,
    CHANGELOG,
    *(Page(path) for path in sorted((ROOT / "docs").glob("**/*.md"))),
)
