"""`Feed` goes on through whatever fails, and hands over nothing that is not whole."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

import pytest

from headcount import Batch, Feed, remote
from headcount.directory.keys import Scope
from headcount.remote import Refused
from tests.api.client import issue
from tests.embedding.serving import Client, served
from tests.serving import Site
from tests.waiting import until

SNAPSHOT: list[dict[str, Any]] = [
    {"type": "snapshot", "organisation": "acme", "position": 7},
    {"type": "account", "resource": {"id": "a", "userName": "ada"}},
    {"type": "end", "accounts": 1, "groups": 0},
]
CREATED = {"position": 8, "type": "account.created", "subject": "b", "resource": {"id": "b"}}


@dataclass
class Answer:
    """What the stand-in says to one request."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def lines(told: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in told)


def events(*told: dict[str, Any], position: int) -> Answer:
    return Answer(200, json.dumps({"events": told, "position": position, "more": False}).encode())


def refusal(status: int, detail: str, **headers: str) -> Answer:
    return Answer(status, json.dumps({"status": status, "detail": detail}).encode(), headers)


@dataclass
class StandIn:
    """A server that says to what is asked, such as `snapshot?`, what it is told to."""

    says: Callable[[str], Answer]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(f"{scope['path'].rpartition('/')[2]}?{scope['query_string'].decode()}")
        answer = self.says(self.asked[-1])
        headers = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})


def in_order(*answers: Answer) -> StandIn:
    """One that gives these answers, and the last of them again and again."""
    left = chain(answers, repeat(answers[-1]))
    return StandIn(lambda _: next(left))


@dataclass
class Application:
    """Keeps what comes, or fails at it as often as it shall."""

    position: int | None = None
    fails: int = 0
    kept: list[tuple[bool, list[Any]]] = field(default_factory=list)

    def where(self) -> int | None:
        return self.position

    def keep(self, batch: Batch) -> None:
        told = list(batch.events)
        if self.fails:
            self.fails -= 1
            raise OSError("the disk is full")
        self.position = batch.position
        self.kept.append((batch.anew, told))


@contextmanager
def following(feed: Feed, application: Application) -> Iterator[None]:
    thread = threading.Thread(target=feed.follow, args=(application.where, application.keep))
    thread.start()
    try:
        yield
    finally:
        feed.close()
        thread.join()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_LONGEST", 0.01)


@pytest.mark.parametrize(
    ("begins", "answers", "asked", "kept"),
    [
        pytest.param(
            None,
            [Answer(200, lines(SNAPSHOT)), events(CREATED, position=8), events(position=8)],
            ["snapshot?", "events?after=7", "events?after=8"],
            [(True, SNAPSHOT[1:2]), (False, [CREATED])],
            id="a snapshot first, then what came since",
        ),
        pytest.param(
            7,
            [refusal(410, "kept no longer"), Answer(200, lines(SNAPSHOT)), events(position=7)],
            ["events?after=7", "snapshot?", "events?after=7"],
            [(True, SNAPSHOT[1:2])],
            id="who was away for too long begins anew",
        ),
        pytest.param(
            9,
            [refusal(400, "ahead of the feed"), Answer(200, lines(SNAPSHOT)), events(position=7)],
            ["events?after=9", "snapshot?", "events?after=7"],
            [(True, SNAPSHOT[1:2])],
            id="so does who is ahead of a feed that was put back",
        ),
        pytest.param(
            None,
            [
                Answer(200, lines(SNAPSHOT[:2])),
                Answer(200, lines(SNAPSHOT)[:-5]),
                Answer(200, lines(SNAPSHOT)),
                events(position=7),
            ],
            ["snapshot?", "snapshot?", "snapshot?", "events?after=7"],
            [(True, SNAPSHOT[1:2])],
            id="a snapshot that was cut is taken again",
        ),
        pytest.param(
            7,
            [
                refusal(503, "the database is away", **{"retry-after": "1"}),
                Answer(500, b"<html>"),
                Answer(200, b"{"),
                events(CREATED, position=8),
                events(position=8),
            ],
            ["events?after=7"] * 4 + ["events?after=8"],
            [(False, [CREATED])],
            id="whatever fails is tried again",
        ),
    ],
)
def test_it_goes_on(
    begins: int | None,
    answers: list[Answer],
    asked: list[str],
    kept: list[tuple[bool, list[Any]]],
) -> None:
    server, application = in_order(*answers), Application(begins)
    with (
        served(server, lifespan="off") as address,
        following(Feed(address + "/", "hcapi_x", "acme"), application),
    ):
        until(lambda: len(server.asked) >= len(asked))
    shown = [one.partition("&")[0] for one in server.asked]
    assert shown[: len(asked)] == asked
    assert application.kept == kept


def test_what_could_not_be_kept_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    created = events(CREATED, position=8)
    server = in_order(created, created, events(position=8))
    application = Application(7, fails=1)
    caplog.set_level(logging.WARNING)
    with (
        served(server, lifespan="off") as address,
        following(Feed(address, "hcapi_x", "acme"), application),
    ):
        until(lambda: application.position == 8)
    assert application.kept == [(False, [CREATED])]
    assert "the disk is full" in caplog.text


def test_a_position_that_is_refused_behind_its_own_snapshot_is_no_endless_hurry(
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole, refused = Answer(200, lines(SNAPSHOT)), refusal(400, "limit is too high")
    server = StandIn(lambda asked: whole if asked.startswith("snapshot") else refused)
    caplog.set_level(logging.WARNING)
    with (
        served(server, lifespan="off") as address,
        following(Feed(address, "hcapi_x", "acme"), Application()),
    ):
        until(lambda: caplog.text.count("limit is too high") > 1)
    snapshots = [one for one in server.asked if one.startswith("snapshot")]
    assert len(snapshots) <= caplog.text.count("asked again") + 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_that_opens_nothing_ends_it(status: int) -> None:
    server = in_order(refusal(status, "issue a key: headcount api-key issue"))
    with (
        served(server, lifespan="off") as address,
        pytest.raises(Refused, match="headcount api-key issue"),
    ):
        Feed(address, "hcapi_x", "acme").follow(lambda: 7, lambda _: None)
    assert len(server.asked) == 1


def test_a_server_of_ours_tells_it_everything(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    address = site.base_url.removesuffix("/scim/v2")
    client, application = Client(site.base_url, site.token), Application()
    first = client.create("ada@acme.test")
    with pytest.raises(Refused, match="key"):
        Feed(address, "hcapi_wrong", site.slug).follow(application.where, application.keep)
    monkeypatch.setattr(remote, "_WAIT", 1)
    key, _ = issue(site, Scope.EVENTS_READ)
    with following(Feed(address, key, site.slug), application):
        until(lambda: application.position == 1)
        second = client.create("bob@acme.test")
        until(lambda: application.position == 2)
    (anew, accounts), (_, (event,)) = application.kept
    assert anew
    assert [one["resource"]["id"] for one in accounts] == [first]
    assert (event["type"], event["subject"]) == ("account.created", second)
