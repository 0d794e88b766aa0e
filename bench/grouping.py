"""The requests about groups that are measured, by the size of the group."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

from orjson import dumps

from bench.load import Requests
from bench.operations import OK, PATCH_URN, Operation, quoted, template
from bench.people import group_name
from bench.shapes import is_group_of, is_one_group
from bench.stage import Stage
from bench.wire import Asked

_READ_WHOLE = (100, 10_000)
_FIND = (10, 10_000)
JOIN_SIZES = (10, 1_000, 10_000, 100_000, 1_000_000)


def reads_group(size: int) -> str:
    """What reading a whole group is called."""
    return f"read a group of {size:,}"


def finds_group(size: int) -> str:
    """What finding a group is called."""
    return f"find a group of {size:,} by name, without members"


def joins(size: int) -> str:
    """What adding a member is called."""
    return f"add a member to a group of {size:,}"


def grouping(stage: Stage) -> list[Operation]:
    """What is measured when the groups are there: first what leaves them as they are."""
    reads = [
        Operation(reads_group(size), _read(stage, size), is_group_of(size))
        for size in _READ_WHOLE
        if size in stage.groups
    ]
    finds = [
        Operation(finds_group(size), _find(stage, size), is_one_group(stage))
        for size in _FIND
        if size in stage.groups
    ]
    joining = [
        Operation(joins(size), _join(stage, group), witness=_sees_member(stage, group))
        for size, group in stage.groups.items()
        if size in JOIN_SIZES
    ]
    return reads + finds + joining


def _read(stage: Stage, size: int) -> Requests:
    group = stage.groups[size]
    raw = b"".join(template(stage, "GET", f"/Groups/{group}"))
    asked = Asked(raw, first=quoted(group), last=quoted(stage.ids[size // 2]))
    return _again(asked)


def _find(stage: Stage, size: int) -> Requests:
    where = quote(f'displayName eq "{group_name(size)}"')
    raw = b"".join(
        template(stage, "GET", f"/Groups?filter={where}&excludedAttributes=members&count=100")
    )
    total = b'"totalResults"%b1' % stage.manners.colon
    return _again(Asked(raw, first=total, last=quoted(group_name(size))))


def _again(asked: Asked) -> Requests:
    def requests(_: int, __: int) -> Iterator[Asked]:
        while True:
            yield asked

    return requests


def _join(stage: Stage, group: str) -> Requests:
    """Each connection has somebody of its own, who joins and leaves; only joining is counted."""
    path = f"/Groups/{group}"

    def requests(number: int, _: int) -> Iterator[Asked]:
        member = stage.joiners[number]
        add = {"op": "add", "path": "members", "value": [{"value": member}]}
        bodies = [
            dumps({"schemas": [PATCH_URN], "Operations": [one]})
            for one in (add, _removal(stage, member))
        ]
        join, leave = (b"".join(template(stage, "PATCH", path, body)) for body in bodies)
        while True:
            yield Asked(join, OK, first=quoted(group))
            yield Asked(leave, OK, first=quoted(group), counted=False)

    return requests


def _removal(stage: Stage, member: str) -> dict[str, object]:
    if stage.manners.removes_by_path:
        return {"op": "remove", "path": f'members[value eq "{member}"]'}
    return {"op": "remove", "path": "members", "value": [{"value": member}]}


def _sees_member(stage: Stage, group: str) -> Callable[[Asked], Asked]:
    """Whether the first of the joiners is in a group: asked of the account where it tells that."""
    member = stage.joiners[0]
    by_account = (f"/Users/{member}", quoted(group))
    by_group = (f"/Groups/{group}", quoted(member))
    path, told = by_account if stage.manners.tells_groups else by_group
    raw = b"".join(template(stage, "GET", path))
    return lambda _: Asked(raw, last=told)
