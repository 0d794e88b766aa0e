"""`headcount export`: an organisation as lines of JSON, and where its events go on."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import orjson

from headcount.bootstrap import Runtime
from headcount.cli.progress import bar
from headcount.cli.running import database_option, run
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.exporting import exported
from headcount.scim.filters import parse_filter
from headcount.store.model import Kind

_EVERY = 100  # lines between two movements of the bar

Write = Callable[[bytes], object]


@click.command()
@click.argument("slug")
@click.option("--users", is_flag=True, help="Accounts alone.")
@click.option("--groups", is_flag=True, help="Groups alone, with their members.")
@click.option("--filter", "where", metavar="FILTER", help="A SCIM filter, with one of the two.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, which is there once it is whole.",
)
@database_option
def export(
    slug: str, where: str | None, output: Path | None, database: str, *, users: bool, groups: bool
) -> None:
    """Write the accounts and groups of the organisation SLUG, one JSON object on each line.

    headcount account import reads it again. The last line tells the position of the event feed from
    which a reader of the events misses nothing: headcount events SLUG --after POSITION.
    """
    if users and groups:
        users = groups = False
    if where and users is groups:
        raise click.UsageError("a filter is about one kind: add --users or --groups")
    kinds = [Kind.USER] * (not groups) + [Kind.GROUP] * (not users)
    with _target(output) as write:
        position = run(database, lambda runtime: _export(runtime, slug, kinds, where, write))
    what = f"{output} is whole" if output else "The export is whole"
    click.echo(f"{what}; its events go on behind position {position}.", err=True)


@contextmanager
def _target(output: Path | None) -> Iterator[Write]:
    """Standard output, or a file that takes its name when it is whole."""
    if output is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    try:
        number, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as refused:
        raise click.ClickException(f"{output} cannot be written: {refused.strerror}") from None
    try:
        with os.fdopen(number, "wb") as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(output)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


async def _export(
    runtime: Runtime, slug: str, kinds: list[Kind], where: str | None, write: Write
) -> int:
    """Write the lines; the position that the last of them tells."""
    caller = Caller(await runtime.store.organisation(slug), COMMAND_LINE)
    wanted = parse_filter(where, caller.types[kinds[0]]) if where else None
    counts = caller.organisation.counts
    known = {Kind.USER: counts.users, Kind.GROUP: counts.groups}
    line = b""
    with bar() as progress:
        total = None if where else sum(known[kind] for kind in kinds)
        task = progress.add_task("Exporting", total=total)
        number = 0
        async for line in exported(runtime.store, caller, kinds, wanted):
            write(line + b"\n")
            number += 1
            if number % _EVERY == 0:
                progress.update(task, completed=number)
    told: int = orjson.loads(line)["position"]
    return told
