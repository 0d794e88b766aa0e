"""Every command of every document, run by a shell, with a real server where one is started."""

import re
import shlex
from pathlib import Path

import pytest

from headcount.store.sqlite import migrate_file
from tests.docs.pages import CONTRIBUTING, OKTA, OPERATING, PAGES, README, Page
from tests.docs.stand_ins import curl_command, sqlite_command
from tests.docs.terminal import Terminal

SHELL = {"sh", "console", "bash", "shell"}
SHOWN = {"text", "json", "ini", "nginx", "caddyfile", "sql", "python"}  # not commands

CURL = re.compile(r"""^curl (?:'[^']*'|"[^"]*"|[^'"\n])*""", re.MULTILINE)

WITH_COMMANDS = [page for page in PAGES if page.blocks(*SHELL)]


def run(page: Page, folder: Path) -> str:
    """What the commands of the page print, when all of them succeed."""
    with Terminal(folder, activated=page != README) as terminal:
        for block in page.blocks(*SHELL):
            terminal.run(block)
        return terminal.output


EXPECTED = {
    README: ("All 14 steps did what they should", "grace@acme.test", "account.created"),
    OKTA: ("https://yourorganisation.example.com/scim/v2", "All 14 steps did what they should"),
    OPERATING: ('"seats": 300', "ada@acme.test", "okta-2027", '{"status":"ok"}', "ok\n"),
    CONTRIBUTING: ("All 14 steps did what they should",),
}
"""What somebody would look for on the screen, where the commands lead up to it."""


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=str)
def test_the_commands_of_the_page_work_when_they_are_pasted(page: Page, tmp_path: Path) -> None:
    printed = run(page, tmp_path)
    for words in EXPECTED.get(page, ()):
        assert words in printed, words


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_block_is_either_run_or_known_not_to_be_commands(page: Page) -> None:
    for block in page.blocks():
        assert block.language in SHELL | SHOWN, f"```{block.language}\n{block.text}"
        if block.language in SHOWN:
            assert not re.search(r"^\$? *(headcount|curl|make|sqlite3) ", block.text, re.MULTILINE)


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    failing = README.blocks("sh")[1]
    with Terminal(tmp_path, activated=True) as terminal:
        terminal.run(failing)
        with pytest.raises(AssertionError, match="there is an organisation 'acme' already"):
            terminal.run(failing)


def test_the_stand_in_for_curl_knows_every_option_that_is_used() -> None:
    texts = [block.text.replace("\\\n", " ") for page in PAGES for block in page.blocks(*SHELL)]
    calls = [call for text in texts for call in CURL.findall(text)]
    assert len(calls) == sum(text.count("curl ") for text in texts)
    for call in calls:
        curl_command.parser().parse_args(shlex.split(call)[1:])


def test_the_stand_in_for_curl_fails_as_curl_does(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert curl_command.main(["-sS", server.replace("/scim/v2", "/healthz")]) == 0
    assert '"ok"' in capsys.readouterr().out
    assert curl_command.main(["-sS", "--fail-with-body", server + "/Users"]) == 22
    assert "401" in capsys.readouterr().out
    assert curl_command.main(["-sS", "http://127.0.0.1:1/"]) == 7


def test_the_stand_in_for_sqlite3_copies_and_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "headcount.db"
    migrate_file(database)
    for number, statement in enumerate(("VACUUM INTO '{}'", ".backup '{}'")):
        copy = tmp_path / f"{number}.db"
        assert sqlite_command.main(["-readonly", str(database), statement.format(copy)]) == 0
        assert sqlite_command.main(["-readonly", str(copy), "PRAGMA integrity_check"]) == 0
        assert capsys.readouterr().out == "ok\n"
