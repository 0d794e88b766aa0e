"""The story on a terminal, or as JSON for programs."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from headcount.simulate.acting import Provider, perform
from headcount.simulate.people import DOMAIN
from headcount.simulate.report import Account, Report, Step, Tell
from headcount.simulate.story import count_steps, play

MOST_ROWS: Final = 25  # of the table; whoever wants them all takes the JSON


def tell_story(
    console: Console, base_url: str, token: str, users: int = 5, *, domain: str = DOMAIN
) -> int:
    """Play Okta's conversation and print it as it happens. The exit status of a command.

    Raises:
        ValueError: `users` is below `FEWEST`.
    """
    return _tell(
        console,
        "Okta",
        count_steps(users),
        lambda tell: play(base_url, token, users, tell, domain=domain),
    )


def tell_provider(
    console: Console, provider: Provider, base_url: str, token: str, *, domain: str = DOMAIN
) -> int:
    """Play another provider's conversation and print it as it happens."""
    return _tell(
        console,
        provider.title,
        None,
        lambda tell: perform(provider, base_url, token, tell, domain=domain),
    )


def _tell(console: Console, who: str, steps: int | None, work: Callable[[Tell], Report]) -> int:
    with _progress(console) as progress:
        task = progress.add_task(who, total=steps)

        def tell(step: Step) -> None:
            progress.console.print(_line(step, progress.console))
            progress.advance(task)

        report = work(tell)
    _print_end(console, report)
    return report.exit_status


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,  # no bar in files and logs
    )


def _line(step: Step, console: Console) -> Table:
    """A mark, the sentence, how long it took; below it what went wrong."""
    good, bad = ("ok", "NO") if console.options.ascii_only else ("✓", "✗")
    mark = Text(good, style="green") if step.ok else Text(bad, style="bold red")
    line = Table.grid(padding=(0, 1), expand=True)
    line.add_column(width=len(good))
    line.add_column(ratio=1, overflow="fold")
    line.add_column(justify="right", no_wrap=True)
    took = Text(_milliseconds(step.duration), style="dim")
    line.add_row(mark, printable(step.what), took)
    if step.detail:
        line.add_row("", Padding(printable(step.detail), (0, 0, 0, 2)), "")
    return line


def printable(text: str) -> Text:
    """Text from a server, without markup and without anything that controls a terminal.

    >>> printable("a[red]b" + chr(27) + "c").plain
    'a[red]b c'
    """
    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def _milliseconds(duration: timedelta) -> str:
    return f"{duration / timedelta(milliseconds=1):.0f} ms"


def _print_end(console: Console, report: Report) -> None:
    console.print()
    if report.accounts:
        console.print(accounts_table(report.accounts[:MOST_ROWS]))
        console.print()
    if len(report.accounts) > MOST_ROWS:
        console.print(f"... and {len(report.accounts) - MOST_ROWS} more.", highlight=False)
    style = "bold red" if report.failed else "bold green"
    console.print(Text(summary(report), style=style))


def summary(report: Report) -> str:
    """The last line.

    >>> step = Step("Okta", "calls", ok=True, duration=timedelta(seconds=1))
    >>> summary(Report((step, step)))
    'All 2 steps did what they should, in 2.00 s.'
    """
    seconds = report.duration.total_seconds()
    if report.failed:
        return f"{report.failed} of {len(report.steps)} steps went wrong, in {seconds:.2f} s."
    return f"All {len(report.steps)} steps did what they should, in {seconds:.2f} s."


def accounts_table(accounts: Iterable[Account]) -> Table:
    """The accounts, one line each."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("Account", "Name", "Role", "Active", "Groups"):
        table.add_column(heading, overflow="fold")
    for account in accounts:
        cells = (
            account.user_name,
            account.name,
            account.role,
            "yes" if account.active else "no",
            ", ".join(account.groups),
        )
        table.add_row(*map(printable, cells))
    return table


def as_json(report: Report) -> str:
    """The whole report for a program; durations are in milliseconds."""
    body = {
        "ok": not report.failed,
        "failed": report.failed,
        "steps": [_step_object(step) for step in report.steps],
        "accounts": list(report.accounts),
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()


def _step_object(step: Step) -> dict[str, Any]:
    return {
        "who": step.who,
        "what": step.what,
        "ok": step.ok,
        "detail": step.detail or None,
        "milliseconds": round(step.duration / timedelta(milliseconds=1), 3),
    }
