"""A connector is added, checked, planned, applied and followed from the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_commands import Terminal, acme, terminal
from tests.connectors.conftest import KEYS, Chat, chat

__all__ = ["acme", "chat", "terminal"]

CSV = """userName,displayName,role
ada@acme.test,Ada Lovelace,owner
bob@acme.test,Bob,guest
"""


@pytest.fixture
def connected(acme: Terminal, chat: Chat) -> Terminal:
    """An organisation with two people, and a connector to the Zulip."""
    acme.type("account", "import", "acme", acme.file(CSV))
    options = ["--site", chat.site, "--email", "iago@zulip.test", "--protect", "root@acme.test"]
    file = acme.file(KEYS["iago@zulip.test"] + "\n", "key")
    told = acme.type("connector", "add", "acme", "zulip", *options, "--api-key-file", file)
    assert "Next: headcount connector check acme zulip" in told
    return acme


def test_what_a_connector_would_do_is_shown_done_and_done_once(
    connected: Terminal, chat: Chat
) -> None:
    assert "a person" in connected.type("connector", "check", "acme", "zulip")
    told = connected.type("connector", "plan", "acme", "zulip")
    assert "ada@acme.test" in told
    assert "      2  create" in told
    waiting = connected.try_("connector", "plan", "acme", "zulip", "--exit-code")
    assert waiting.exit_code == 2
    assert len(chat.realm.users) == 2
    assert "      2  create" in connected.type("connector", "apply", "acme", "zulip")
    assert chat.user("ada@acme.test").name == "Ada Lovelace"
    again = connected.json("connector", "plan", "acme", "zulip", "--exit-code")
    assert (again["steps"], again["counts"], again["protected"]) == ([], {}, 1)
    assert "There was nothing to do." in connected.type("connector", "apply", "acme", "zulip")
    (listed,) = connected.json("connector", "list", "acme")
    assert (listed["last_run"]["failed"], listed["protected"]) == (0, ["root@acme.test"])
    assert (listed["position"], listed["trouble"]) == (2, None)
    assert "follows" in connected.type("connector", "list", "acme")


def test_a_plan_as_json_tells_each_change(connected: Terminal) -> None:
    found = connected.json("connector", "plan", "acme", "zulip")
    assert found["counts"] == {"create": 2}
    assert {key: found["steps"][0][key] for key in ("action", "who", "name", "email", "role")} == {
        "action": "create",
        "who": "ada@acme.test",
        "name": "Ada Lovelace",
        "email": "ada@acme.test",
        "role": "owner",
    }


def test_what_was_refused_is_told_with_a_remedy_and_exit_status_1(
    connected: Terminal, chat: Chat
) -> None:
    chat.realm.may_create = False
    told = connected.fail("connector", "apply", "acme", "zulip")
    assert "ada@acme.test and 1 more" in " ".join(told.split())
    assert "can_create_users" in told
    found = json.loads(connected.fail("connector", "apply", "acme", "zulip", "--json"))
    assert (found["failed"], found["failures"][0]["others"]) == (2, 1)
    assert connected.json("connector", "list", "acme")[0]["last_run"]["failed"] == 2


def test_the_key_of_a_connector_is_shown_nowhere(connected: Terminal, chat: Chat) -> None:
    key = KEYS["iago@zulip.test"]
    for words in (["list", "acme"], ["check", "acme", "zulip"], ["plan", "acme", "zulip"]):
        assert key not in connected.type("connector", *words)
        assert key not in connected.type("connector", *words, "--json")
    chat.user("iago@zulip.test").key = "another"
    told = connected.fail("connector", "apply", "acme", "zulip")
    assert "Zulip does not take the key: Invalid API key. Make a new key" in told
    assert key not in told


def test_a_key_that_was_revoked_is_put_in_place_again(connected: Terminal, chat: Chat) -> None:
    chat.user("iago@zulip.test").key = "another"
    zuliprc = connected.file("[api]\nemail=iago@zulip.test\nkey=another\n", "zuliprc")
    connected.type("connector", "key", "acme", "zulip", zuliprc)
    assert "a person" in connected.type("connector", "check", "acme", "zulip")
    told = connected.fail("connector", "key", "acme", "zulip", connected.file("", "empty"))
    assert "the file has no key in it" in told


def test_a_connector_that_is_removed_leaves_the_application_as_it_is(
    connected: Terminal, chat: Chat
) -> None:
    connected.type("connector", "apply", "acme", "zulip")
    connected.type("connector", "remove", "acme", "zulip")
    assert "no connector yet" in connected.type("connector", "list", "acme")
    assert "no connector by the name" in connected.fail("connector", "plan", "acme", "zulip")
    assert chat.user("ada@acme.test").active


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["zulip", "--site", "ftp://x", "--email", "a@b.c"], "not the address of a server"),
        (["zulip", "--site", "x.test"], "needs --email"),
        (["zulip", "--site", "x.test", "--email", "nobody"], "is no e-mail address"),
        (["zulip", "--site", "x.test", "--email", "a@b.c", "--admins"], "does not belong"),
        (["zulip", "--site", "x.test", "--email", "a@b.c", "--name", "Ä"], "lower-case letters"),
        (["zulip", "--site", "https://me:pw@x.test", "--email", "a@b.c"], "leave name and"),
        (["synapse", "--site", "x.test"], "needs --token-file"),
        (["slack", "--site", "x.test"], "is not one of"),
    ],
)
def test_a_connector_that_makes_no_sense_is_refused(
    acme: Terminal, options: list[str], told: str
) -> None:
    file = acme.file("key", "key")
    assert told in acme.fail("connector", "add", "acme", *options, "--api-key-file", file)
    assert acme.json("connector", "list", "acme") == []


def test_an_application_that_is_not_there_is_told_in_a_sentence(acme: Terminal) -> None:
    options = ["--site", "http://127.0.0.1:1", "--email", "a@b.c"]
    acme.type(
        *("connector", "add", "acme", "zulip", *options),
        *("--api-key-file", acme.file("key", "key")),
    )
    told = acme.fail("connector", "apply", "acme", "zulip")
    assert "http://127.0.0.1:1 cannot be reached (connection refused)." in told


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that comes about."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_connector_follows_each_change_until_it_is_told_to_end(
    connected: Terminal, chat: Chat, tmp_path: Path
) -> None:
    environment = {**os.environ, "HEADCOUNT_DATABASE": connected.database}
    command = [sys.executable, "-m", "headcount", "connector", "follow", "acme", "zulip"]
    followed = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert followed.stdout is not None
    try:
        while "Following" not in followed.stdout.readline():
            assert followed.poll() is None
        connected.type("account", "import", "acme", connected.file("userName\ncyd@acme.test\n"))
        until(lambda: any(one.email == "cyd@acme.test" for one in chat.realm.users.values()))
        assert chat.user("cyd@acme.test").name == "cyd"
    finally:
        followed.send_signal(signal.SIGINT)
        assert followed.wait(30) == 0
        followed.stdout.close()
    asked = len(chat.realm.asked)
    assert connected.json("connector", "plan", "acme", "zulip")["steps"] == []
    assert len(chat.realm.asked) > asked
