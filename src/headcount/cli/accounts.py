"""`headcount account`: accounts from before provisioning, and what is there now."""

from collections.abc import AsyncIterator
from typing import Any

import click
import orjson

from headcount.bootstrap import Runtime
from headcount.cli.loading import Loading
from headcount.cli.printing import print_table
from headcount.cli.running import database_option, json_option, run
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.listing import every
from headcount.scim.filters import parse_filter
from headcount.store.model import Kind

_MOST_ROWS = 200  # of a table; whoever wants them all takes the JSON


@click.group(cls=Loading, where={"import": "headcount.cli.importing:import_file"})
def account() -> None:
    """Import and list accounts."""


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
