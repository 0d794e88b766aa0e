"""What the figures of a run say: sentences that are only there where the figures are."""

import re
import tempfile
from collections.abc import Iterator

from bench.figures import number
from bench.grouping import JOIN_SIZES, joins
from bench.markdown import bullets, paragraph
from bench.operations import (
    BULK,
    CREATE,
    DEEP_PAGE,
    FIRST_CURSOR,
    LAST_CURSOR,
    LOOK_UP,
    NEAR_PAGE,
    PAGE,
    PATCH_ACTIVE,
    READ,
    REAL,
)
from bench.peers.catalogue import ROOT
from bench.plan import Plan
from bench.results import Measured, Result, unique
from bench.sections import following_in_short, pages_in_short, recording_in_short

_FOLDERS = re.compile(f"({re.escape(str(ROOT))}|{re.escape(tempfile.gettempdir())})/[^ :]*/")
_ALIKE = (LOOK_UP, LOOK_UP + REAL, READ, READ + REAL, PAGE, PATCH_ACTIVE, CREATE)
_GROWING = (
    *(LOOK_UP, LOOK_UP + REAL, READ, READ + REAL, NEAR_PAGE, FIRST_CURSOR, LAST_CURSOR),
    *(PATCH_ACTIVE, joins(10), joins(1_000), CREATE),
)


def in_short(plan: Plan, measured: Measured) -> Iterator[str]:
    """The comparison at one size, and what grows with the number of accounts."""
    most, ours = max(plan.connections), measured.servers[0]
    size = _common(measured, most)
    yield paragraph(
        f"Requests per second with {size:,} accounts over {most} connections, and in brackets how"
        f" many times as fast {ours} is:"
    )
    yield _comparison(measured, size, most)
    lines = [
        *_growth(measured),
        *_flatness(measured, most),
        *_members(measured, most),
        *_walks(measured, most),
        *_bulk(measured),
        *(line for name in measured.servers for line in pages_in_short(measured, name)[:1]),
        *recording_in_short(measured),
        *following_in_short(measured),
    ]
    yield bullets(lines)


def _common(measured: Measured, connections: int) -> int:
    """The largest number of accounts that the most servers have in common."""
    reached: dict[int, set[str]] = {}
    for one in measured.results:
        if one.is_told and one.connections == connections:
            reached.setdefault(one.accounts, set()).add(one.server)
    return max(reached, key=lambda size: (len(reached[size]), size))


def _comparison(measured: Measured, size: int, connections: int) -> str:
    found = [
        one
        for one in measured.results
        if (one.accounts, one.connections) == (size, connections) and one.is_told
    ]
    servers = [name for name in measured.servers if any(one.server == name for one in found)]
    rows = [
        [operation, *(_cell(measured, name, operation, size, connections) for name in servers)]
        for operation in unique(one.operation for one in found)
    ]
    lines = [["Request", *servers], ["---", *["---:"] * len(servers)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(measured: Measured, server: str, operation: str, size: int, connections: int) -> str:
    one = measured.find(server, operation, size, connections)
    if one is None:
        alone = measured.find(server, operation, size, 1)
        return f"{number(alone.rate)} over one" if alone and connections > 1 else ""
    times = measured.times(measured.servers[0], one)
    return number(one.rate) + (f" ({number(times)})" if times else "")


def _own(measured: Measured, connections: int) -> Iterator[tuple[str, dict[str, list[Result]]]]:
    """Ours, by database and operation, the fewest accounts first."""
    for server in measured.servers:
        if not server.startswith("Headcount"):
            continue
        by_operation: dict[str, list[Result]] = {}
        for one in sorted(measured.results, key=lambda one: one.accounts):
            if one.server == server and one.connections == connections and one.is_told:
                by_operation.setdefault(one.operation, []).append(one)
        yield server, by_operation


def _growth(measured: Measured) -> Iterator[str]:
    """What most accounts cost, as sentences, where that was measured in turns."""
    for server, of in measured.growing:
        by_name = {one.compared.operation: f"{one.cost[1]:.2f}" for one in of}
        told = ", ".join(f"{name} {by_name[name]}" for name in _GROWING if name in by_name)
        yield (
            f"{server} with {of[0].compared.accounts:,} accounts, asked in turns with one with"
            f" {of[0].fewest:,}: a request takes so many times as long: {told}."
        )


def _flatness(measured: Measured, connections: int) -> Iterator[str]:
    """How much is left with the most accounts, as sentences, where it was not asked in turns."""
    in_turns = dict(measured.growing)
    for server, found in _own(measured, connections):
        if server in in_turns:
            continue
        series = [found[name] for name in _ALIKE if len(found.get(name, [])) > 1]
        if not series:
            continue
        fewest, most = series[0][0].accounts, series[0][-1].accounts
        told = ", ".join(
            f"{one[0].operation} {number(one[-1].ratio / one[0].ratio)}" for one in series
        )
        yield (
            f"{server} with {most:,} accounts, as a share of what it does with {fewest:,}: {told}."
        )


def _members(measured: Measured, connections: int) -> Iterator[str]:
    for server, found in _own(measured, connections):
        last = {size: found[joins(size)][-1] for size in JOIN_SIZES if found.get(joins(size))}
        if len(last) > 1:
            small, large = min(last), max(last)
            cost = last[small].ratio / last[large].ratio
            yield (
                f"Adding a member to a group of {large:,} costs {number(cost)} times what it costs"
                f" with {small} ({server})."
            )


def _walks(measured: Measured, connections: int) -> Iterator[str]:
    for server, found in _own(measured, connections):
        if not all(found.get(name) for name in (FIRST_CURSOR, LAST_CURSOR, DEEP_PAGE)):
            continue
        first, last, deep = (found[name][-1] for name in (FIRST_CURSOR, LAST_CURSOR, DEEP_PAGE))
        yield (
            f"With {first.accounts:,} accounts the last page of a walk by cursor costs"
            f" {number(first.ratio / last.ratio)} times the first. By `startIndex` the last page"
            f" costs {number(first.ratio / deep.ratio)} times that ({server}): a database"
            " has to count its way there, so walk large lists by cursor."
        )


def _bulk(measured: Measured) -> Iterator[str]:
    for server, found in _own(measured, 1):
        if found.get(BULK) and found.get(CREATE):
            many, single = found[BULK][-1], found[CREATE][-1]
            yield (
                f"1,000 creates in one bulk request are {number(many.ratio / single.ratio)} times"
                f" as fast as 1,000 requests over one connection ({server})."
            )


def remarks(measured: Measured) -> list[str]:
    """Where somebody stopped or went wrong, without the folders of the machine."""
    return [_told(one) for one in measured.remarks]


def _told(remark: str) -> str:
    words = " ".join(remark.replace("|", "/").replace("`", "'").split())
    return _FOLDERS.sub("", words)[:400]
