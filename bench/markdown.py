"""How the pages of the documents are written."""

import textwrap

_WIDTH = 120


def paragraph(words: str, indent: str = "") -> str:
    """Words in lines of the width that the documents have."""
    return textwrap.fill(
        " ".join(words.split()),
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def bullets(lines: list[str]) -> str:
    """A list."""
    return "\n".join(paragraph(f"- {line}", "  ") for line in lines)


def markdown(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table whose first column is words and whose others are figures."""
    lines = [headings, ("---", *["---:"] * (len(headings) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
