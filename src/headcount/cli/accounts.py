"""`headcount account`: accounts from before provisioning, and what is there now."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TextIO

import click
import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from headcount.bootstrap import Runtime
from headcount.cli.printing import console, print_json, print_table
from headcount.cli.running import database_option, json_option, run
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.importing import Imported, Result, import_accounts, read_rows
from headcount.directory.listing import every
from headcount.scim.filters import parse_filter
from headcount.store.model import Kind

_MOST_ROWS = 200  # of a table; whoever wants them all takes the JSON
_MOST_REFUSALS = 20


@click.group()
def account() -> None:
    """Import and list accounts."""


@account.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@database_option
@json_option
def import_file(slug: str, file: Path, database: str, *, as_json: bool) -> None:
    """Import accounts from FILE, a CSV file, into the organisation SLUG.

    The first line names the columns: userName, and any of givenName, familyName, displayName,
    email, role, active, externalId. Who is there already stays as they are, so a file may be
    imported again. The exit status is 1 if a row was refused.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            total = sum(1 for _ in lines)
            lines.seek(0)
            done = run(database, lambda runtime: _import(runtime, slug, lines, total))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8 text; save it as CSV in UTF-8") from None
    (_print_imported_json if as_json else _print_imported)(done)
    if any(one.result is Result.REFUSED for one in done[1]):
        raise SystemExit(1)


Done = tuple[dict[Result, int], list[Imported]]


async def _import(runtime: Runtime, slug: str, lines: TextIO, total: int) -> Done:
    """How many rows came to what, and those that were refused."""
    caller = Caller(await runtime.store.organisation(slug), COMMAND_LINE)
    counts, refused = dict.fromkeys(Result, 0), []
    with _progress() as progress:
        task = progress.add_task("Importing", total=max(0, total - 1))
        async for one in import_accounts(runtime.directory, caller, read_rows(lines)):
            counts[one.result] += 1
            if one.result is Result.REFUSED:
                refused.append(one)
            progress.update(task, completed=one.line - 1)
    return counts, refused


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        transient=True,
        disable=not console().is_terminal,
    )


def _print_imported(done: Done) -> None:
    counts, refused = done
    for result, count in counts.items():
        click.echo(f"{count:>7}  {result.value}")
    if refused:
        rows = [(one.line, one.user_name, one.detail) for one in refused[:_MOST_REFUSALS]]
        print_table(("Line", "userName", "Why it was refused"), rows)
    if len(refused) > _MOST_REFUSALS:
        click.echo(f"... and {len(refused) - _MOST_REFUSALS} more; --json tells them all.")


def _print_imported_json(done: Done) -> None:
    counts, refused = done
    told = [{"line": one.line, "userName": one.user_name, "detail": one.detail} for one in refused]
    print_json(
        {
            "created": counts[Result.CREATED],
            "already_there": counts[Result.EXISTS],
            "refused": told,
        }
    )


@account.command("list")
@click.argument("slug")
@click.option("--filter", "where", metavar="FILTER", help="A SCIM filter, such as: active eq false")
@database_option
@json_option
def list_accounts(slug: str, where: str | None, database: str, *, as_json: bool) -> None:
    """List the accounts of the organisation SLUG, the oldest first."""
    show = _print_all if as_json else _print_first
    run(database, lambda runtime: show(_accounts(runtime, slug, where)))


async def _accounts(
    runtime: Runtime, slug: str, where: str | None
) -> AsyncIterator[dict[str, Any]]:
    caller = Caller(await runtime.store.organisation(slug), COMMAND_LINE)
    found = parse_filter(where, caller.types[Kind.USER]) if where else None
    async for seen in every(runtime.store, caller.organisation.id, Kind.USER, found):
        document = orjson.loads(seen.stored.document)
        assert isinstance(seen.relations, bytes)
        groups = orjson.loads(seen.relations)
        yield {**document, "groups": [group["display"] for group in groups]}


async def _print_all(accounts: AsyncIterator[dict[str, Any]]) -> None:
    """A JSON list, written as it is read."""
    before = "[\n"
    async for one in accounts:
        click.echo(before + orjson.dumps(one).decode(), nl=False)
        before = ",\n"
    click.echo("\n]" if before == ",\n" else "[]")


async def _print_first(accounts: AsyncIterator[dict[str, Any]]) -> None:
    rows: list[tuple[Any, ...]] = []
    more = 0
    async for one in accounts:
        if len(rows) < _MOST_ROWS:
            rows.append(_row(one))
        else:
            more += 1
    if not rows:
        click.echo("There is no such account.")
        return
    print_table(("userName", "Name", "Role", "Active", "Groups"), rows)
    if more:
        click.echo(f"... and {more} more; --filter finds some, --json prints all.")


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    active = "yes" if one.get("active") else "no"
    groups = ", ".join(one["groups"])
    return one["userName"], one.get("displayName"), one.get("role"), active, groups
