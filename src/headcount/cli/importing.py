"""`headcount account import`: accounts and groups out of a file, tried first or at once."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click
from rich.progress import Progress

from headcount.bootstrap import Runtime
from headcount.cli.progress import bar
from headcount.cli.running import database_option, json_option, run
from headcount.cli.telling import Tally, as_json, print_missing, print_tally
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.importing import (
    Contents,
    Format,
    Importer,
    Options,
    Source,
    format_of,
    look_through,
)
from headcount.errors import InvalidValue, Unavailable
from headcount.store.model import Stored

_STANDARD_INPUT = "-"
_MOST_MISSING = 20  # of those who would be deactivated, in a table
_MOST_PERCENT = 10  # of the active accounts, without --yes
_INTERRUPTED = 130  # exit status, as shells have it for Ctrl-C
_AGAIN = "run the same command again; it goes on where it was"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed."""

    slug: str
    file: str
    format: Format
    options: Options
    deactivates: bool
    sure: bool
    as_json: bool


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice([one.value for one in Format]),
    help="The form of the file, where its ending does not tell.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--create-only", is_flag=True, help="Leave everybody alone who is there already.")
@click.option("--match-email", is_flag=True, help="Take one address for one person, too.")
@click.option(
    "--deactivate-missing",
    is_flag=True,
    help="Deactivate whoever is active and not in the file.",
)
@click.option("--yes", "sure", is_flag=True, help="Deactivate without asking, however many.")
@database_option
@json_option
def import_file(  # noqa: PLR0913 - each is an option
    slug: str,
    file: str,
    form: str | None,
    database: str,
    *,
    dry_run: bool,
    create_only: bool,
    match_email: bool,
    deactivate_missing: bool,
    sure: bool,
    as_json: bool,
) -> None:
    """Import accounts and groups from FILE into the organisation SLUG.

    FILE is CSV whose first line names the columns, LDIF, or the JSON lines of headcount export; -
    is standard input. All of it is looked through before anything is written. An account is found
    by userName, then by externalId, and gets what the file says of it; what the file does not name
    stays. Whoever is the same already is left alone, so after an interruption the same command
    goes on where it was. The exit status is 1 if a row was refused.
    """
    wish = Wish(
        slug,
        file,
        _format(file, form),
        Options(dry_run=dry_run, create_only=create_only, match_email=match_email),
        deactivate_missing,
        sure,
        as_json,
    )
    try:
        with _opened(file) as opened, bar() as progress:
            tally = run(database, lambda runtime: _import(runtime, wish, opened, progress))
    except KeyboardInterrupt:
        click.echo(f"Interrupted: {_AGAIN}.", err=True)
        raise SystemExit(_INTERRUPTED) from None
    if not as_json:
        print_tally(tally)
    if tally.refused:
        raise SystemExit(1)


def _format(file: str, form: str | None) -> Format:
    if form is not None:
        return Format(form)
    if file == _STANDARD_INPUT:
        raise click.UsageError("standard input has no ending; add --format csv, ldif or jsonl")
    try:
        return format_of(file)
    except InvalidValue as unknown:
        raise click.UsageError(unknown.detail) from None


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file, to be read several times; what comes by a pipe is written down first."""
    with ExitStack() as stack:
        opened: BinaryIO = sys.stdin.buffer
        if file != _STANDARD_INPUT:
            opened = stack.enter_context(Path(file).open("rb"))
        if file == _STANDARD_INPUT or not opened.seekable():
            copied = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(opened, copied)
            opened = copied
        yield opened


async def _import(runtime: Runtime, wish: Wish, file: BinaryIO, progress: Progress) -> Tally:
    caller = Caller(await runtime.store.organisation(wish.slug), COMMAND_LINE)
    contents = _looked_through(wish, caller, file, progress)
    source = Source(file, wish.format)
    importer = Importer(runtime.store, runtime.directory, caller, source, contents, wish.options)
    there = caller.organisation.counts
    click.echo(
        f"{wish.file} has {_some(contents.accounts, 'account')} and"
        f" {_some(contents.groups, 'group')}; {wish.slug} has {_some(there.users, 'account')} and"
        f" {_some(there.groups, 'group')} already.",
        err=True,
    )
    if wish.deactivates:
        await _check_missing(importer, wish, progress)
    return await _run(importer, wish, progress)


def _some(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _looked_through(wish: Wish, caller: Caller, file: BinaryIO, progress: Progress) -> Contents:
    size = file.seek(0, 2)
    task = progress.add_task("Looking through the file", total=size)
    source = Source(file, wish.format, lambda read: progress.update(task, completed=read))
    contents = look_through(source, caller, emails=wish.options.match_email)
    progress.remove_task(task)
    return contents


async def _check_missing(importer: Importer, wish: Wish, progress: Progress) -> None:
    """See that nobody is deactivated whom nobody wants to be.

    Raises:
        InvalidValue: they are too many, or nobody said yes.
    """
    if importer.contents.nameless:
        raise InvalidValue(
            f"{_some(importer.contents.nameless, 'entry')} of the file cannot be told apart, so it"
            " does not say who is missing; nothing was written"
        )
    number, first = 0, list[Stored]()
    async for stored in importer.missing().find():
        number += 1
        if len(first) < _MOST_MISSING:
            first.append(stored)
    if not number or wish.sure or wish.options.dry_run:
        return
    progress.stop()
    print_missing(first, number)
    active = importer.caller.organisation.counts.active
    if number * 100 > active * _MOST_PERCENT:
        raise InvalidValue(
            f"{number:,} of {active:,} active accounts are not in the file, more than"
            f" {_MOST_PERCENT} percent; nothing was written. See that the file is whole, and add"
            " --yes to deactivate them"
        )
    if not sys.stdin.isatty() or wish.as_json:
        raise InvalidValue(
            "nobody is here to be asked, and nothing was written; add --yes to deactivate them"
        )
    click.confirm("Deactivate them?", abort=True, err=True)
    progress.start()


async def _run(importer: Importer, wish: Wish, progress: Progress) -> Tally:
    tally = Tally(dry_run=wish.options.dry_run)
    task = progress.add_task("Importing", total=importer.contents.rows)
    try:
        async for done in importer.run(deactivates=wish.deactivates):
            tally.add(done)
            if wish.as_json:
                click.echo(as_json(done))
            progress.update(task, completed=min(tally.rows, importer.contents.rows))
    except Unavailable as lost:
        raise Unavailable(f"{lost.detail}; {_AGAIN}") from None
    if wish.as_json:
        click.echo(tally.summary())
    return tally
