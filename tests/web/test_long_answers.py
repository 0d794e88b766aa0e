"""Answers that are too long to be put together, on a real server: whole, or plainly cut short."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
import urllib3
from orjson import loads

from headcount.store.sqlite.connection import AT_ONCE_MEMBERS
from tests.serving import Office, Site, address_of, settle, start
from tests.store import crowd
from tests.web.client import Client, client

MANY = AT_ONCE_MEMBERS + 1
HUGE = 200_000
STATUS = "/proc/{}/status"


@pytest.fixture
def group(site: Site, database: Path) -> str:
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
    site: Site, group: str, database: Path
) -> None:
    broken = apsw.Connection(str(database))
    broken.set_busy_timeout(10_000)
    broken.execute(  # no text, so that SQLite fails when it gets there
        "UPDATE member SET display = x'ff' WHERE grp = ? AND member = ?",
        (group, f"{crowd.PREFIX}{MANY - 1:030}"),
    )
    broken.close()
    host = re.sub(r"http://([^/]*).*", r"\1", site.base_url)
    connection = http.client.HTTPConnection(host)
    path = f"/scim/v2/Groups/{group}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {site.token}"})
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    assert len(cut.value.partial) > 100_000
    connection.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[tuple[Site, int]]:
    """A site on a server of its own, and the number of its process."""
    server = start(tmp_path / "headcount.db")
    office = Office(tmp_path / "headcount.db")
    yield settle(address_of(server), office), server.pid
    office.close()
    server.terminate()
    server.wait(20)
    assert server.stdout is not None
    server.stdout.close()


@pytest.mark.skipif(not Path(STATUS.format("self")).exists(), reason="no /proc here")
def test_a_huge_group_takes_no_more_memory_than_a_part_of_it(
    alone: tuple[Site, int], tmp_path: Path
) -> None:
    site, process = alone
    call = client(site)
    group = call.create_group("all", call.create("ada"))
    assert call("GET", "/Users").status == 200
    before = most_memory(process)
    crowd.joins(tmp_path / "headcount.db", group, HUGE)
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
