"""`headcount account import` and `headcount export`: what they print, refuse, and survive."""

import json
import os
import pty
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from headcount.directory.importing import Format, Source, look_through
from headcount.settings import DATABASE
from tests.cli.test_commands import Terminal, acme, terminal
from tests.directory.test_importing import CALLER

__all__ = ["acme", "terminal"]


def lines(text: str) -> list[dict[str, Any]]:
    """The JSON objects in what was printed, without what is said beside them."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def run(
    terminal: Terminal, *words: str, given: bytes | None = None
) -> subprocess.CompletedProcess[str]:
    """Type a command in a process of its own, whatever comes."""
    done = subprocess.run(
        [sys.executable, "-m", "headcount", *words],
        env={**os.environ, DATABASE: terminal.database},
        input=given,
        capture_output=True,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def test_a_dry_run_shows_who_would_change_and_how(acme: Terminal) -> None:
    acme.type("account", "import", "acme", acme.file("userName,title\nada,Countess\n"))
    file = acme.file("userName,title,phone\nada,Baroness,1\nbob,,\ncy,,\n")
    shown = acme.type("account", "import", "acme", file, "--dry-run")
    assert "2  created" in shown
    assert "1  updated" in shown
    words = " ".join(shown.split())
    assert "2 ada phoneNumbers 1 (work) title Countess Baroness" in words
    assert "This was a dry run: nothing was written." in shown
    assert [one["userName"] for one in acme.json("account", "list", "acme")] == ["ada"]


def test_long_tables_end_and_the_json_does_not(acme: Terminal) -> None:
    names = [f"person{number}" for number in range(40)]
    acme.type("account", "import", "acme", acme.file("userName\n" + "\n".join(names)))
    rows = "\n".join(f"{name},t,{'boss' if n % 2 else 'guest'}" for n, name in enumerate(names))
    rows += "\n" + "\n".join(f"{name}x,t,boss" for name in names)
    file = acme.file("userName,title,role\n" + rows)
    shown = acme.try_("account", "import", "acme", file, "--dry-run")
    assert shown.exit_code == 1
    assert "... and 40 more; --json tells all." in shown.output
    *told, last = lines(acme.try_("account", "import", "acme", file, "--json").output)
    assert len(told) == 80
    assert (last["updated"], last["refused"], last["dry_run"]) == (20, 60, False)
    assert told[0]["changes"] == {"role": ["member", "guest"], "title": [None, "t"]}


def test_standard_input_is_a_file_too(acme: Terminal) -> None:
    text = b"dn: uid=ada\nuid: ada\n"
    done = run(acme, "account", "import", "acme", "-", "--format", "ldif", given=text)
    assert (done.returncode, "1  created" in done.stdout) == (0, True)
    assert "- has 1 account and 0 groups; acme has 0 accounts and 0 groups already." in done.stderr
    without = run(acme, "account", "import", "acme", "-", given=text)
    assert (without.returncode, "--format" in without.stderr) == (2, True)
    assert "--format" in acme.fail("account", "import", "acme", acme.file("x", "people.xlsx"))


def test_a_bar_on_a_terminal_leaves_what_is_printed_alone(acme: Terminal) -> None:
    file = acme.file("userName\n" + "".join(f"person{number}\n" for number in range(300)))
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "headcount", "account", "import", "acme", file, "--json"],
        env={**os.environ, DATABASE: acme.database, "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert len(done.stdout.decode().splitlines()) == len(lines(done.stdout.decode())) == 301
    assert "Importing" in shown
    assert '"result"' not in shown


def test_a_broken_line_is_told_and_nothing_is_written(acme: Terminal) -> None:
    rows = "\n".join(f"person{number},t" for number in range(300))
    told = acme.fail("account", "import", "acme", acme.file(f'userName,title\n{rows}\n"x,t\n'))
    assert "line 302: a quote begins here and does not end" in told
    assert "nothing was written" in told
    assert acme.json("account", "list", "acme") == []


def test_the_last_name_for_missing_people_is_yes(acme: Terminal) -> None:
    names = [f"person{number}" for number in range(30)]
    acme.type("account", "import", "acme", acme.file("userName\n" + "\n".join(names)))
    few = acme.file("userName\n" + "\n".join(names[:20]))
    missing = ["account", "import", "acme", few, "--deactivate-missing"]
    told = acme.fail(*missing)
    assert "not in the file: person20" in told
    assert "10 of 30 active accounts are not in the file, more than 10 percent" in told
    assert acme.json("org", "show", "acme")["active_accounts"] == 30
    assert "10  deactivated" in acme.type(*missing, "--dry-run")
    assert acme.json("org", "show", "acme")["active_accounts"] == 30
    assert "10  deactivated" in acme.type(*missing, "--yes")
    assert acme.json("org", "show", "acme")["active_accounts"] == 20
    assert "deactivated" not in acme.type(*missing)
    most = acme.file("userName\n" + "\n".join(names[:19]))
    asked = acme.fail("account", "import", "acme", most, "--deactivate-missing")
    assert "nobody is here to be asked" in asked
    assert acme.json("org", "show", "acme")["active_accounts"] == 20


@pytest.mark.parametrize("form", ["csv", "ldif", "jsonl"])
def test_after_kill_9_the_same_command_comes_to_the_same_end(acme: Terminal, form: str) -> None:
    number = 1_200
    texts = {
        "csv": "userName,givenName,externalId\n"
        + "".join(f"person{n},P{n},x{n}\n" for n in range(number)),
        "ldif": "".join(f"dn: uid=person{n}\nuid: person{n}\ncn: P{n}\n\n" for n in range(number))
        + "dn: cn=All\ncn: All\n"
        + "".join(f"member: uid=person{n}\n" for n in range(number)),
        "jsonl": "".join(
            f'{{"userName": "person{n}", "id": "{n}", "displayName": "P{n}"}}\n'
            for n in range(number)
        )
        + json.dumps({"displayName": "All", "members": [{"value": str(n)} for n in range(number)]}),
    }
    file = acme.file(texts[form], f"people.{form}")
    words = ["account", "import", "acme", file, "--json"]
    told = 0
    for most in (1, 450, 1_201):
        told = max(told, _killed_after(acme, words, most))
    *_, summary = lines(acme.type(*words))
    assert summary["refused"] == 0
    assert summary["unchanged"] >= told  # what was told was on disk
    groups = 0 if form == "csv" else 1
    shown = acme.json("org", "show", "acme")
    assert (shown["accounts"], shown["groups"]) == (number, groups)
    events = [json.loads(one) for one in acme.type("events", "acme", "--json").splitlines()]
    kinds = [one["type"] for one in events]
    assert kinds.count("account.created") == number
    assert kinds.count("group.member_added") == groups * number
    assert len(kinds) == number + groups * (number + 1)
    assert lines(acme.type(*words))[-1]["unchanged"] == number + groups


def _killed_after(terminal: Terminal, words: list[str], most: int) -> int:
    """Kill an import once it has told of so many; how many it told to be there."""
    importing = subprocess.Popen(
        [sys.executable, "-m", "headcount", *words],
        env={**os.environ, DATABASE: terminal.database},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert importing.stdout is not None
    told = 0
    for line in importing.stdout:
        told += json.loads(line).get("result") in {"created", "unchanged"}
        if told >= most:
            break
    importing.send_signal(signal.SIGKILL)
    importing.wait(20)
    importing.stdout.close()
    return told


def test_an_export_goes_to_a_file_once_it_is_whole_and_tells_where_events_go_on(
    acme: Terminal,
) -> None:
    acme.type("account", "import", "acme", acme.file("userName,role\nada,owner\nbob,\n"))
    target = acme.folder / "acme.jsonl"
    told = acme.type("export", "acme", "--output", str(target))
    assert f"{target} is whole; its events go on behind position 2." in " ".join(told.split())
    assert lines(target.read_text("utf-8")) == lines(run(acme, "export", "acme").stdout)
    assert [
        one.name
        for one in acme.folder.iterdir()
        if one.suffix not in {".db", ".csv"} and "jsonl" in one.name
    ] == ["acme.jsonl"]
    acme.type("account", "import", "acme", acme.file("userName\ncy\n"))
    position = str(lines(target.read_text("utf-8"))[-1]["position"])
    (event,) = lines(acme.type("events", "acme", "--after", position, "--json"))
    assert event["data"]["userName"] == "cy"
    assert "cannot be written" in acme.fail("export", "acme", "--output", "/nowhere/x.jsonl")


def test_an_export_holds_what_was_asked_for(acme: Terminal) -> None:
    acme.type(
        "account",
        "import",
        "acme",
        acme.file("dn: cn=A\ncn: A\nmember: uid=a\n\ndn: uid=a\nuid: a\n", "a.ldif"),
    )
    for words, types in (
        (["--users"], ["account", "position"]),
        (["--groups"], ["group", "position"]),
        ([], ["account", "group", "position"]),
        (["--users", "--filter", "active eq false"], ["position"]),
    ):
        told = lines(run(acme, "export", "acme", *words).stdout)
        assert [one["type"] for one in told] == types
    assert "add --users or --groups" in acme.fail("export", "acme", "--filter", "active eq true")
    assert "filter" in acme.fail("export", "acme", "--users", "--filter", "active")


def test_a_file_of_100_000_rows_takes_the_memory_of_its_names(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("userName,title\n")
        file.writelines(f"person{n}@acme.test,{'x' * 60}\n" for n in range(100_000))
    with path.open("rb") as opened:
        tracemalloc.start()
        contents = look_through(Source(opened, Format.CSV), CALLER, emails=False)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert contents.accounts == 100_000
    assert most < path.stat().st_size  # their names alone are a third of the file
