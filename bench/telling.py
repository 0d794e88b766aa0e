"""The console, recording and the feed, as tables for the terminal and the page."""

from collections.abc import Iterable, Sequence

from bench.console import CONSOLE
from bench.figures import number, short
from bench.results import Compared, Followed, Grown, Measured, Result, unique

Cells = tuple[str, ...]

RECORDING = (
    "Request",
    "Connections",
    "Recorded",
    "Not recorded",
    "Ratio",
    "Middle half",
    "CPU ratio",
)

GROWING = ("Request", "With the fewest", "With the most", "Cost", "Middle half", "CPU ratio")

READING = ("Read", "Server", "Events", "Per second", "MB/s", "CPU µs")
ARRIVING = ("Server", "Changes", "p50 ms", "p99 ms")
DELIVERING = ("Server", "Webhooks", "Deliveries", "Per second", "For each", "CPU µs")
FOLLOWING = (
    "Follower",
    "Request",
    "Conn.",
    "Followed",
    "Not followed",
    "Ratio",
    "Middle half",
    "CPU ratio",
)


def page_headings(sizes: Sequence[int]) -> Cells:
    """The columns of the table of pages: three for each number of accounts, three of the most."""
    figures = ("p50 ms, {}", "p99 ms, {}", "To empty, {}")
    return (
        "Page",
        *(figure.format(short(size)) for size in sizes for figure in figures),
        "CPU ms",
        "Growth",
        "kB",
    )


def page_sizes(measured: Measured, server: str) -> list[int]:
    """With how many accounts the pages of a server were measured."""
    return sorted({one.accounts for one in measured.pages if one.server == server})


def page_rows(measured: Measured, server: str) -> list[Cells]:
    """A row for each page."""
    sizes = page_sizes(measured, server)
    return [_row(found, sizes) for found in by_page(measured, server).values()]


def by_page(measured: Measured, server: str) -> dict[str, list[Result]]:
    """What was measured on a server for each page, the fewest accounts first."""
    found = [one for one in measured.pages if one.server == server and one.is_told]
    found.sort(key=lambda one: one.accounts)
    names = unique(one.operation for one in measured.pages if one.server == server)
    return {
        page_name(name): series
        for name in names
        if (series := [one for one in found if one.operation == name])
    }


def page_name(operation: str) -> str:
    """What a page is called where all are pages."""
    return operation.removeprefix(CONSOLE)


def growth(series: Sequence[Result]) -> float:
    """How many times the cost with the fewest accounts a page has with the most."""
    return series[0].ratio / series[-1].ratio


def _row(series: Sequence[Result], sizes: Sequence[int]) -> Cells:
    by_size = {one.accounts: one for one in series}
    last = series[-1]
    return (
        page_name(last.operation),
        *(cell for size in sizes for cell in _figures(by_size.get(size))),
        number(last.per_request / 1e3),
        number(growth(series)) if series[1:] else "",
        number(last.length / 1e3),
    )


def _figures(one: Result | None) -> Cells:
    if one is None:
        return ("", "", "")
    return number(one.percentile(0.5)), number(one.percentile(0.99)), number(one.ratio)


def recording_rows(measured: Measured) -> list[Cells]:
    """A row for each operation that was measured with and without recording."""
    return [_compared(one) for one in measured.recording]


def _compared(one: Compared) -> Cells:
    with_it, without = one.rates
    low, middle, high = one.quartiles
    return (
        one.operation,
        f"{one.connections}",
        number(with_it),
        number(without),
        f"{middle:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{one.per_request:.2f}",
    )


def growing_rows(grown: Iterable[Grown]) -> list[Cells]:
    """A row for each operation that was measured with the most accounts and with the fewest."""
    return [_grown(one) for one in grown]


def _grown(one: Grown) -> Cells:
    most, fewest = one.compared.rates
    low, middle, high = one.cost
    return (
        one.compared.operation,
        number(fewest),
        number(most),
        f"{middle:.2f}",
        f"{low:.2f} to {high:.2f}",
        f"{one.compared.per_request:.2f}",
    )


def reading_rows(followed: Followed) -> list[Cells]:
    """A row for each way in which the feed was read."""
    return [
        (
            one.way,
            one.server,
            f"{one.events:,}",
            number(one.rate),
            number(one.megabytes),
            number(one.per_event),
        )
        for one in followed.read
    ]


def arriving_rows(followed: Followed) -> list[Cells]:
    """How soon an event is there, for each kind of database."""
    return [
        (
            one.server,
            f"{len(one.latencies)}",
            number(one.percentile(0.5)),
            number(one.percentile(0.99)),
        )
        for one in followed.arrived
    ]


def delivering_rows(followed: Followed) -> list[Cells]:
    """A row for each number of webhooks."""
    return [
        (
            one.server,
            f"{one.endpoints}",
            f"{one.deliveries:,}",
            number(one.rate),
            number(one.rate / one.endpoints),
            number(one.per_delivery),
        )
        for one in followed.delivered
    ]


def following_rows(followed: Followed, server: str) -> list[Cells]:
    """A row for each request and each way to follow, on one kind of database."""
    return [(way, *_compared(one)) for on, way, one in followed.costs if on == server]
