"""The requests that are measured: what identity providers send all day."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from orjson import dumps

from bench.load import Requests, request
from bench.stage import Stage, account, user_name
from headcount.scim.bulk import REQUEST_URN

SINGLE = "create, one connection"
BULK = "create, 1,000 in a bulk request"

_IN_BULK = 1_000
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_FRESH = itertools.count(1_000_000)


@dataclass(frozen=True)
class Operation:
    """One kind of request. What is sent between, under another name, is not counted."""

    name: str
    requests: Requests
    connections: int | None = None  # None: as many as the plan says
    each: int = 1  # how many changes one request makes


def operations(stage: Stage) -> list[Operation]:
    """What is measured on a stage."""
    return [
        Operation("look-up by userName", _look_up(stage)),
        Operation("read by id", _read(stage)),
        Operation("create", _create(stage, "create")),
        Operation(SINGLE, _create(stage, SINGLE), connections=1),
        Operation(BULK, _bulk(stage), connections=1, each=_IN_BULK),
        Operation("PATCH active", _patch_active(stage)),
        Operation("page of 100", _page(stage)),
        *(Operation(name, _walk(stage, name, cursor)) for name, cursor in stage.cursors.items()),
        *(
            Operation(
                f"add member to {size:,}", _add_member(stage, group, f"add member to {size:,}")
            )
            for size, group in stage.groups.items()
        ),
    ]


def _look_up(stage: Stage) -> Requests:
    def requests(number: int) -> Iterator[tuple[str, bytes]]:
        chance = random.Random(number)
        while True:
            where = quote(f'userName eq "{user_name(chance.randrange(stage.accounts))}"')
            path = f"/scim/v2/Users?filter={where}&startIndex=1&count=100"
            yield "look-up by userName", request("GET", path, stage.token)

    return requests


def _read(stage: Stage) -> Requests:
    def requests(number: int) -> Iterator[tuple[str, bytes]]:
        chance = random.Random(number)
        while True:
            path = f"/scim/v2/Users/{chance.choice(stage.ids)}"
            yield "read by id", request("GET", path, stage.token)

    return requests


def _create(stage: Stage, name: str) -> Requests:
    def requests(_: int) -> Iterator[tuple[str, bytes]]:
        for number in _FRESH:
            body = dumps(account(number))
            yield name, request("POST", "/scim/v2/Users", stage.token, body)

    return requests


def _bulk(stage: Stage) -> Requests:
    def requests(_: int) -> Iterator[tuple[str, bytes]]:
        while True:
            operations = [
                {"method": "POST", "path": "/Users", "bulkId": str(number), "data": account(number)}
                for number in itertools.islice(_FRESH, _IN_BULK)
            ]
            body = dumps({"schemas": [REQUEST_URN], "Operations": operations})
            yield BULK, request("POST", "/scim/v2/Bulk", stage.token, body)

    return requests


def _patch_active(stage: Stage) -> Requests:
    def requests(number: int) -> Iterator[tuple[str, bytes]]:
        chance = random.Random(number)
        for turn in itertools.count():
            operation = {"op": "replace", "value": {"active": turn % 2 == 1}}
            body = dumps({"schemas": [_PATCH], "Operations": [operation]})
            if turn % 2 == 0:
                path = f"/scim/v2/Users/{chance.choice(stage.ids)}"
            yield "PATCH active", request("PATCH", path, stage.token, body)

    return requests


def _page(stage: Stage) -> Requests:
    """Each connection reads on from page to page, as an import does."""

    def requests(number: int) -> Iterator[tuple[str, bytes]]:
        pages = max(1, stage.accounts // 100)
        for page in itertools.count(number * pages // 64):
            start = page % pages * 100 + 1
            path = f"/scim/v2/Users?startIndex={start}&count=100"
            yield "page of 100", request("GET", path, stage.token)

    return requests


def _walk(stage: Stage, name: str, cursor: str) -> Requests:
    """The same page of a walk again and again: it must not matter where it stands.

    Without groups, for those of the first accounts are more.
    """

    def requests(_: int) -> Iterator[tuple[str, bytes]]:
        path = f"/scim/v2/Users?count=100&excludedAttributes=groups&cursor={cursor}"
        raw = request("GET", path, stage.token)
        while True:
            yield name, raw

    return requests


def _add_member(stage: Stage, group: str, name: str) -> Requests:
    """Each connection has somebody of its own, who joins and leaves; only joining is counted."""

    def requests(number: int) -> Iterator[tuple[str, bytes]]:
        member = stage.joiners[number % len(stage.joiners)]
        add = {"op": "add", "path": "members", "value": [{"value": member}]}
        remove = {"op": "remove", "path": f'members[value eq "{member}"]'}
        bodies = [dumps({"schemas": [_PATCH], "Operations": [one]}) for one in (add, remove)]
        path = f"/scim/v2/Groups/{group}"
        while True:
            yield name, request("PATCH", path, stage.token, bodies[0])
            yield "leave", request("PATCH", path, stage.token, bodies[1])

    return requests
