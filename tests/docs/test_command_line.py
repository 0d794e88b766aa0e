"""Commands and options in the documents exist, and those that exist are documented."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from headcount.cli import main
from headcount.directory.importing import COLUMNS
from headcount.directory.importing.columns import CLEAR
from headcount.directory.importing.people import ATTRIBUTES
from tests.docs.pages import IMPORTING, OPERATING, PAGES, ROOT, Page

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
EVERYWHERE = {"--help", "--json", "--database"}
OF_OTHERS = {
    *("--fail-with-body", "--proxy-headers", "--forwarded-allow-ips", "--root-path"),
    *("--only", "--events"),
}
"""Options of curl and uvicorn, and of `python -m bench`."""


def leaves(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, with the words that call it."""
    if isinstance(command, click.Group):
        around = click.Context(command)
        for name in command.list_commands(around):
            below = command.get_command(around, name)
            assert below is not None
            yield from leaves(below, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS = dict(leaves(main))


def options(command: click.Command) -> set[str]:
    """The options of a command."""
    return {name for one in command.params for name in one.opts if name.startswith("--")}


ALL_OPTIONS = EVERYWHERE.union(*(options(command) for command in COMMANDS.values()))


def calls(page: Page) -> list[str]:
    """What is typed behind `headcount` on the page, in blocks and in the middle of sentences."""
    blocks = [block.text.replace("\\\n", " ") for block in page.blocks("sh", "ini")]
    texts = [*blocks, *(span for span in page.spans() if span.startswith("headcount "))]
    return [line for text in texts for line in re.findall(r"headcount ((?:[a-z-]).*)", text)]


CALLS = [pytest.param(page, call, id=f"{page} {call}") for page in PAGES for call in calls(page)]


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_a_command_of_the_page_exists_with_its_options(page: Page, call: str) -> None:
    words = call.split()
    path = next((p for p in (" ".join(words[:2]), words[0]) if p in COMMANDS), None)
    assert path is not None, f"{page}: headcount {call}"
    assert set(OPTION.findall(call)) <= options(COMMANDS[path]) | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_an_option_in_a_sentence_exists(page: Page) -> None:
    mentioned = {name for span in page.spans() for name in OPTION.findall(span)}
    assert mentioned <= ALL_OPTIONS | OF_OTHERS


def documented() -> dict[str, str]:
    """Command -> its row in the table of commands."""
    rows = {}
    for command, does in OPERATING.rows("Command"):
        words = re.findall(r"(?<= )[a-z][a-z-]*", command)
        rows[" ".join(words)] = does
    return rows


def test_every_command_is_in_the_table_and_no_other() -> None:
    assert set(documented()) == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_of_a_command_is_in_its_row(path: str) -> None:
    told = documented()[path]
    if path == "org update":
        told += documented()["org create"]  # the row says so
    missing = options(COMMANDS[path]) - EVERYWHERE - set(OPTION.findall(told))
    assert not missing


def test_the_arguments_of_a_command_are_in_the_table() -> None:
    for command, _ in OPERATING.rows("Command"):
        words = shlex.split(command.strip("`"))[1:]
        path = " ".join(word for word in words if word.islower())
        arguments = [one for one in COMMANDS[path].params if isinstance(one, click.Argument)]
        assert [word.lower() for word in words if word.isupper()] == [one.name for one in arguments]


def test_what_an_import_reads_is_documented() -> None:
    columns = [re.findall(r"`(\w+)`", names) for names, _ in IMPORTING.rows("Column")]
    assert [name for names in columns for name in names] == list(COLUMNS)
    told = {
        name.lower()
        for names, _ in IMPORTING.rows("Attribute")
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told >= ATTRIBUTES.keys()
    assert CLEAR in IMPORTING.text


def test_every_target_of_make_that_is_mentioned_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in PAGES:
        typed = [line for block in page.blocks("sh") for line in block.text.splitlines()]
        made = [line.split()[1] for line in [*typed, *page.spans()] if line.startswith("make ")]
        assert set(made) <= targets, page


def test_every_target_of_make_help_is_told_to_contributors() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = next(page.text for page in PAGES if str(page) == "CONTRIBUTING.md")
    for target in re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE):
        assert f"make {target}" in told
