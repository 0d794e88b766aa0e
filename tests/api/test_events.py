"""Whoever follows the feed over HTTP misses nothing, and learns why where that cannot be."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

import pytest

from headcount.directory.keys import KeyWish, Scope
from headcount.feed.watching import EVERY
from tests.api.client import Client, at, client, issue, refused
from tests.api.conftest import Writers
from tests.serving import Office, Site, address_of, settle, start
from tests.web.client import Client as ScimClient, client as scim_client

EVENTS = Scope.EVENTS_READ


def in_background(work: Callable[[], Any]) -> Callable[[], Any]:
    """What waits for the result of the work, which begins now."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()

    def result() -> Any:
        thread.join(60)
        return found[0]

    return result


def events_in(answer: HTTPResponse) -> Iterator[dict[str, str]]:
    """The events of a stream, as a browser reads them: no comments, no moves of the id."""
    fields: dict[str, str] = {}
    while line := answer.readline().decode():
        if line == "\n":
            if "data" in fields:
                yield fields
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.rstrip("\n").partition(": ")
            fields[name] = value


def test_events_are_read_on_from_the_position_that_was_told(api: Client, scim: ScimClient) -> None:
    ids = [scim.create(f"person-{number}@acme.test") for number in range(3)]
    first = api.here("/events", limit=2)
    assert [one["subject"] for one in first["events"]] == ids[:2]
    assert (first["position"], first["more"]) == (2, True)
    rest = api.here("/events", after=first["position"])
    assert [one["subject"] for one in rest["events"]] == ids[2:]
    assert (rest["position"], rest["more"]) == (3, False)
    assert rest["events"][0]["resource"]["userName"] == "person-2@acme.test"
    assert api.here("/events", after=3) == {"events": [], "position": 3, "more": False}


def test_events_of_other_types_move_the_position(api: Client, scim: ScimClient) -> None:
    person = scim.create("ada@acme.test")
    scim.create_group("Pioneers", person)
    told = api.here("/events", types="group.created, group.deleted")
    assert [one["type"] for one in told["events"]] == ["group.created"]
    assert told["position"] == 3
    none = api.here("/events", types="account.deleted", limit=1)
    assert none == {"events": [], "position": 3, "more": False}


def test_who_waits_gets_an_event_once_it_comes(api: Client, scim: ScimClient) -> None:
    waiting = in_background(lambda: api.here("/events", wait=30, types="account.created"))
    scim.create_group("Nobody asked for groups")
    person = scim.create("ada@acme.test")
    told = waiting()
    assert [one["subject"] for one in told["events"]] == [person]
    assert told["position"] == 2


def test_who_waits_in_vain_is_told_so(api: Client) -> None:
    assert api.here("/events", wait=0.2) == {"events": [], "position": 0, "more": False}


def test_a_key_of_one_organisation_needs_not_say_which(
    site: Site, api: Client, scim: ScimClient
) -> None:
    scim.create("ada@acme.test")
    same = api.here("/events")
    assert api("GET", "/events").json() == same
    assert api("GET", "/events", organisation=site.slug, limit=100).json() == same
    refused(api("GET", "/events", organisation="another"), 404)
    everywhere = client(site, everywhere=True)
    assert everywhere("GET", "/events", organisation=site.slug).json() == same
    assert "?organisation=SLUG" in refused(everywhere("GET", "/events"), 400)
    assert api("GET", "/snapshot").status == 200
    assert refused(api("POST", "/events", {}), 405).endswith("what does: GET")


def test_a_position_that_is_too_old_is_told_so(site: Site, api: Client, scim: ScimClient) -> None:
    scim.create("ada@acme.test")
    site.office.do(lambda runtime: runtime.store.forget_events("2100-01-01T00:00:00.000Z"))
    for path in ("/events", "/events/stream"):
        said = refused(api("GET", f"/organisations/{site.slug}{path}", after=0), 410)
        assert said.endswith("take a snapshot, and go on from its position")
    assert api.here("/events", after=1)["events"] == []


def test_a_position_ahead_of_the_feed_is_told_so(site: Site, api: Client) -> None:
    for path in ("/events", "/events/stream"):
        said = refused(api("GET", f"/organisations/{site.slug}{path}", after=5), 400)
        assert "has come to position 0, and not to 5" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"after": -1}, "after should be greater than or equal to 0, not '-1'"),
        ({"after": "x"}, "after should be a valid integer"),
        ({"limit": 1001}, "limit should be less than or equal to 1000"),
        ({"wait": 31}, "wait should be less than or equal to 30"),
        ({"wait": "nan"}, "wait should be"),
        ({"types": "account.made"}, "'account.made' is no type of event; those that there are: "),
        ({"form": 1}, "'form' is no parameter of this address, which takes after, limit, types"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(
    site: Site, api: Client, asked: dict[str, Any], said: str
) -> None:
    assert said in refused(api("GET", f"/organisations/{site.slug}/events", **asked), 400)


def test_a_stream_tells_events_with_position_type_and_json(
    api: Client, scim: ScimClient, site: Site
) -> None:
    person = scim.create("ada@acme.test")
    with api.stream("/events/stream?types=account.created") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events_in(answer)
        first = next(told)
        assert (first["id"], first["event"]) == ("1", "account.created")
        assert json.loads(first["data"]) == api.here("/events")["events"][0]
        scim.create_group("Passed over", person)
        another = scim.create("bob@acme.test")
        second = next(told)
        assert (second["id"], json.loads(second["data"])["subject"]) == ("4", another)


def test_a_stream_goes_on_behind_the_last_event_that_came(
    site: Site, api: Client, scim: ScimClient
) -> None:
    for name in ("ada", "bob", "cyd"):
        scim.create(f"{name}@acme.test")
    with api.stream("/events/stream?after=0", last_event_id="2") as answer:
        assert next(events_in(answer))["id"] == "3"
    path = f"/organisations/{site.slug}/events/stream"
    with api.stream("/events/stream", last_event_id="two") as answer:
        assert answer.status == 400
        assert "Last-Event-ID must be a position" in answer.read().decode(), path


def test_a_stream_and_a_wait_end_when_the_key_is_revoked(site: Site) -> None:
    text, kept = issue(site, EVENTS)
    waiting = in_background(
        lambda: at(site, text)("GET", f"/organisations/{site.slug}/events", wait=30)
    )
    with at(site, text).stream("/events/stream") as answer:
        assert answer.readline().startswith(b":")
        site.office.do(lambda runtime: runtime.keys.revoke(kept.id))
        assert [line for line in answer.read().splitlines() if not line.startswith(b":")] == [b""]
    assert "was revoked" in refused(waiting(), 401)


def test_a_stream_and_a_wait_end_with_the_server(another_database: Callable[[], str]) -> None:
    database = another_database()
    server = start(database)
    office = Office(database)
    site = settle(address_of(server), office)
    api = client(site)
    waiting = in_background(lambda: api.here("/events", wait=30))
    with api.stream("/events/stream") as answer:
        assert answer.readline().startswith(b":")
        server.terminate()
        answer.read()
    assert waiting()["events"] == []
    server.wait(20)
    assert server.stdout is not None
    server.stdout.close()
    office.close()


def finished(processes: list["subprocess.Popen[bytes]"]) -> bool:
    """Whether all of them have ended, as they should."""
    ends = [one.poll() for one in processes]
    assert set(ends) <= {None, 0}
    return None not in ends


@pytest.mark.parametrize("types", ["", "account.created,account.deleted"])
def test_who_polls_while_many_write_misses_nothing_and_gets_nothing_twice(
    site: Site, api: Client, writers: Writers, types: str
) -> None:
    processes = writers(2, 30)
    told: list[dict[str, Any]] = []
    position, over = 0, False
    while not over:
        over = finished(processes)  # then one more look, for what came last
        answer = api.here("/events", after=position, limit=7, types=types, wait=0.3)
        while answer["events"] or answer["more"]:
            told += answer["events"]
            answer = api.here("/events", after=answer["position"], limit=7, types=types)
        position = answer["position"]
    wanted = [one for one in site.feed() if not types or one.type in types.split(",")]
    assert [(one["position"], one["type"]) for one in told] == [
        (one.position, one.type) for one in wanted
    ]
    assert len(wanted) > 60


def test_who_polls_while_many_write_is_answered_once_for_each_look_at_the_feed(
    api: Client, writers: Writers
) -> None:
    """An answer for each event alone would slow those who write."""
    processes = writers(2, 30)
    position = answers = 0
    while not position:
        position = api.here("/events", wait=30)["position"]
    began = time.monotonic()
    while not finished(processes):
        position = api.here("/events", after=position, limit=1_000, wait=0.5)["position"]
        answers += 1
    assert answers <= (time.monotonic() - began) / EVERY + 2


def test_who_streams_while_many_write_misses_nothing_and_gets_nothing_twice(
    site: Site, api: Client, scim: ScimClient, writers: Writers
) -> None:
    def read() -> list[int]:
        told: list[int] = []
        with api.stream("/events/stream") as answer:
            for event in events_in(answer):
                told.append(int(event["id"]))
                if json.loads(event["data"])["data"].get("userName") == "last@acme.test":
                    break
        return told

    reading = in_background(read)
    assert [one.wait(60) for one in writers(2, 30)] == [0, 0]
    scim.create("last@acme.test")
    assert reading() == [one.position for one in site.feed()]


def test_a_second_process_answers_for_what_the_first_was_told(
    site: Site, scim: ScimClient, database: str
) -> None:
    """Positions are those of the database: whoever goes on elsewhere misses nothing."""
    api = client(site)
    scim.create("ada@acme.test")
    position = api.here("/events")["position"]
    another = start(database)
    try:
        elsewhere = Client(
            address_of(another).removesuffix("/scim/v2") + "/api/v1", api.key, site.slug
        )
        waiting = in_background(lambda: elsewhere.here("/events", after=position, wait=30))
        bob = scim_client(site).create("bob@acme.test")
        assert [one["subject"] for one in waiting()["events"]] == [bob]
    finally:
        another.terminate()
        another.wait(20)
        assert another.stdout is not None
        another.stdout.close()


def test_a_key_that_reads_events_needs_no_other_scope(site: Site) -> None:
    wish = KeyWish("events alone", site.slug, [EVENTS])
    key, _ = site.office.change(lambda runtime: runtime.keys.issue(wish))
    assert at(site, key).here("/events")["events"] == []
    assert refused(at(site, key)("GET", f"/organisations/{site.slug}"), 403).startswith(
        "the key 'events alone' lacks the scope organisations:read: issue one with"
        f" `headcount api-key issue --label LABEL --org {site.slug} --scope organisations:read`"
    )
