"""Writes docs/compliance.md from the catalogue and from the tests that name its keys.

usage: make compliance

A test names what it shows with `pytest.mark.shows("RFC 7644 3.7")`, for itself or for its module; a
conversation in tests/exchanges has a list `shows`. Nothing is taken on trust: a key that the
catalogue does not have is an error, and a page that is not what would be written now fails a test.
"""

import ast
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "compliance.md"
CATALOGUE = ROOT / "tests" / "compliance" / "catalogue.toml"

_HEAD = """# Compliance

This page is written by `make compliance` from the tests that show each point. `make test` fails
when it is out of date. A file of `tests/exchanges` is a recorded conversation, played over HTTP at
a running server. What no test shows stands here too.
"""


def evidence() -> dict[str, list[str]]:
    """Key -> the files whose tests show it."""
    found: dict[str, list[str]] = {}
    for path, keys in sorted({**_conversations(), **_modules()}.items()):
        for key in keys:
            found.setdefault(key, []).append(path)
    return found


def _conversations() -> dict[str, list[str]]:
    return {
        path.relative_to(ROOT).as_posix(): json.loads(path.read_text(encoding="utf-8"))["shows"]
        for path in (ROOT / "tests" / "exchanges").glob("*/*.json")
    }


def _modules() -> dict[str, list[str]]:
    found = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        if keys := sorted(set(_marked(ast.parse(path.read_text(encoding="utf-8"))))):
            found[path.relative_to(ROOT).as_posix()] = keys
    return found


def _marked(tree: ast.Module) -> Iterator[str]:
    """The keys of every `pytest.mark.shows(...)` in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.shows":
            yield from (ast.literal_eval(argument) for argument in node.args)


def page() -> str:
    """The page as it would be written now.

    Raises:
        SystemExit: a test names a key that the catalogue does not have.
    """
    catalogue = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    shown = evidence()
    known = {one["key"] for one in (*catalogue["section"], *catalogue["need"])}
    if unknown := sorted(set(shown) - known):
        raise SystemExit(f"tests name what the catalogue does not have: {', '.join(unknown)}")
    parts = [_HEAD, "## The RFCs\n", _table("Section", catalogue["section"], shown)]
    parts.append("\n## What identity providers need\n")
    for heading in dict.fromkeys(one["of"] for one in catalogue["need"]):
        needs = [one for one in catalogue["need"] if one["of"] == heading]
        parts += [f"\n### {heading}\n", _table("Need", needs, shown)]
    return "\n".join(parts)


def _table(first: str, rows: list[dict[str, str]], shown: dict[str, list[str]]) -> str:
    lines = [f"| {first} | What it asks | Shown by |", "| --- | --- | --- |"]
    for one in rows:
        links = ", ".join(_link(path) for path in shown.get(one["key"], []))
        lines.append(f"| {one['key']} | {one['asks']} | {links or 'no test'} |")
    return "\n".join(lines)


def _link(path: str) -> str:
    name = path.removeprefix("tests/exchanges/").removesuffix(".json").removeprefix("tests/")
    return f"[{name}](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page() + "\n", encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is written.")  # noqa: T201 - a script tells what it did
