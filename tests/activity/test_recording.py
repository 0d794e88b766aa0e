"""What a real server records of a conversation."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3

from headcount.activity.recorder import Bounds, Recorder, since
from headcount.activity.wording import words
from headcount.bootstrap import clock, open_store
from headcount.directory.tokens import Wish
from headcount.settings import Settings
from headcount.store.activity import Done, Exchange, Sought
from headcount.store.model import Kind, OrgId, Policy
from tests.activity.conftest import Recorded
from tests.databases import SQLITE, fresh
from tests.serving import Office, Site, serving, settle
from tests.web.client import Client, client, patch

Recording = Callable[..., Recorded]
OKTA = {"User-Agent": "Okta SCIM Client 1.0.0"}


def told(exchanges: list[Exchange]) -> list[tuple[int, str]]:
    """Status and words of each."""
    return [(one.status, words(one)) for one in exchanges]


def converse(ask: Client) -> None:
    """A mixed conversation."""
    ask("GET", "/Users?filter=userName%20eq%20%22grace@acme.test%22")
    grace = ask.create("grace@acme.test", title="Admiral")
    ask("GET", "/Users?filter=userName%20eq%20%22grace@acme.test%22")
    ask("POST", "/Users", {"userName": "GRACE@acme.test"})
    ask("PATCH", f"/Users/{grace}", patch({"op": "replace", "path": "title", "value": "x"}))
    ask("PATCH", f"/Users/{grace}", patch({"op": "replace", "value": {"active": False}}))
    ask("PUT", f"/Users/{grace}", {"userName": "grace@acme.test", "active": True})
    ask("PUT", f"/Users/{grace}", {"userName": "hopper@acme.test", "active": True})
    group = ask.create_group("Engineering")
    joining = {"op": "add", "path": "members", "value": [{"value": grace}]}
    ask("PATCH", f"/Groups/{group}", patch(joining))
    ask("GET", "/Users?startIndex=1&count=100")
    ask("POST", "/Users", b"{")
    ask("DELETE", f"/Users/{grace}")
    ask("GET", f"/Users/{grace}")


TOLD = [
    (200, "looked up grace@acme.test (nobody has it)"),
    (201, "created grace@acme.test"),
    (200, "looked up grace@acme.test"),
    (409, "tried to create GRACE@acme.test"),
    (200, "changed title of grace@acme.test"),
    (200, "deactivated grace@acme.test"),
    (200, "reactivated grace@acme.test"),
    (200, "renamed grace@acme.test to hopper@acme.test"),
    (201, "created the group Engineering"),
    (200, "added hopper@acme.test to the group Engineering"),
    (200, "read page 1 of the users"),
    (400, "tried to create an account"),
    (204, "deleted hopper@acme.test"),
    (404, "tried to read hopper@acme.test"),
]


def test_a_conversation_is_told_in_words_and_in_order(recording: Recording) -> None:
    here = recording()
    converse(Client(here.site.base_url, here.site.token, OKTA))
    exchanges = here.exchanges()
    assert told(exchanges) == TOLD
    assert [one.number for one in exchanges] == sorted({one.number for one in exchanges})
    created, refused = exchanges[1], exchanges[3]
    assert (created.kind, created.did, created.person) == (
        Kind.USER,
        Done.CREATED,
        "grace@acme.test",
    )
    assert json.loads(created.request)["title"] == "Admiral"
    assert json.loads(created.answer)["id"] == created.resource
    assert json.loads(created.headers)["user-agent"] == created.client == OKTA["User-Agent"]
    assert created.token == here.site.kept("test").id
    assert 0 < created.duration < 60_000_000
    assert (refused.refusal, refused.did) == ("Taken", Done.REFUSED)
    assert "belongs to another User" in refused.detail


def test_the_numbers_of_the_day_count_every_request(recording: Recording) -> None:
    here = recording()
    converse(client(here.site))
    here.exchanges()
    org = here.site.organisation.id
    days = here.site.office.do(lambda at: at.store.days(org, "2000-01-01"))
    assert {done: times for _, done, times in days} == {
        Done.READ: 3,
        Done.CREATED: 2,
        Done.CHANGED: 3,
        Done.DEACTIVATED: 1,
        Done.REACTIVATED: 1,
        Done.DELETED: 1,
        Done.REFUSED: 3,
    }


def test_a_full_recorder_drops_records_and_counts_them_and_never_a_request(
    recording: Recording,
) -> None:
    here = recording(Bounds(reads=3, others=2, pause=3600))
    ask = client(here.site)
    for number in range(5):
        ask.create(f"n{number}@acme.test")
    names = [
        ask("GET", f"/Users?filter=userName%20eq%20%22n{number}@acme.test%22").json()
        for number in range(5)
    ]
    assert [one["Resources"][0]["userName"] for one in names] == [
        f"n{number}@acme.test" for number in range(5)
    ]
    assert here.recorder.figures.dropped == 3 + 2
    assert len(here.exchanges()) == 2 + 3
    assert here.recorder.figures.dropped_lately == 5
    org = here.site.organisation.id
    assert here.recorder.missing_of(org) == 5
    assert here.recorder.missing_of(None) == here.recorder.missing_of(OrgId(org + 1)) == 0
    days = here.site.office.do(lambda at: at.store.days(org, "2000-01-01"))
    assert {done: times for _, done, times in days} == {Done.CREATED: 5, Done.READ: 5}
    assert ask("GET", "/Users").json()["totalResults"] == 5
    assert len(here.exchanges()) == 6


def test_bodies_that_would_take_too_much_memory_are_left_out(recording: Recording) -> None:
    here = recording(Bounds(bytes=500, pause=3600))
    ask = client(here.site)
    ask.create("ada@acme.test", title="x" * 400)
    (created,) = here.exchanges()
    assert created.cut
    assert b"too much" in created.request
    assert words(created) == "created an account"


SECRET = "ge-heim-4711"


def test_no_password_and_no_token_is_anywhere_in_the_files_of_the_database(
    recording: Recording,
) -> None:
    here = recording()
    ask = client(here.site)
    ada = ask.create("ada@acme.test", password=SECRET)
    ask("POST", "/Users", {"userName": "b@acme.test", "Password": {"value": SECRET}})
    ask("PUT", f"/Users/{ada}", {"userName": "ada@acme.test", "passWord": SECRET})
    for operation in (
        {"op": "replace", "path": "password", "value": SECRET},
        {"op": "replace", "value": {"password": SECRET}},
        {"op": "add", "value": json.dumps({"PASSWORD": SECRET})},
    ):
        ask("PATCH", f"/Users/{ada}", patch(operation))
    data = {"userName": "c@acme.test", "password": SECRET}
    ask("POST", "/Bulk", {"Operations": [{"method": "POST", "path": "/Users", "data": data}]})
    ask("GET", f"/Users?filter=password%20eq%20%22{SECRET}%22&access_token={SECRET}")
    ask("POST", "/Users/.search", {"filter": f"password eq {SECRET}"})
    ask("POST", "/Users", f'{{"userName": "d", "password": "{SECRET}'.encode())
    ask("GET", f"/Users/{here.site.token}")
    ask("GET", "/Users", Cookie=f"session={SECRET}", X_Api_Key=SECRET)
    wrong = Client(here.site.base_url, None)
    wrong("GET", "/Users", Authorization=f"Bearer {SECRET}")
    wrong("GET", "/Users", Authorization=SECRET)
    wrong("GET", "/Users", Authorization="Bearer " + here.site.token[:-3])
    exchanges = here.exchanges()
    assert len(exchanges) == 15
    assert exchanges[-1].headers.count("Bearer (removed)") == 1
    here.site.office.do(lambda at: at.store.ready())
    held = b"".join(file.read_bytes() for file in here.file.iterdir() if file.is_file())
    assert b"ada@acme.test" in held
    assert SECRET.encode() not in held
    assert here.site.token[:30].encode() not in held


def ended(here: Recorded, label: str) -> str:
    """A token that was revoked."""
    token = here.site.issue(label)
    slug, kept = here.site.slug, here.site.kept(label)
    here.site.office.change(lambda at: at.organisations.revoke(slug, kept.id))
    return token


def second(here: Recorded) -> str:
    """A token of a second organisation."""

    async def create(at: Any) -> str:
        await at.organisations.create("second", "Second", Policy())
        token, _ = await at.organisations.issue("second", Wish("second"))
        return str(token)

    return here.site.office.do(create)


def test_a_refused_token_is_shown_to_whom_it_belongs(recording: Recording) -> None:
    here = recording(base_domain="example.test")
    second(here)
    revoked = Client(here.site.base_url, ended(here, "old"))
    revoked("GET", "/Users")
    unknown = Client(here.site.base_url, "nobody-knows")
    unknown("GET", "/Users", Host=f"{here.site.slug}.example.test")
    unknown("GET", "/Users", Host="elsewhere.example.test")
    client(here.site)("GET", "/Users", Host="second.example.test")
    mine = [one.detail for one in here.exchanges()]
    assert len(mine) == 3
    assert "was revoked" in mine[0]
    assert "is not known here" in mine[1]
    assert "another organisation" in mine[2]
    (nobodys,) = here.exchanges(of_nobody=True)
    assert (nobodys.org, nobodys.status) == (None, 401)


def test_a_token_that_was_copied_in_part_is_shown_to_whose_it_is(recording: Recording) -> None:
    here = recording()
    other = second(here)
    Client(here.site.base_url, other[:-4])("GET", "/Users")
    Client(here.site.base_url, here.site.token[:-4])("GET", "/Users")
    (refused,) = here.exchanges()
    assert refused.refusal == "Unauthorized"
    assert here.exchanges(of_nobody=True) == []


def test_an_organisation_that_just_came_is_known_at_once(recording: Recording) -> None:
    here = recording(base_domain="example.test")
    unknown = Client(here.site.base_url, "nobody-knows")
    unknown("GET", "/Users")
    assert len(here.exchanges()) == 1  # as there is no other organisation
    here.site.office.do(lambda at: at.organisations.create("third", "Third", Policy()))
    unknown("GET", "/Users", Host="third.example.test")
    unknown("GET", "/Users")
    assert len(here.exchanges()) == 1
    (third,) = here.exchanges(here.site.office.do(lambda at: at.store.organisation("third")).id)
    assert third.status == 401
    (_,) = here.exchanges(of_nobody=True)
    token = here.site.issue("new")
    Client(here.site.base_url, token[:-4])("GET", "/Users")
    assert len(here.exchanges()) == 2


def test_every_store_takes_what_is_recorded(site: Site) -> None:
    client(site).create("ada@acme.test")
    org = site.organisation.id
    until = time.monotonic() + 60
    while not (found := site.office.do(lambda at: at.store.exchanges(org, Sought(), 10))):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert told(found) == [(201, "created ada@acme.test")]


def test_an_unknown_token_is_shown_to_the_only_organisation(recording: Recording) -> None:
    here = recording()
    Client(here.site.base_url, "nobody-knows")("GET", "/Users")
    (refused,) = here.exchanges()
    assert words(refused) == "tried to read the users"


def test_an_address_without_its_end_is_shown_where_the_token_is_good(recording: Recording) -> None:
    here = recording()
    root = here.site.base_url.removesuffix("/scim/v2")
    assert Client(root, here.site.token)("GET", "/Users").status == 404
    assert Client(root, "nobody-knows")("GET", "/Users").status == 404
    assert Client(root, None)("GET", "/wp-login").status == 404
    (astray,) = here.exchanges()
    assert (astray.path, astray.status, astray.refusal) == ("/Users", 404, "NotFound")


def test_an_answer_that_goes_in_pieces_is_recorded_without_it(recording: Recording) -> None:
    here = recording()
    ask = client(here.site)
    ada = ask.create("ada@acme.test")
    change = {"op": "replace", "path": "title", "value": "x" * 70_000}
    ask("PATCH", f"/Users/{ada}", patch(change))
    assert len(ask("GET", f"/Users/{ada}").data) > 70_000
    last = here.exchanges()[-1]
    assert b"in pieces" in last.answer
    assert last.cut
    assert words(last) == "read ada@acme.test"


def test_a_server_writes_what_it_noted_before_it_ends(tmp_path: Path) -> None:
    database = fresh(SQLITE, tmp_path)
    office = Office(database)
    with serving(database, "--workers", "2") as base_url:
        health = base_url.removesuffix("/scim/v2") + "/healthz"
        urllib3.request("GET", health, timeout=60)  # it listens before its processes are there
        site = settle(f"{base_url}", office)
        ask = client(site)
        for number in range(20):
            ask.create(f"n{number}@acme.test")
    org = site.organisation.id
    found = office.do(lambda at: at.store.exchanges(org, Sought(), 100))
    office.close()
    assert len([one for one in found if one.status == 201]) == 20


def test_a_machine_that_takes_long_keeps_fewer_reads(recording: Recording) -> None:
    here = recording(Bounds(reads=50, share=1e-9, pause=3600))
    ask = client(here.site)
    for _ in range(60):
        ask("GET", "/Users")
    assert len(here.exchanges()) == 50
    for _ in range(5):
        assert ask("GET", "/Users").status == 200
    assert len(here.exchanges()) == 51


def test_a_long_list_counts_as_many_reads(recording: Recording) -> None:
    here = recording(Bounds(reads=10, pause=3600))
    ask = client(here.site)
    for number in range(40):
        ask.create(f"n{number}@acme.test", title="x" * 1_000)
    assert len(here.exchanges()) == 40
    lists = [ask("GET", "/Users?count=40").data for _ in range(4)]
    assert 40_000 < len(lists[0]) < 80_000
    assert here.recorder.figures.dropped == 2
    assert len(here.exchanges()) == 40 + 2


def test_a_long_change_counts_as_many_changes(recording: Recording) -> None:
    here = recording(Bounds(others=10, pause=3600))
    ask = client(here.site)
    for number in range(4):
        ask.create(f"n{number}@acme.test", title="x" * 20_000)
    assert here.recorder.figures.dropped == 2
    assert len(here.exchanges()) == 2


def test_a_flood_of_changes_is_kept_as_far_as_time_allows(recording: Recording) -> None:
    here = recording(Bounds(others=50, other_share=1e-9, pause=3600))
    ask = client(here.site)
    for number in range(60):
        ask.create(f"ada{number}")
    assert len(here.exchanges()) == 50
    for number in range(5):
        ask.create(f"grace{number}")
    assert len(here.exchanges()) == 51


def test_nothing_is_recorded_where_the_operator_does_not_want_it(tmp_path: Path) -> None:
    database = fresh(SQLITE, tmp_path)
    office = Office(database)
    with serving(database, HEADCOUNT_ACTIVITY_DAYS="0") as base_url:
        site = settle(f"{base_url}", office)
        client(site).create("ada@acme.test")
    org = site.organisation.id
    assert office.do(lambda at: at.store.exchanges(org, Sought(), 100)) == []
    office.close()


def test_a_database_that_takes_no_records_costs_no_request(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    here = recording(Bounds(pause=3600))
    ask = client(here.site)
    ask("GET", "/Users")
    here.exchanges()
    name = next(here.file.glob("*.db"))
    name.rename(name.with_suffix(".away"))
    assert ask("GET", "/Users").status == 200
    for _ in range(2):
        assert ask("GET", "/Users").status == 200
        flush(here)
    assert here.recorder.figures.lost == 3
    assert len([one for one in caplog.messages if "cannot be recorded" in one]) == 1
    name.with_suffix(".away").rename(name)


def flush(here: Recorded) -> None:
    """Write what was noted."""
    asyncio.run_coroutine_threadsafe(here.recorder.flush(), here.loop).result(60)


@pytest.mark.anyio
async def test_what_is_old_or_too_much_is_forgotten(tmp_path: Path) -> None:
    store = open_store(Settings(database=fresh(SQLITE, tmp_path)))
    org = (await store.add_organisation("acme", "Acme", Policy(), clock())).id
    usual = {"org": org, "duration": 1, "method": "GET", "path": "/Users", "status": 200}
    old = Exchange(at="2020-01-01T00:00:00.000Z", **usual)  # type: ignore[arg-type]  # JSON
    new = Exchange(at=clock().isoformat(), **usual)  # type: ignore[arg-type]  # JSON
    await store.add_exchanges([old, new, new, new], {(org, "2020-01-01", Done.READ): 1})
    recorder = Recorder(store, clock, Bounds(most=2))
    await recorder.forget()
    assert [one.at for one in await store.exchanges(org, Sought(), 10)] == [new.at, new.at]
    assert await store.days(org, "2000-01-01") == []
    await store.close()


def test_whoever_asks_gets_the_answer_before_it_is_written(recording: Recording) -> None:
    here = recording(Bounds(pause=3600))
    answer: urllib3.BaseHTTPResponse = client(here.site)("GET", "/Users")
    assert answer.status == 200
    assert here.recorder.figures.kept == 0


def test_a_machine_that_is_busy_does_not_shift_the_times_of_requests() -> None:
    """Two clocks are read one after the other, and others may get their turn in between."""
    turns = iter((0.0, 0.05, 0.0))

    def busy() -> datetime:
        told = clock()
        time.sleep(next(turns, 0.0))
        return told

    from_clocks = since(busy) + time.perf_counter()
    assert abs(from_clocks - clock().timestamp()) < 0.02
