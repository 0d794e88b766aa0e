"""`headcount migrate` and `headcount copy`: the tables of a database, and another for all of it."""

import asyncio
from typing import Any

import click
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from headcount import bootstrap
from headcount.cli.printing import console, print_json, print_table
from headcount.cli.running import database_option, json_option, refusing, settings
from headcount.directory import copying
from headcount.directory.comparing import Compared, Part, Report
from headcount.errors import Unavailable
from headcount.store.model import Migrated

_AGAIN = "Run the same command again; it goes on where it was."
_SHOWN = (Part.ACCOUNTS, Part.GROUPS, Part.MEMBERSHIPS, Part.EVENTS)  # what a line has room for
_INTERRUPTED = 130  # exit status, as shells have it for Ctrl-C


@click.command()
@click.option(
    "--partitions",
    type=click.IntRange(min=0),
    default=0,
    metavar="NUMBER",
    help="Split new tables of PostgreSQL into so many parts, by organisation.",
)
@database_option
def migrate(partitions: int, database: str) -> None:
    """Create the tables of the database, or bring them up to date.

    Everything happens in one transaction. Servers of the version before may go on meanwhile; start
    those of this version afterwards. An SQLite file is also brought up to date whenever it is
    opened.
    """
    with refusing():
        done = asyncio.run(bootstrap.migrate(settings(database), partitions))
    click.echo(_told(done))


def _told(done: Migrated) -> str:
    if not done.before:
        return f"The tables were created (schema {done.after})."
    if done.before == done.after:
        return f"The database is up to date (schema {done.after})."
    return f"The database was brought from schema {done.before} to {done.after}."


@click.command()
@click.option("--from", "source", metavar="URL", required=True, help="The database to read.")
@click.option("--to", "target", metavar="URL", required=True, help="The database to fill.")
@click.option("--verify-only", is_flag=True, help="Compare the two, and write nothing.")
@json_option
def copy(source: str, target: str, *, verify_only: bool, as_json: bool) -> None:
    """Copy a whole installation into another database, and compare both.

    Everything comes along as it is: organisations, tokens, accounts, groups, events with their
    positions and who has come how far in them, webhooks, connectors, keys and links. Stop the
    servers first: what is written to the source meanwhile is found at the end, and the command has
    to run again. One that was interrupted goes on where it was.

    The target has to be empty; tables are created where there are none. To split those of
    PostgreSQL into partitions, run headcount migrate --partitions on it before. The exit status is
    1 if anything differs.
    """
    report = _copied(source, target, verify_only=verify_only)
    (_print_json if as_json else _print)(report)
    if not report.same:
        raise SystemExit(1)


def _copied(source: str, target: str, *, verify_only: bool) -> Report:
    work = copying.verify if verify_only else copying.copy

    async def once(watch: "_Watch") -> Report:
        async with bootstrap.archives(settings(source), settings(target)) as both:
            return await work(*both, watch)

    again = "" if verify_only else _AGAIN
    with refusing(), _bar() as bar:
        watch = _Watch(bar)
        try:
            return asyncio.run(once(watch))
        except Unavailable as lost:
            raise (Unavailable(f"{lost.detail}. {again}") if watch.began else lost) from None
        except KeyboardInterrupt:
            bar.stop()
            click.echo(f"Interrupted. {again}", err=True)
            raise SystemExit(_INTERRUPTED) from None


class _Watch:
    """Moves a bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    @property
    def began(self) -> bool:
        """Whether there was anything to do."""
        return self._task is not None

    def begins(self, rows: int) -> None:
        self._task = self._bar.add_task("Beginning", total=rows)

    def moves(self, what: str, slug: str, rows: int) -> None:
        assert self._task is not None
        self._bar.update(self._task, description=f"{what} {slug}", advance=rows)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console(),
        transient=True,
        disable=not console().is_terminal,
    )


def _print(report: Report) -> None:
    if report.organisations:
        headings = ("Organisation", *(part.value.capitalize() for part in _SHOWN), "Result")
        print_table(headings, [_row(one) for one in report.organisations])
    for differs in report.differences:
        click.echo(f"What differs beside that: {differs}.")
    click.echo(_verdict(report))


def _row(one: Compared) -> tuple[Any, ...]:
    numbers = (one.counts.get(part) for part in _SHOWN)
    return one.slug, *numbers, "\n".join(one.differences) or "same"


def _verdict(report: Report) -> str:
    if report.moved:
        return (
            f"The source was written to meanwhile: {', '.join(report.moved)}. Stop its servers and"
            " run the command again; it copies anew what moved."
        )
    if report.same:
        return "Both databases hold the same."
    return "The databases differ."


def _print_json(report: Report) -> None:
    organisations = [
        {
            "slug": one.slug,
            **{part.value: number for part, number in one.counts.items()},
            "differences": one.differences,
        }
        for one in report.organisations
    ]
    print_json(
        {
            "same": report.same,
            "organisations": organisations,
            "differences": report.differences,
            "moved": report.moved,
        }
    )
