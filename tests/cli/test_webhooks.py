"""`headcount webhook` and `headcount worker`, as somebody types them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headcount.cli import main
from tests.feed.receiving import Receiver, Reply, receiving
from tests.serving import serving

CSV = "userName,role\nada,owner\nbob,member\n"


class Desk:
    """Somebody at a terminal, with a database of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = f"sqlite:///{folder / 'headcount.db'}"
        self.environment = {"HEADCOUNT_WEBHOOK_PRIVATE": "on", "COLUMNS": "200"}
        self.run("org", "create", "acme", "--name", "Acme")

    def run(self, *words: str, fails: bool = False) -> Result:
        environment = {**self.environment, "HEADCOUNT_DATABASE": self.database}
        done = CliRunner().invoke(main, list(words), env=environment)
        assert (done.exit_code != 0) is fails, done.output
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def people(self) -> None:
        file = self.folder / "people.csv"
        file.write_text(CSV, encoding="utf-8")
        self.run("account", "import", "acme", str(file))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_a_webhook_is_added_with_a_secret_that_is_shown_once(desk: Desk) -> None:
    printed = desk.run(
        "webhook", "add", "acme", "https://hooks.test/in", "--types", "account.*,group.deleted",
        "--label", "chat",
    )  # fmt: skip
    assert "whsec_" in printed.stdout
    assert "not shown again" in printed.stdout
    (one,) = desk.json("webhook", "list", "acme")
    assert (one["url"], one["types"]) == (
        "https://hooks.test/in",
        ["account.*", "group.deleted"],
    )
    assert (one["label"], one["enabled"], one["waiting"]) == ("chat", True, 0)
    for words in (("list", "acme"), ("deliveries", "acme", one["id"])):
        assert "whsec" not in desk.run("webhook", *words).stdout
        assert "whsec" not in json.dumps(desk.json("webhook", *words))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("https://10.0.0.1/in",), "leads into a private network"),
        (("http://hooks.test/in",), "begins with https://"),
        (("https://ada:secret@hooks.test/in",), "no user, no password"),
        (("https://hooks.test/in", "--types", "user.created"), "no events of the type"),
        (("https://hooks.test/in", "--after", "7"), "come to position 0, and not to 7"),
        (("https://hooks.test/in", "--label", "x" * 201), "200 letters"),
    ],
)
def test_what_cannot_be_a_webhook_is_told_in_a_sentence(
    desk: Desk, words: tuple[str, ...], sentence: str
) -> None:
    desk.environment["HEADCOUNT_WEBHOOK_PRIVATE"] = "off"
    told = desk.run("webhook", "add", "acme", *words, fails=True)
    assert sentence in told.output
    assert "secret@" not in told.output
    assert desk.json("webhook", "list", "acme") == []


def test_a_webhook_that_is_not_there_is_told_in_a_sentence(desk: Desk) -> None:
    for words in (
        ("remove", "acme", "zz"),
        ("test", "acme", "zz"),
        ("rotate", "acme", "zz"),
        ("enable", "acme", "zz"),
        ("disable", "acme", "zz"),
        ("deliveries", "acme", "zz"),
        ("redeliver", "acme", "zz", "--position", "1"),
    ):
        assert "has no webhook 'zz'" in desk.run("webhook", *words, fails=True).output
    assert "There is no webhook yet" in desk.run("webhook", "list", "acme").stdout


def test_a_test_event_shows_what_was_answered(desk: Desk, receiver: Receiver) -> None:
    made = desk.json("webhook", "add", "acme", receiver.url)
    receiver.answer = lambda _: Reply(200, {}, b"thanks")
    shown = desk.run("webhook", "test", "acme", made["id"]).stdout
    assert "delivered in" in shown
    assert "thanks" in shown
    assert receiver.got[0].verified(made["secret"])["type"] == "webhook.test"
    receiver.answer = lambda _: Reply(500, {}, b"no")
    failed = desk.run("webhook", "test", "acme", made["id"], fails=True)
    assert "the receiver answered 500" in failed.stdout
    numbers = [one["number"] for one in desk.json("webhook", "deliveries", "acme", made["id"])]
    assert len(numbers) == 2
    whole = desk.json("webhook", "deliveries", "acme", made["id"], "--number", str(numbers[-1]))
    assert (whole["status"], whole["answer"], whole["position"]) == (200, "thanks", None)
    assert whole["headers"]["webhook-id"] == receiver.got[0].headers["webhook-id"]


def worker(desk: Desk) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "headcount", "worker"],
        env={**os.environ, **desk.environment, "HEADCOUNT_DATABASE": desk.database},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_worker_sends_tells_what_it_does_and_ends_in_order(
    desk: Desk, receiver: Receiver
) -> None:
    made = desk.json("webhook", "add", "acme", receiver.url)
    desk.people()
    waits = desk.run("webhook", "deliveries", "acme", made["id"]).stdout
    assert "Nothing was sent of late." in waits
    working = worker(desk)
    assert working.stdout is not None
    assert working.stdout.readline() == "Headcount sends webhooks (Ctrl-C ends)\n"
    receiver.wait(lambda got: len(got) == 2)
    told = [working.stdout.readline() for _ in range(2)]
    assert all(f"webhook {made['id']} of acme: event" in line for line in told)
    done = desk.json("webhook", "redeliver", "acme", made["id"], "--from", "1", "--to", "2")
    assert done == {"events": 2, "from": 1, "to": 2}
    receiver.wait(lambda got: len(got) == 4)
    told = [working.stdout.readline() for _ in range(2)]
    working.send_signal(signal.SIGTERM)
    assert working.wait(30) == 0
    working.stdout.close()
    tries = desk.json("webhook", "deliveries", "acme", made["id"])
    assert [one["outcome"] for one in tries] == ["delivered"] * 4
    table = desk.run("webhook", "deliveries", "acme", made["id"]).stdout
    assert "delivered" in table
    assert (
        "Nothing waits."
        in desk.run("webhook", "deliveries", "acme", made["id"], "--waiting").stdout
    )


def test_a_server_without_a_worker_leaves_webhooks_to_others(
    desk: Desk, receiver: Receiver
) -> None:
    made = desk.json("webhook", "add", "acme", receiver.url)
    with serving(desk.database, "--no-worker", **desk.environment):
        desk.people()
        working = worker(desk)
        receiver.wait(lambda got: len(got) == 2)
        working.send_signal(signal.SIGTERM)
        told, _ = working.communicate(timeout=60)
    assert told.count(f"webhook {made['id']} of acme: event") == 2


def test_a_secret_is_changed_and_shown_once(desk: Desk) -> None:
    made = desk.json("webhook", "add", "acme", "https://hooks.test/in")
    new = desk.json("webhook", "rotate", "acme", made["id"])
    assert new["secret"] != made["secret"]
    assert new["previous_secret_until"] > new["created"]
    printed = desk.run("webhook", "rotate", "acme", made["id"], "--overlap", "0s").stdout
    assert "no longer" in printed
    (one,) = desk.json("webhook", "list", "acme")
    assert one["previous_secret_until"] is None
    never = desk.run("webhook", "rotate", "acme", made["id"], "--overlap", "never", fails=True)
    assert "an old secret has to end" in never.output


def test_a_webhook_is_switched_off_and_on_and_removed(desk: Desk) -> None:
    made = desk.json("webhook", "add", "acme", "https://hooks.test/in")
    off = desk.run("webhook", "disable", "acme", made["id"]).stdout
    assert "by hand" in off
    assert "off since" in desk.run("webhook", "list", "acme").stdout
    refused = desk.run("webhook", "redeliver", "acme", made["id"], "--position", "1", fails=True)
    assert "`headcount webhook enable`" in refused.output
    assert desk.json("webhook", "enable", "acme", made["id"], "--from-now")["enabled"]
    assert "Nothing more is sent" in desk.run("webhook", "remove", "acme", made["id"]).stdout
    assert desk.json("webhook", "list", "acme") == []


def test_positions_to_send_again_are_one_or_a_range(desk: Desk) -> None:
    made = desk.json("webhook", "add", "acme", "https://hooks.test/in")
    for words in ((), ("--from", "1"), ("--position", "1", "--to", "2")):
        told = desk.run("webhook", "redeliver", "acme", made["id"], *words, fails=True)
        assert "give --position, or --from and --to" in told.output
