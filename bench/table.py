"""What was measured, as tables on a terminal: one for each operation, one for all pages."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table

from bench.figures import number
from bench.results import Followed, Measured, Result, unique
from bench.sections import following_in_short
from bench.telling import (
    ARRIVING,
    DELIVERING,
    FOLLOWING,
    GROWING,
    READING,
    RECORDING,
    Cells,
    arriving_rows,
    delivering_rows,
    following_rows,
    growing_rows,
    page_headings,
    page_rows,
    page_sizes,
    reading_rows,
    recording_rows,
)

_HEADINGS = ("Accounts", "Conn.", "Per second", "p50 ms", "p99 ms", "CPU µs", "To empty", "To raw")


def show(console: Console, measured: Measured) -> None:
    """Print everything that was measured."""
    for operation in measured.operations:
        console.print(_table(measured, operation))
        console.print()
    for title, headings, rows in _others(measured):
        console.print(_filled(title, headings, rows))
        console.print()
    said = (*following_in_short(measured), *summary(measured), *measured.remarks)
    for line in said:
        console.print(f"- {line}", highlight=False, soft_wrap=True)


def _others(measured: Measured) -> Iterator[tuple[str, Cells, list[Cells]]]:
    """The title, the headings and the rows of what is no table of one operation."""
    for server, grown in measured.growing:
        most, fewest = grown[0].compared.accounts, grown[0].fewest
        of = f"{server} with {most:,} accounts, and with {fewest:,}"
        yield of, GROWING, growing_rows(grown)
    for server in unique(one.server for one in measured.pages):
        headings = page_headings(page_sizes(measured, server))
        yield f"Pages of the console, {server}", headings, page_rows(measured, server)
    if measured.recording:
        yield "Requests recorded, and not recorded", RECORDING, recording_rows(measured)
    yield from _of_the_feed(measured.followed)


def _of_the_feed(followed: Followed) -> Iterator[tuple[str, Cells, list[Cells]]]:
    tables = (
        ("The feed, read from the first event to the last", READING, reading_rows(followed)),
        ("From an answer to its event at a long poll", ARRIVING, arriving_rows(followed)),
        ("Webhooks, with events that wait", DELIVERING, delivering_rows(followed)),
        *(
            (
                f"Writers who are followed, and not, {name}",
                FOLLOWING,
                following_rows(followed, name),
            )
            for name in unique(server for server, _, _ in followed.costs)
        ),
    )
    return (one for one in tables if one[2])


def _table(measured: Measured, operation: str) -> Table:
    title = operation[0].upper() + operation[1:]
    found = [one for one in measured.results if one.operation == operation]
    rows = [
        _row(measured, one)
        for place in sorted({(one.connections, one.accounts) for one in found})
        for one in found
        if (one.connections, one.accounts) == place
    ]
    return _filled(title, ("Server", *_HEADINGS, "Headcount is"), rows)


def _filled(title: str, headings: Cells, rows: list[Cells]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.show_edge, table.pad_edge, table.padding = False, False, (0, 1, 0, 0)
    for place, heading in enumerate(headings):
        justify: JustifyMethod = "right" if place else "left"
        table.add_column(heading, justify=justify, no_wrap=place == 0)
    for row in rows:
        table.add_row(*row)
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


def summary(measured: Measured) -> Iterator[str]:
    """What is said about the yardsticks and the client, where they were measured."""
    if not measured.client:
        return
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
