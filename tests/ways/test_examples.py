"""Applications beside Headcount have the people that it has, as their READMEs say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3

from headcount.bootstrap import Runtime
from headcount.store.records import instant
from tests.embedding.serving import Client
from tests.embedding.test_examples import live_on
from tests.serving import Office
from tests.waiting import until
from tests.ways.pair import WAYS, Pair, pair_of


@pytest.fixture(params=WAYS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with pair_of(request.param, tmp_path / request.param) as made:
        yield made


@pytest.fixture
def webhooks(tmp_path: Path) -> Iterator[Pair]:
    with pair_of("webhooks", tmp_path / "webhooks") as made:
        yield made


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Pair]:
    with pair_of("feed", tmp_path / "feed") as made:
        yield made


def client_of(pair: Pair) -> Client:
    return Client(f"{pair.address}/scim/v2", pair.token)


def until_same(pair: Pair) -> None:
    people, _ = pair.ours()
    assert people
    until(lambda: pair.people() == people)


def test_the_people_of_the_application_are_those_of_the_provider(pair: Pair) -> None:
    with pair.server.served() as address, pair.application.served():
        assert "did what they should" in pair.try_out(address)
        until_same(pair)
        live_on(client_of(pair))
        until_same(pair)
    assert not [line for line in pair.said if "Traceback" in line or "WARNING" in line]


def test_webhooks_that_come_again_change_nothing(webhooks: Pair) -> None:
    endpoint = json.loads((webhooks.folder / "webhook.json").read_text())["id"]
    with webhooks.server.served(), webhooks.application.served():
        client = client_of(webhooks)
        ada, bob = client.create("ada@acme.test"), client.create("bob@acme.test")
        client.patch(f"/Users/{ada}", {"displayName": "Ada", "active": False})
        assert client.send("DELETE", f"/Users/{bob}").status == 204
        until_same(webhooks)
        people = webhooks.people()
        webhooks.run(f"headcount webhook redeliver acme {endpoint} --from 1 --to 3")
        client.create("last@acme.test")
        until_same(webhooks)
        until(lambda: not waiting(webhooks))
        assert people < webhooks.people() == webhooks.ours()[0]


def waiting(webhooks: Pair) -> int:
    """How many events have not arrived."""
    (one,) = json.loads(webhooks.run("headcount webhook list acme --json"))
    return int(one["waiting"])


def test_a_webhook_that_somebody_else_signed_changes_nothing(webhooks: Pair) -> None:
    with webhooks.application.served() as address:
        for headers in (
            {},
            {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v"},
        ):
            answer = urllib3.request("POST", f"{address}/events", body=b"{}", headers=headers)
            assert answer.status == 401
    assert webhooks.people() == set()


def test_an_application_that_was_away_for_too_long_takes_the_snapshot(feed: Pair) -> None:
    async def forget(runtime: Runtime) -> None:
        await runtime.store.forget_events(instant(datetime.now(UTC) + timedelta(days=1)))

    with feed.server.served():
        client = client_of(feed)
        with feed.application.served():
            gone = client.create("gone@acme.test")
            until(lambda: gone in {one[0] for one in feed.people()})
        assert client.send("DELETE", f"/Users/{gone}").status == 204
        client.create("new@acme.test")
        office = Office(f"sqlite:///{feed.folder / 'headcount.db'}")
        office.do(forget)
        office.close()
        with feed.application.served():
            until_same(feed)
