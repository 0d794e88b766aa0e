"""`docs/performance.md`: written whole from one run, with the words around the figures."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.conclusions import in_short, remarks
from bench.curves import draw, prepare
from bench.dots import draw_pages
from bench.figures import number
from bench.machine import machine, software
from bench.markdown import bullets, markdown, paragraph
from bench.peers.catalogue import PEERS
from bench.peers.installing import versions
from bench.plan import FULL, Plan
from bench.results import Measured, Result
from bench.sections import of_growth, of_recording, of_the_console, of_the_feed

DOCS = Path(__file__).resolve().parents[1] / "docs"

_ALWAYS = (
    "Client, server and database share these cores; there is no network between them, and no TLS.",
    """Every answer is checked: its status, and that it is about what was asked for (id, userName,
    total). One answer of each kind is taken apart, and what was changed is looked up again. A wrong
    answer of Headcount ends the run; a peer's takes its figure away.""",
    """Half of the accounts have enterprise data and are in a group of 100: about 1,000 bytes each,
    600 for the others.""",
    """Headcount runs as `headcount serve`, in one process, with tokens and events as always. Each
    write is on disk when it is answered (`synchronous = FULL`; PostgreSQL as it comes).""",
    """Before each kind of request all files of the database are read once, those of the peers too:
    the system has them in its memory, as it has on a machine that serves them all day.""",
    "Whoever joins a group leaves it before the next joins; only joining is counted.",
)

_HEADINGS = (
    "Server",
    "Accounts",
    "Connections",
    "Per second",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "To empty",
    "To raw",
    "Headcount is",
)


def write(plan: Plan, measured: Measured, docs: Path = DOCS) -> None:
    """Draw the pictures, and write the page."""
    prepare(docs / "images")
    draw(measured, max(plan.connections), docs / "images")
    if measured.pages:
        draw_pages(measured, docs / "images")
    (docs / "performance.md").write_text(page(plan, measured), encoding="utf-8")


def page(plan: Plan, measured: Measured) -> str:
    """The page, without its pictures."""
    return "\n\n".join(_sections(plan, measured)) + "\n"


def _sections(plan: Plan, measured: Measured) -> Iterator[str]:
    yield "# How fast it is"
    yield paragraph(
        "Headcount beside other SCIM servers that install by name, and beside a server that answers"
        " nothing, measured in one run on one machine. Everything on this page, words and figures,"
        f" is written by `make bench-full`{_how_else(plan)}. Ratios carry over to other machines"
        " better than figures do."
    )
    yield "## In short"
    yield from in_short(plan, measured)
    yield "## How cost grows"
    yield paragraph(
        "Both axes are logarithmic: a flat line costs the same however much there is, and a line"
        " along the diagonal costs ten times as much for ten times as much. Where a line ends, that"
        f" server was not filled any further in the time that it had ({plan.filling:g} seconds for"
        " a peer)."
    )
    yield "![What a request costs, by the number of accounts](images/growth.svg)"
    yield "![What adding one member costs, by the size of the group](images/members.svg)"
    yield from of_growth(measured)
    yield from of_the_console(plan, measured)
    yield from of_recording(measured)
    yield from of_the_feed(measured)
    yield from _how(plan, measured)
    yield "## Every figure"
    yield paragraph(
        "**Per second** is the median of the rounds. **CPU** is the processor time, of user and"
        " system, that all processes of the server take for one request, the database's too."
        " **To empty** is the ratio to an empty answer of Starlette, measured in the moment before"
        " over as many connections. **To raw** is the ratio to an answer that was ready, without a"
        " framework: a few bytes, or for pages as many as the page has. **Headcount is** so many"
        " times as fast, by the ratios to empty."
    )
    for operation in measured.operations:
        yield f"### {operation[0].upper()}{operation[1:]}"
        yield _table(measured, operation)


def _how_else(plan: Plan) -> str:
    """Whether it was the full run."""
    if replace(plan, write=FULL.write) == FULL:
        return ""
    return ", and this time by a shorter run of the same program"


def _how(plan: Plan, measured: Measured) -> Iterator[str]:
    yield "## How it was measured"
    today = datetime.now(UTC).date().isoformat()
    yield bullets([f"{today}, on {machine()}. {software(plan)}."])
    yield bullets(_method(plan, measured))
    yield "The other servers, each filled over HTTP:"
    yield bullets([_peer(name) for name in plan.peers if name in measured.servers])
    if told := remarks(measured):
        yield "What did not go as it should:"
        yield bullets(told)
    yield paragraph(
        "To repeat it: `make bench` takes about half an hour and prints the tables,"
        " `make bench-full` takes some hours and writes this page. `python -m bench --help` tells"
        " how to measure a part. Servers listen on 127.0.0.1 and are ended with the run; the peers"
        " are kept in `.bench/`, in the versions that `bench/peers/` pins."
    )


def _method(plan: Plan, measured: Measured) -> list[str]:
    connections = " and ".join(str(one) for one in plan.connections)
    sends = 1e6 / max(measured.client, 1)
    rounds = (
        f"Medians of {plan.rounds} rounds of {plan.seconds:g} s each, over {connections}"
        " connections, each of which sends its next request when the last was answered. Rounds of"
        f" the empty answer stand between them: {measured.empty:,.0f} per second through"
        f" Starlette, {measured.raw:,.0f} without any framework, over the most connections."
    )
    client = (
        f"The client takes {measured.client:,.0f} µs of a core for a request, so that it could"
        f" send {sends:,.0f} per second: it limits no figure but the raw answer's."
    )
    return [rounds, client, *_ALWAYS]


def _peer(name: str) -> str:
    pinned = versions(name)
    others = ", ".join(f"{package} {one}" for package, one in pinned.items() if package != name)
    return f"**{name} {pinned[name]}** ({others}): {PEERS[name].told}."


def _table(measured: Measured, operation: str) -> str:
    found = [one for one in measured.results if one.operation == operation]
    places = sorted({(one.connections, one.accounts) for one in found})
    rows = [
        _row(measured, one)
        for place in places
        for one in found
        if (one.connections, one.accounts) == place
    ]
    return markdown(_HEADINGS, rows)


def _row(measured: Measured, one: Result) -> tuple[str, ...]:
    front = (one.server, f"{one.accounts:,}", f"{one.connections}")
    if not one.is_told:
        return (*front, "wrong answers" if one.wrong else "no answer", *[""] * 6)
    beside, times = one.ratio_beside, measured.times(measured.servers[0], one)
    figures = (one.rate, one.percentile(0.5), one.percentile(0.99), one.per_request, one.ratio)
    return (
        *front,
        *map(number, figures),
        "" if beside is None else number(beside),
        "" if times is None else f"{number(times)} times",
    )
