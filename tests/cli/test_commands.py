"""What each command does, prints and refuses; and that a running server sees it at once."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import urllib3
from click.testing import CliRunner, Result

from headcount.cli import main
from headcount.settings import DATABASE
from tests.serving import Site, address_of, start, wait_until_known


class Terminal:
    """Types commands that work on a database of their own."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database

    def try_(self, *words: str) -> Result:
        """Type a command; whatever comes."""
        environment = {DATABASE: self.database}
        return CliRunner().invoke(main, words, env=environment)

    def type(self, *words: str) -> str:
        """Type a command that works; what it prints."""
        done = self.try_(*words)
        assert done.exit_code == 0, done.output
        return done.output

    def json(self, *words: str) -> Any:
        """Type a command that works, with `--json`."""
        return json.loads(self.type(*words, "--json"))

    def fail(self, *words: str) -> str:
        """Type a command that does not work; the sentence that says why."""
        done = self.try_(*words)
        assert done.exit_code in {1, 2}, done.output
        assert "Traceback" not in done.output
        return done.output

    def file(self, text: str | bytes, name: str = "accounts.csv") -> str:
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)


@pytest.fixture
def terminal(tmp_path: Path, another_database: Callable[[], str]) -> Terminal:
    return Terminal(tmp_path, another_database())


@pytest.fixture
def acme(terminal: Terminal) -> Terminal:
    terminal.type("org", "create", "acme", "--name", "Acme")
    return terminal


def test_organisations_are_created_listed_and_changed(terminal: Terminal) -> None:
    assert "no organisation yet" in terminal.type("org", "list")
    options = ["--username-format", "email", "--allowed-domain", "@Acme.Test", "--seats", "5"]
    made = terminal.json("org", "create", "acme", "--name", "Acme [x]", *options)
    assert made["allowed_domains"] == ["acme.test"]
    assert (made["username_format"], made["seats"], made["disabled"]) == ("email", 5, False)
    assert terminal.json("org", "show", "acme") == made
    assert terminal.json("org", "list") == [made]
    assert "Acme [x]" in terminal.type("org", "list")
    changed = terminal.json("org", "update", "acme", "--name", "New", "--any-domain")
    assert (changed["name"], changed["allowed_domains"], changed["seats"]) == ("New", [], 5)
    assert terminal.json("org", "update", "acme", "--unlimited-seats")["seats"] is None
    assert terminal.json("org", "update", "acme", "--seats", "0")["seats"] == 0
    update = ["org", "update", "acme", "--username-format", "any", "--allowed-domain", "b.test"]
    assert terminal.json(*update)["allowed_domains"] == ["b.test"]
    assert terminal.json("org", "disable", "acme")["disabled"] is True
    assert "disabled" in terminal.type("org", "show", "acme")
    assert terminal.json("org", "enable", "acme")["disabled"] is False


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["org", "show", "nobody"], "org list"),
        (["org", "create", "acme", "--name", "x"], "already"),
        (["org", "create", "Acme Inc", "--name", "x"], "lower-case letters"),
        (["org", "create", "x", "--name", " "], "needs a name"),
        (["org", "create", "x", "--name", "x", "--allowed-domain", "nowhere"], "not a domain"),
        (["org", "update", "acme", "--any-domain", "--allowed-domain", "x.test"], "contradict"),
        (["org", "update", "acme", "--unlimited-seats", "--seats", "1"], "contradict"),
        (["token", "issue", "acme", "--label", ""], "needs a label"),
        (["token", "issue", "acme", "--label", "x", "--expires-in", "soon"], "365d"),
        (["token", "issue", "acme", "--label", "x", "--expires-in", "999999w"], "year 10000"),
        (["token", "revoke", "acme", "t1"], "token list"),
        (["account", "list", "acme", "--filter", "x eq 1"], "no attribute 'x'"),
        (["events", "nobody"], "org list"),
        (["org", "list", "--database", "mysql://u:secret@h/x"], "sqlite:///FILE"),
        (["org", "list", "--database", "sqlite:////nowhere/x.db"], "does its folder exist"),
        (["serve", "--database", "sqlite:////nowhere/x.db"], "does its folder exist"),
        (["serve", "--host", "no.such.host.invalid"], "--host"),
        (["simulate", "okta", "--base-url", "x", "--token", "t", "--users", "1"], "users"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    acme: Terminal, words: list[str], why: str
) -> None:
    told = acme.fail(*words)
    assert why in told
    assert "secret" not in told


def test_a_token_is_shown_once(acme: Terminal) -> None:
    assert "no token yet" in acme.type("token", "list", "acme")
    issued = acme.json("token", "issue", "acme", "--label", "okta")
    assert issued["base_url"] == "http://127.0.0.1:8000/scim/v2"
    assert issued["token"].startswith("headcount_")
    forever = acme.type("token", "issue", "acme", "--label", "x", "--expires-in", "never")
    assert "never" in forever
    acme.type("token", "issue", "acme", "--label", "brief", "--expires-in", "1s", "--read-only")
    listed = acme.json("token", "list", "acme")
    assert [one["label"] for one in listed] == ["okta", "x", "brief"]
    assert [one["read_only"] for one in listed] == [False, False, True]
    assert issued["token"].startswith(f"headcount_{listed[0]['hint']}")
    assert listed[0]["hint"] in acme.type("token", "list", "acme")
    assert issued["token"] not in acme.type("token", "list", "acme") + json.dumps(listed)
    assert acme.json("token", "revoke", "acme", issued["id"])["revoked"]
    assert "opens nothing" in acme.type("token", "revoke", "acme", listed[1]["id"])
    assert "revoked" in acme.type("token", "list", "acme")


@pytest.mark.parametrize(
    ("environment", "base_url"),
    [
        ({"HEADCOUNT_BASE_DOMAIN": "example.com"}, "https://acme.example.com/scim/v2"),
        ({"HEADCOUNT_PUBLIC_URL": "https://x.test/"}, "https://x.test/scim/v2"),
        (
            {"HEADCOUNT_BASE_DOMAIN": "x.test", "HEADCOUNT_PUBLIC_URL": "http://x.test:81"},
            "http://acme.x.test:81/scim/v2",
        ),
    ],
)
def test_a_token_comes_with_the_address_to_type(
    acme: Terminal, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], base_url: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert acme.json("token", "issue", "acme", "--label", "x")["base_url"] == base_url


def test_accounts_from_before_are_imported_once(acme: Terminal) -> None:
    file = acme.file("userName,givenName,role\nada,Ada,owner\nbob,Bob,boss\nADA,x,\n\ncy,,\n")
    done = acme.try_("account", "import", "acme", file)
    assert done.exit_code == 1
    assert "role 'boss' does not exist" in " ".join(done.output.split())
    assert "line 2 is about 'ADA' already" in " ".join(done.output.split())
    told = acme.try_("account", "import", "acme", file, "--json").output.splitlines()
    assert [json.loads(line)["result"] for line in told if '"entry"' in line] == [
        "unchanged",
        "refused",
        "refused",
        "unchanged",
    ]
    assert "cy" in acme.type("account", "list", "acme")
    accounts = acme.json("account", "list", "acme", "--filter", 'role eq "owner"')
    assert [one["displayName"] for one in accounts] == ["Ada"]
    assert acme.json("account", "list", "acme", "--filter", "active eq false") == []
    assert "no such account" in acme.type("account", "list", "acme", "--filter", "title pr")


def test_a_file_that_cannot_be_read_is_told(acme: Terminal) -> None:
    assert "UTF-8" in acme.fail("account", "import", "acme", acme.file(b"userName\n\xff\xfe\n"))
    assert "unknown column" in acme.fail("account", "import", "acme", acme.file("userName,x\n"))
    assert "does not exist" in acme.fail("account", "import", "acme", "nowhere.csv")


def test_many_accounts_are_listed_whole_as_json_and_in_part_as_a_table(acme: Terminal) -> None:
    names = "\n".join(f"person{number}" for number in range(450))
    acme.type("account", "import", "acme", acme.file("userName\n" + names))
    listed = acme.json("account", "list", "acme")
    assert sorted(one["userName"] for one in listed) == sorted(names.split())
    assert "and 250 more" in acme.type("account", "list", "acme")


def test_events_are_printed_from_a_position_on(acme: Terminal) -> None:
    acme.type("account", "import", "acme", acme.file("userName\nada\nbob\n"))
    lines = acme.type("events", "acme").splitlines()
    assert len(lines) == 2
    assert all("account.created" in line and "by cli" in line for line in lines)
    (last,) = acme.type("events", "acme", "--after", "1", "--json").splitlines()
    told = json.loads(last)
    assert (told["position"], told["type"], told["actor"]) == (2, "account.created", "cli")
    assert acme.type("events", "acme", "--after", "2") == ""


def test_who_follows_the_events_sees_what_comes(acme: Terminal) -> None:
    following = subprocess.Popen(
        [sys.executable, "-m", "headcount", "events", "acme", "--follow", "--json"],
        env={**os.environ, DATABASE: acme.database},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert following.stdout is not None
    for number, name in enumerate(("ada", "bob"), start=1):
        acme.type("account", "import", "acme", acme.file(f"userName\n{name}\n"))
        told = json.loads(following.stdout.readline())
        assert (told["position"], told["data"]["userName"]) == (number, name)
    following.send_signal(signal.SIGINT)
    assert following.wait(20) == 0
    following.stdout.close()


def test_a_running_server_sees_each_command_at_its_next_request(acme: Terminal) -> None:
    server = start(acme.database, "--workers", "2")
    base_url = address_of(server)
    issued = acme.json("token", "issue", "acme", "--label", "okta")
    headers = {"Authorization": f"Bearer {issued['token']}"}

    def statuses() -> set[int]:
        return {
            urllib3.request("GET", base_url + "/Users", headers=headers).status for _ in range(9)
        }

    assert statuses() == {200}
    acme.type("account", "import", "acme", acme.file("userName\nada\n"))
    found = urllib3.request("GET", base_url + "/Users", headers=headers).json()
    assert found["totalResults"] == 1
    acme.type("org", "disable", "acme")
    wait_until_known(acme.database)
    assert statuses() == {403}
    acme.type("org", "enable", "acme")
    wait_until_known(acme.database)
    assert statuses() == {200}
    acme.type("token", "revoke", "acme", issued["id"])
    wait_until_known(acme.database)
    assert statuses() == {401}
    server.terminate()
    server.wait(20)
    assert server.stdout is not None
    server.stdout.close()


def test_a_port_that_is_taken_is_told(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = terminal.fail("serve", "--port", str(taken.getsockname()[1]))
    assert "--port" in told


def test_okta_can_be_played_from_the_command_line(terminal: Terminal, site: Site) -> None:
    words = ["simulate", "okta", "--base-url", site.base_url, "--token", site.token, "--users", "4"]
    assert "All 13 steps did what they should" in terminal.type(*words)
    again = terminal.json(*words)
    assert (again["ok"], len(again["accounts"])) == (True, 4)
    wrong = terminal.try_(*words[:-3], "headcount_wrong", "--users", "2")
    assert wrong.exit_code == 1
    assert "headcount_wrong" not in wrong.output


def test_the_demo_tells_a_true_story(terminal: Terminal) -> None:
    told = terminal.type("demo")
    for words in ("is not there yet -> created", "same account", "did what they should", "serve"):
        assert words in told


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from _commands(_within(command, name), (*path, name))


def _within(command: click.Command, name: str) -> click.Command:
    assert isinstance(command, click.Group)
    inner = command.get_command(click.Context(command), name)
    assert inner is not None
    return inner


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=" ".join(p) or "headcount") for p in _commands(main)]
)
def test_every_command_explains_itself(terminal: Terminal, path: tuple[str, ...]) -> None:
    told = terminal.type(*path, "--help")
    command: click.Command = main
    for name in path:
        command = _within(command, name)
    assert len(command.help or "") > 20
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help
            assert option.opts[0] in told


def test_an_organisation_declares_attributes_of_its_own(terminal: Terminal) -> None:
    terminal.type("org", "create", "acme", "--name", "Acme")
    assert "role" in terminal.type("schema", "list", "acme")
    own = "urn:example:acme:2.0:User"
    words = ("schema", "add-attribute", "acme")
    terminal.type(*words, "badge", "--type", "integer")
    shown = terminal.type(*words, "site", "--canonical", "Oslo", "--namespace", own)
    assert "Oslo" in shown
    assert own in shown
    found = terminal.json("schema", "list", "acme")
    assert [(one["name"], one["type"]) for one in found] == [
        ("badge", "integer"),
        ("site", "string"),
    ]
    assert "already" in terminal.fail(*words, "Badge")
    terminal.type("schema", "remove-attribute", "acme", "site", "--namespace", own)
    assert len(terminal.json("schema", "list", "acme")) == 1
    assert "declared no attribute" in terminal.fail("schema", "remove-attribute", "acme", "site")


def test_a_key_is_issued_listed_and_revoked(acme: Terminal) -> None:
    made = acme.json(
        "api-key", "issue", "--label", "chat", "--org", "acme", "--scope", "events:read"
    )
    assert made["key"].startswith("headcount_key_")
    assert (made["organisation"], made["scopes"]) == ("acme", ["events:read"])
    assert "Keep the key now" in acme.type("api-key", "issue", "--label", "all")
    listed = acme.json("api-key", "list")
    assert [one["organisation"] for one in listed] == ["acme", None]
    assert "key" not in listed[0]
    assert all(scope.endswith(":read") for scope in listed[1]["scopes"])
    told = acme.type("api-key", "list")
    assert "chat" in told
    assert made["key"] not in told
    assert acme.json("api-key", "revoke", made["id"])["revoked"] is not None
    assert "'all' opens nothing any more" in acme.type("api-key", "revoke", listed[1]["id"])
    assert "revoked" in acme.type("api-key", "list")


def test_a_key_that_makes_no_sense_is_refused_with_what_would(acme: Terminal) -> None:
    issue = ("api-key", "issue", "--label", "chat")
    said = acme.fail(*issue, "--scope", "accounts:delete")
    assert "'accounts:delete' is no scope; those that there are: organisations:read, " in said
    assert "there is no organisation 'nobody'" in acme.fail(*issue, "--org", "nobody")
    assert "needs a label" in acme.fail("api-key", "issue", "--label", " ")
    assert "api-key list" in acme.fail("api-key", "revoke", "ffff")
    assert acme.json("api-key", "list") == []


def test_events_that_are_kept_no_longer_are_told_of(acme: Terminal) -> None:
    acme.type("account", "import", "acme", acme.file("userName\nada\n"))
    said = acme.fail("events", "acme", "--after", "7")
    assert "the feed has come to position 1, and not to 7" in said
