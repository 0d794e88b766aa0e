"""What was measured, as tables on a terminal: one for each operation."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.results import Measured, Result

_HEADINGS = ("Accounts", "Conn.", "Per second", "p50 ms", "p99 ms", "CPU µs", "To empty", "To raw")


def show(console: Console, measured: Measured) -> None:
    """Print everything that was measured."""
    for operation in measured.operations:
        console.print(_table(measured, operation))
        console.print()
    for line in (*summary(measured), *measured.remarks):
        console.print(f"- {line}", highlight=False, soft_wrap=True)


def _table(measured: Measured, operation: str) -> Table:
    title = operation[0].upper() + operation[1:]
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.show_edge, table.pad_edge, table.padding = False, False, (0, 1, 0, 0)
    table.add_column("Server", no_wrap=True)
    for heading in (*_HEADINGS, "Headcount is"):
        table.add_column(heading, justify="right", no_wrap=True)
    found = [one for one in measured.results if one.operation == operation]
    for connections, accounts in sorted({(one.connections, one.accounts) for one in found}):
        for one in found:
            if (one.connections, one.accounts) == (connections, accounts):
                table.add_row(*_row(measured, one))
    return table


def _row(measured: Measured, one: Result) -> tuple[str, ...]:
    front = (one.server, f"{one.accounts:,}", f"{one.connections}")
    if not one.is_told:
        return (*front, "wrong" if one.wrong else "no answer")
    beside = one.ratio_beside
    times = measured.times(measured.servers[0], one)
    return (
        *front,
        number(one.rate),
        number(one.percentile(0.5)),
        number(one.percentile(0.99)),
        number(one.per_request),
        number(one.ratio),
        "" if beside is None else number(beside),
        "" if times is None else f"{number(times)} times",
    )


def number(value: float) -> str:
    """A figure with as many digits as mean something.

    >>> [number(one) for one in (31_415.9, 314.159, 3.14159, 0.314159, 0.00314159, 0)]
    ['31,416', '314', '3.1', '0.31', '0.0031', '0']
    """
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}"
    return f"{value:.2g}" if value >= 0.0001 else f"{value:.1e}"


def summary(measured: Measured) -> Iterator[str]:
    """What is said about the yardsticks and the client."""
    most = 1e6 / max(measured.client, 1)
    yield (
        f"The empty answer: {measured.empty:,.0f} per second through Starlette;"
        f" {measured.raw:,.0f} without any framework, which is the raw one. Pages are held against"
        " a ready answer of their own size instead of the raw one."
    )
    yield (
        f"The client takes {measured.client:,.0f} µs for a request, so that it can send"
        f" {most:,.0f} per second at most."
    )
