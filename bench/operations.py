"""The requests that are measured: what identity providers send all day."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from orjson import dumps

from bench.load import Requests
from bench.people import person, user_name
from bench.shapes import Shape, are_all_created, is_one_account, is_one_real, is_page, is_real
from bench.stage import Stage
from bench.wire import Asked, request
from headcount.scim.bulk import REQUEST_URN

LOOK_UP = "look up by userName"
READ = "read by id"
REAL = ", with groups and enterprise data"
PAGE = "page of 100"
NEAR_PAGE = "page of 100, by index near the start"
DEEP_PAGE = "page of 100, the last by index"
FIRST_CURSOR = "page of 100, the first by cursor"
LAST_CURSOR = "page of 100, the last by cursor"
PATCH_ACTIVE = "PATCH active"
CREATE = "create"
BULK = "create, 1,000 in a bulk request"

PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
OK = b"HTTP/1.1 2"  # any success: some answer PATCH with 200, some with 204

_IN_BULK = 1_000
_NEAR = 1_000  # accounts from the first
_FRESH = itertools.count(5_000_000)


class Beside(StrEnum):
    """Which yardstick an operation is held against, beside the empty answer of Starlette."""

    NOTHING = "nothing"
    RAW = "raw"  # an empty answer of a plain ASGI callable
    BODY = "body"  # a ready answer of the same size, of the same callable


@dataclass(frozen=True)
class Operation:
    """One kind of request."""

    name: str
    requests: Requests
    shape: Shape | None = None
    """What one answer is looked at for, taken apart, before any is measured."""
    witness: Callable[[Asked], Asked] | None = None
    """What to ask afterwards, to see that a change was made."""
    beside: Beside = Beside.NOTHING
    alone: bool = False  # measured over one connection only
    is_page: bool = False  # of the console
    each: int = 1  # how many changes one request makes
    leaves_work: bool = False  # which a server does afterwards: it counts, and disturbs no other


def reading(stage: Stage) -> list[Operation]:
    """What is measured before the large groups are there, in which everybody would be."""
    plain, real = range(0, stage.accounts, 2), range(1, stage.accounts, 2)
    return [
        Operation(LOOK_UP, look_up(stage, plain), is_one_account, beside=Beside.RAW),
        Operation(LOOK_UP + REAL, look_up(stage, real), is_one_real(stage), beside=Beside.RAW),
        Operation(READ, _read(stage, plain), beside=Beside.RAW),
        Operation(READ + REAL, _read(stage, real), is_real(stage), beside=Beside.RAW),
        Operation(PAGE, _pages(stage), is_page(stage), beside=Beside.BODY),
        Operation(NEAR_PAGE, _near_pages(stage), is_page(stage), beside=Beside.BODY),
        *_own_pages(stage),
        Operation(PATCH_ACTIVE, _patch_active(stage), witness=_sees_active(stage)),
    ]


def _own_pages(stage: Stage) -> list[Operation]:
    if not stage.manners.has_cursors or stage.accounts < 200:
        return []
    walks = {FIRST_CURSOR: "cursor", LAST_CURSOR: f"cursor={stage.last_cursor}"}
    walks[DEEP_PAGE] = f"startIndex={stage.accounts - 99}"
    return [
        Operation(name, _same_page(stage, where), is_page(stage), beside=Beside.BODY)
        for name, where in walks.items()
    ]


def creating(stage: Stage) -> list[Operation]:
    """What adds accounts, and so comes last."""
    single = Operation(CREATE, _create(stage), witness=_sees_created(stage), leaves_work=True)
    many = Operation(
        BULK, _bulk(stage), are_all_created, alone=True, each=_IN_BULK, leaves_work=True
    )
    return [single, many] if stage.manners.has_bulk else [single]


def template(stage: Stage, method: str, path: str, body: bytes = b"") -> tuple[bytes, bytes]:
    """A request with a gap, where its path says `{}`: what comes before and after it."""
    raw = request(method, stage.manners.prefix + path, stage.server.token, body)
    before, _, after = raw.partition(b"{}")
    return before, after


def quoted(value: str) -> bytes:
    """A JSON text, as it is found in an answer."""
    return b'"%b"' % value.encode()


def _one(stage: Stage) -> bytes:
    return b'"totalResults"%b1' % stage.manners.colon


def look_up(stage: Stage, numbers: range) -> Requests:
    """Find somebody by userName, as before each create."""
    path = "/Users?filter=" + quote('userName eq "') + "{}%22&startIndex=1&count=100"
    before, after = template(stage, "GET", path)
    first = _one(stage)

    def requests(number: int, _: int) -> Iterator[Asked]:
        chance = random.Random(number)
        while True:
            name = user_name(chance.choice(numbers)).encode()
            yield Asked(before + name + after, first=first, last=b'"%b"' % name)

    return requests


def _read(stage: Stage, numbers: range) -> Requests:
    before, after = template(stage, "GET", "/Users/{}")

    def requests(number: int, _: int) -> Iterator[Asked]:
        chance = random.Random(number)
        while True:
            chosen = chance.choice(numbers)
            name = stage.ids[chosen].encode()
            yield Asked(before + name + after, first=b'"%b"' % name, last=quoted(user_name(chosen)))

    return requests


def _pages(stage: Stage) -> Requests:
    """Each connection reads on from page to page, as an import does."""
    before, after = template(stage, "GET", "/Users?startIndex={}&count=100")

    def requests(number: int, connections: int) -> Iterator[Asked]:
        pages = max(1, stage.accounts // 100)
        for page in itertools.count(number * pages // connections):
            start = page % pages * 100 + 1
            yield Asked(b"%b%d%b" % (before, start, after), first=b'"userName"', last=b"@acme.test")

    return requests


def _near_pages(stage: Stage) -> Requests:
    """Pages that begin anywhere among the first thousand, where no page before has ended."""
    before, after = template(stage, "GET", "/Users?startIndex={}&count=100")
    begins = range(1, max(2, min(_NEAR, stage.accounts - 99) + 1))
    told = b'"startIndex"%b%%d' % stage.manners.colon

    def requests(number: int, _: int) -> Iterator[Asked]:
        chance = random.Random(number)
        while True:
            start = chance.choice(begins)
            raw = b"%b%d%b" % (before, start, after)
            yield Asked(raw, first=told % start, last=b"@acme.test")

    return requests


def _same_page(stage: Stage, where: str) -> Requests:
    """The same page again and again: it must not matter where in the list it stands."""
    raw = b"".join(template(stage, "GET", f"/Users?count=100&{where}"))

    def requests(_: int, __: int) -> Iterator[Asked]:
        while True:
            yield Asked(raw, first=b'"userName"', last=b"@acme.test")

    return requests


def _patch_active(stage: Stage) -> Requests:
    """Each connection has accounts of its own, and switches each off and on again."""
    sent = [
        dumps({"schemas": [PATCH_URN], "Operations": [{"op": "replace", "value": {"active": on}}]})
        for on in (False, True)
    ]
    halves = [template(stage, "PATCH", "/Users/{}", body) for body in sent]
    told = [b'"active"%b%b' % (stage.manners.colon, on) for on in (b"false", b"true")]

    def requests(number: int, connections: int) -> Iterator[Asked]:
        chance = random.Random(number)
        own = range(number, stage.accounts, connections)
        while True:
            account = stage.ids[chance.choice(own)].encode()
            for (before, after), state in zip(halves, told, strict=True):
                raw = before + account + after
                yield Asked(raw, OK, first=b'"%b"' % account, last=state)

    return requests


def _sees_active(stage: Stage) -> Callable[[Asked], Asked]:
    before, after = template(stage, "GET", "/Users/{}")
    return lambda asked: Asked(
        before + asked.first.strip(b'"') + after, first=asked.first, last=asked.last
    )


def _create(stage: Stage) -> Requests:
    path = f"{stage.manners.prefix}/Users"

    def requests(_: int, __: int) -> Iterator[Asked]:
        for number in _FRESH:
            raw = request("POST", path, stage.server.token, dumps(person(number)))
            yield Asked(raw, b"HTTP/1.1 201", first=b'"id"', last=quoted(user_name(number)))

    return requests


def _sees_created(stage: Stage) -> Callable[[Asked], Asked]:
    path = "/Users?filter=" + quote('userName eq "') + "{}%22"
    before, after = template(stage, "GET", path)
    first = _one(stage)
    return lambda asked: Asked(
        before + asked.last.strip(b'"') + after, first=first, last=asked.last
    )


def _bulk(stage: Stage) -> Requests:
    path = f"{stage.manners.prefix}/Bulk"

    def requests(_: int, __: int) -> Iterator[Asked]:
        while True:
            numbers = list(itertools.islice(_FRESH, _IN_BULK))
            sent = [
                {"method": "POST", "path": "/Users", "bulkId": str(number), "data": person(number)}
                for number in numbers
            ]
            body = dumps({"schemas": [REQUEST_URN], "Operations": sent})
            raw = request("POST", path, stage.server.token, body)
            yield Asked(raw, first=quoted(str(numbers[0])), last=quoted(str(numbers[-1])))

    return requests
