"""`make bench`: measure, and print what was measured; with `--write`, into the documents too."""

import uvloop
from rich.console import Console

from bench.contest import contest
from bench.plan import Plan, read_plan
from bench.progress import Shown
from bench.proving import WrongError
from bench.results import Measured
from bench.table import show

_WIDTH = 112  # of the tables


def main() -> None:
    """Read the plan, run it, print the tables."""
    plan = read_plan()
    console = Console()
    console.width = max(console.width, _WIDTH)
    try:
        measured = uvloop.run(contest(plan, Shown(console)))
    except WrongError as error:
        raise SystemExit(f"Headcount answered something wrong: {error}") from None
    show(console, measured)
    refuse_wrong(measured)
    if plan.write:
        _write(plan, measured)


def refuse_wrong(measured: Measured) -> None:
    """End badly where Headcount answered wrong; that of a peer is told, and its figure left out."""
    for one in measured.results:
        if one.server.startswith("Headcount") and one.wrong:
            raise SystemExit(
                f"{one.server} with {one.accounts:,} accounts, {one.operation}: {one.wrong} answers"
                f" were wrong, so the figures mean nothing. {one.example}"
            )


def _write(plan: Plan, measured: Measured) -> None:
    from bench.report import write  # noqa: PLC0415  what draws is only needed here

    write(plan, measured)


if __name__ == "__main__":
    main()
