"""Many clients at once, on two servers over one database: nobody's change undoes another's."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from headcount.store.model import Policy
from tests.serving import Office, Site, serving, settle
from tests.web.client import Client, client

pytestmark = pytest.mark.shows("RFC 7644 3.5.2")

_MEMBERS = 1_000
_TRIES = 1_000
_CONNECTIONS = 16

Sent = tuple[str, str, Any]
"""Method, path, body."""


@pytest.fixture(scope="module")
def sites(another_database: Callable[[], str]) -> Iterator[tuple[Site, Site]]:
    """One organisation, as two servers answer for it."""
    database = another_database()
    with ExitStack() as ends:
        first, second = (ends.enter_context(serving(database)) for _ in range(2))
        office = Office(database)
        ends.callback(office.close)
        site = settle(first, office, Policy())
        yield site, Site(second, site.token, site.slug, office)


async def _send(site: Site, requests: Sequence[Sent]) -> list[int]:
    """One after the other over one connection; the statuses."""
    port = int(site.base_url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses = []
    for method, path, body in requests:
        raw = json.dumps(body).encode()
        head = f"{method} /scim/v2{path} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {site.token}\r\nContent-Length: {len(raw)}\r\n\r\n"
        writer.write(head.encode() + raw)
        answer = await reader.readuntil(b"\r\n\r\n")
        statuses.append(int(answer.split(b" ", 2)[1]))
        for line in answer.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.partition(b":")[2]))
    writer.close()
    return statuses


def _all_at_once(sites: Sequence[Site], requests: Sequence[Sent]) -> list[int]:
    """Over several connections, in turn to each of the servers."""

    async def send() -> list[int]:
        shares = [requests[number::_CONNECTIONS] for number in range(_CONNECTIONS)]
        answers = await asyncio.gather(
            *(_send(sites[number % len(sites)], share) for number, share in enumerate(shares))
        )
        return [status for some in answers for status in some]

    return asyncio.run(send())


def _patch(path: str, value: Any) -> dict[str, Any]:
    return {"Operations": [{"op": "replace", "path": path, "value": value}]}


def _add(member: str) -> dict[str, Any]:
    return {"Operations": [{"op": "add", "path": "members", "value": [{"value": member}]}]}


def test_of_a_thousand_members_who_join_at_once_none_is_lost(sites: tuple[Site, Site]) -> None:
    creating: list[Sent] = [("POST", "/Users", {"userName": f"m{n}"}) for n in range(_MEMBERS)]
    assert set(_all_at_once(sites, creating)) == {201}
    ask = client(sites[0])
    ids = _ids(ask, 'userName sw "m"')
    group = ask.create_group("everybody")
    joining: list[Sent] = [("PATCH", f"/Groups/{group}", _add(member)) for member in ids]
    assert set(_all_at_once(sites, joining)) <= {200, 204}
    for site in sites:
        members = client(site)("GET", f"/Groups/{group}").json()["members"]
        assert {one["value"] for one in members} == set(ids)
        assert len(members) == _MEMBERS
    told = [one for one in sites[0].feed() if one.type.value == "group.member_added"]
    assert sorted(one.data["member"] for one in told) == sorted(ids)


def _ids(ask: Client, where: str) -> list[str]:
    found: list[str] = []
    path = f"/Users?filter={where.replace(' ', '%20')}&count=200&startIndex="
    while len(page := ask("GET", f"{path}{len(found) + 1}").json()["Resources"]) > 0:
        found += [one["id"] for one in page]
    return found


def test_two_who_change_different_attributes_of_one_account_both_get_through(
    sites: tuple[Site, Site],
) -> None:
    ask = client(sites[0])
    person = ask.create("ada@acme.test")
    path = f"/Users/{person}"

    async def both() -> int:
        lost = 0
        for turn in range(_TRIES):
            one, other = f"title {turn}", f"nick {turn}"
            statuses = await asyncio.gather(
                _send(sites[0], [("PATCH", path, _patch("title", one))]),
                _send(sites[1], [("PATCH", path, _patch("nickName", other))]),
            )
            assert [*statuses[0], *statuses[1]] == [200, 200]
            if turn % 10 == 0 or turn == _TRIES - 1:
                held = ask("GET", path).json()
                lost += (held["title"], held["nickName"]) != (one, other)
        return lost

    assert asyncio.run(both()) == 0
    held = ask("GET", path).json()
    assert held["meta"]["version"] == f'W/"{2 * _TRIES + 1}"'
    feed = sites[0].feed()
    told = [one.data["changed"] for one in feed if one.type.value == "account.updated"]
    assert [value["title"][1] for value in told if "title" in value] == [
        f"title {turn}" for turn in range(_TRIES)
    ]
    assert [value["nickName"][1] for value in told if "nickName" in value] == [
        f"nick {turn}" for turn in range(_TRIES)
    ]
