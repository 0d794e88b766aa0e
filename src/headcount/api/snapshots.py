"""An organisation as it stands, line by line, with the position to go on from."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from headcount.api.calls import APlace, Place
from headcount.api.resources import account_object, group_object, member_object
from headcount.directory.listing import every, every_bare
from headcount.store.model import Kind

JSON_LINES = "application/jsonl"

_MEMBERS = 1_000  # in a line


async def take_snapshot(place: APlace) -> Response:
    """Read the whole organisation, one JSON object a line.

    First a line of type `snapshot`, whose `position` is that to read events behind; then a line
    for each account and each group, and behind a group its members, at most 1000 a line; last a
    line of type `end`. Without that the snapshot is not whole: take it again.

    What changes meanwhile may be in the lines already, and is told again by the events.
    """
    position = (await place.store.positions([place.org]))[place.org]
    headers = {"cache-control": "no-store"}
    return StreamingResponse(_lines(place, position), media_type=JSON_LINES, headers=headers)


async def _lines(place: Place, position: int) -> AsyncIterator[bytes]:
    slug = place.organisation.slug
    yield _line({"type": "snapshot", "organisation": slug, "position": position})
    accounts = groups = 0
    async for seen in every(place.store, place.org, Kind.USER):
        yield _line({"type": "account", "resource": account_object(seen)})
        accounts += 1
    async for seen in every_bare(place.store, place.org, Kind.GROUP):
        yield _line({"type": "group", "resource": group_object(seen)})
        groups += 1
        async for line in _members(place, seen.stored.id):
            yield line
    yield _line({"type": "end", "accounts": accounts, "groups": groups})


async def _members(place: Place, group: str) -> AsyncIterator[bytes]:
    after = ""
    while found := await place.store.members_after(place.org, group, after, _MEMBERS):
        members = [member_object(one.id, one.kind) for one in found]
        yield _line({"type": "members", "group": group, "members": members})
        after = found[-1].id


def _line(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body) + b"\n"
