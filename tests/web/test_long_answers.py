"""Answers that are too long to be put together, on a real server: whole, or plainly cut short."""

import http.client
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from orjson import loads

from headcount.settings import is_postgres
from headcount.store.sqlite.connection import AT_ONCE_MEMBERS
from tests.databases import sql
from tests.serving import Office, Site, address_of, settle, start
from tests.store import crowd
from tests.web.client import Client, client

MANY = AT_ONCE_MEMBERS + 1
HUGE = 200_000
STATUS = "/proc/{}/status"


_SPOILED = "UPDATE member SET display = x'ff' WHERE grp = '{group}' AND member = '{member}'"
"""No text, near the end of the list, so that SQLite fails when it gets there."""

_ENDED = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"""
"""The connections that hold a moment are lost."""


@pytest.fixture
def group(site: Site, database: str) -> str:
    """A group with one member that a client sent, and very many others."""
    call = client(site)
    made = call.create_group("all", call.create("ada"))
    crowd.joins(database, made, MANY)
    return made


def test_a_huge_group_is_sent_without_a_length_and_is_whole(site: Site, group: str) -> None:
    call = client(site)
    answer = call("GET", f"/Groups/{group}")
    assert "content-length" not in answer.headers
    body = answer.json()
    assert len(body.pop("members")) == MANY + 1
    short = call("GET", f"/Groups/{group}?excludedAttributes=members")
    assert body == short.json()
    assert answer.headers["etag"] == short.headers["etag"] == body["meta"]["version"]
    known = call("GET", f"/Groups/{group}", if_none_match=answer.headers["etag"])
    assert (known.status, known.data) == (304, b"")


def test_a_head_request_is_answered_without_the_members(site: Site, group: str) -> None:
    call = client(site)
    answer = call("HEAD", f"/Groups/{group}")
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["etag"] == call("GET", f"/Groups/{group}").headers["etag"]


@pytest.mark.parametrize("shown", ["members.value", "members", "displayName,members.type"])
def test_a_huge_group_shows_what_was_asked_for(site: Site, group: str, shown: str) -> None:
    call = client(site)
    few = call.create_group("few", call.create("bob"))
    wanted = call("GET", f"/Groups/{few}?attributes={shown}").json()
    found = call("GET", f"/Groups/{group}?attributes={shown}").json()
    assert found.keys() == wanted.keys()
    assert len(found["members"]) == MANY + 1
    assert {*found["members"][0]} == {*found["members"][-1]} == {*wanted["members"][0]}


def test_of_members_without_a_name_no_names_are_shown(site: Site, group: str) -> None:
    found = client(site)("GET", f"/Groups/{group}?attributes=members.display").json()
    assert found.keys() == {"schemas", "id"}


@pytest.mark.parametrize(("method", "path"), [("GET", "/Groups"), ("POST", "/.search")])
def test_a_list_with_a_huge_group_is_whole(site: Site, group: str, method: str, path: str) -> None:
    call = client(site)
    few = call.create_group("few", call.create("bob"))
    body = call(method, path, {} if method == "POST" else None).json()
    groups = [one for one in body["Resources"] if one["meta"]["resourceType"] == "Group"]
    assert [(one["id"], len(one["members"])) for one in groups] == [(group, MANY + 1), (few, 1)]


def test_an_answer_that_fails_on_the_way_does_not_look_complete(
    site: Site, group: str, database: str
) -> None:
    if is_postgres(database):
        group = client(site).create_group("more than any buffer holds")
        crowd.joins(database, group, HUGE)
    else:
        member = f"{crowd.PREFIX}{MANY - 1:030}"
        crowd.write(database, _SPOILED.format(group=group, member=member))
    host = re.sub(r"http://([^/]*).*", r"\1", site.base_url)
    connection = http.client.HTTPConnection(host)
    path = f"/scim/v2/Groups/{group}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {site.token}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert len(answer.read(100_000)) == 100_000
    if is_postgres(database):
        sql(_ENDED, database)
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()


@pytest.fixture
def alone(another_database: Callable[[], str]) -> Iterator[tuple[Site, int, str]]:
    """A site on a server of its own, the number of its process, and its database."""
    database = another_database()
    server = start(database)
    office = Office(database)
    yield settle(address_of(server), office), server.pid, database
    office.close()
    server.terminate()
    server.wait(20)
    assert server.stdout is not None
    server.stdout.close()


@pytest.mark.skipif(not Path(STATUS.format("self")).exists(), reason="no /proc here")
def test_a_huge_group_takes_no_more_memory_than_a_part_of_it(
    alone: tuple[Site, int, str],
) -> None:
    site, process, database = alone
    call = client(site)
    group = call.create_group("all", call.create("ada"))
    assert call("GET", "/Users").status == 200
    before = most_memory(process)
    crowd.joins(database, group, HUGE)
    body = loads(read(call, f"/Groups/{group}"))
    assert len(body["members"]) == HUGE + 1
    assert most_memory(process) - before < 12 * 2**20  # and the answer has 28 MB


def read(call: Client, path: str) -> bytes:
    answer: urllib3.BaseHTTPResponse = call("GET", path)
    return answer.data


def most_memory(process: int) -> int:
    """The most memory that a process ever held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(STATUS.format(process)).read_text())
    assert found is not None
    return int(found[1]) * 1024
