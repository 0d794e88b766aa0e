"""`make bench`: measure, and print what was measured as a table."""

import argparse
import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from bench.load import Measured, measure, merged, request
from bench.operations import BULK, SINGLE, Operation, operations
from bench.stage import JOINERS, Stage, fill, serving, serving_empty

_EMPTY = "empty answer"


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...]
    seconds: float
    rounds: int
    connections: int


@dataclass
class Result:
    """One line of the table: an operation at a number of accounts, and the yardstick beside it."""

    accounts: int
    name: str
    each: int = 1
    rounds: list[Measured] = field(default_factory=list)
    yardstick: list[Measured] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """To the empty answers that were measured between the rounds."""
        return self.rate / merged(self.yardstick).rate

    @property
    def rate(self) -> float:
        """Changes or answers per second."""
        return merged(self.rounds).rate * self.each


def main() -> None:
    """Read the plan, run it, print the table."""
    plan = _plan()
    console = Console()
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, _progress(console) as progress:
        for size in plan.sizes:
            database = Path(folder) / f"{size}.db"
            filling = progress.add_task(f"Filling in {size:,} accounts", total=size + JOINERS)
            advance = lambda done, task=filling: progress.advance(task, done)  # noqa: E731
            stage = uvloop.run(fill(database, size, advance))
            with serving(database) as port, serving_empty() as empty:
                uvloop.run(_measure_all(plan, stage, (port, empty), results, progress))
    _print(console, plan, results)


def _plan() -> Plan:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    given = parser.parse_args()
    return Plan(tuple(given.accounts), given.seconds, given.rounds, given.connections)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


async def _measure_all(
    plan: Plan, stage: Stage, ports: tuple[int, int], results: list[Result], progress: Progress
) -> None:
    todo = operations(stage)
    task = progress.add_task(f"Measuring at {stage.accounts:,}", total=len(todo) * plan.rounds)
    for operation in todo:
        result = Result(stage.accounts, operation.name, operation.each)
        for _ in range(plan.rounds):
            result.yardstick.append(await _measure_empty(plan, ports[1]))
            result.rounds.append(await _measure(plan, operation, ports[0]))
            progress.advance(task)
        results.append(result)


async def _measure(plan: Plan, operation: Operation, port: int) -> Measured:
    names = (operation.name, "leave")
    connections = operation.connections or plan.connections
    noted = await measure(port, operation.requests, plan.seconds, connections, names)
    await asyncio.sleep(0)
    return noted[operation.name]


async def _measure_empty(plan: Plan, port: int) -> Measured:
    raw = request("GET", "/")

    def requests(_: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
        while True:
            yield _EMPTY, raw

    noted = await measure(port, requests, plan.seconds / 2, plan.connections, (_EMPTY,))
    return noted[_EMPTY]


def _print(console: Console, plan: Plan, results: list[Result]) -> None:
    table = Table(header_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Request")
    for heading in ("Accounts", "Requests/s", "p50 ms", "p99 ms", "To empty", "To fewest accounts"):
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(*_row(result, results))
    console.print(table)
    empty = merged([one for result in results for one in result.yardstick])
    console.print(
        f"\nEmpty answer: {empty.rate:,.0f} requests/s, p99 {empty.percentile(0.99) * 1e3:.1f} ms;"
        f" {plan.connections} connections, {plan.rounds} rounds of {plan.seconds:g} s each.",
        highlight=False,
    )
    _print_members(console, results)
    _print_walk(console, results)
    _print_bulk(console, results)
    if failed := sum(one.failed for result in results for one in result.rounds):
        raise SystemExit(f"{failed} requests were refused: the figures mean nothing")


def _row(result: Result, results: list[Result]) -> tuple[str, ...]:
    whole = merged(result.rounds)
    first = next(one for one in results if one.name == result.name)
    flat = "" if first is result else f"{result.ratio / first.ratio:.2f}"
    return (
        result.name,
        f"{result.accounts:,}",
        f"{result.rate:,.0f}",
        f"{whole.percentile(0.5) * 1e3:.1f}",
        f"{whole.percentile(0.99) * 1e3:.1f}",
        f"{result.ratio:.2f}",
        flat,
    )


def _print_members(console: Console, results: list[Result]) -> None:
    """What one more member costs, by the size of the group, at the most accounts."""
    most = max(result.accounts for result in results)
    joins = [r for r in results if r.accounts == most and r.name.startswith("add member")]
    if len(joins) > 1:
        cost = joins[0].ratio / joins[-1].ratio
        console.print(
            f"{joins[-1].name.capitalize()} costs {cost:.2f} times {joins[0].name}.",
            highlight=False,
        )


def _print_walk(console: Console, results: list[Result]) -> None:
    """What the last page of a walk costs, by what the first one does."""
    most = max(result.accounts for result in results)
    first, last = (r for r in results if r.accounts == most and "cursor" in r.name)
    cost = first.ratio / last.ratio
    console.print(f"The last cursor page costs {cost:.2f} times the first.", highlight=False)


def _print_bulk(console: Console, results: list[Result]) -> None:
    """How much faster creates are in a bulk request."""
    rates = {result.name: result.rate for result in results}
    gain = rates[BULK] / rates[SINGLE]
    console.print(
        f"A bulk request of 1,000 creates is {gain:.1f} times as fast as 1,000 requests over"
        " one connection.",
        highlight=False,
    )


if __name__ == "__main__":
    main()
