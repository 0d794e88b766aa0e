"""`headcount org`: the organisations of a server."""

from dataclasses import replace

import click

from headcount.bootstrap import Runtime
from headcount.cli.printing import (
    organisation_facts,
    organisation_object,
    print_facts,
    print_json,
    print_table,
)
from headcount.cli.running import database_option, json_option, run
from headcount.store.model import Organisation, Policy, UsernameFormat

_FORMATS = click.Choice([one.value for one in UsernameFormat])


@click.group()
def org() -> None:
    """Create, list and change organisations."""


def _print(organisation: Organisation, *, as_json: bool) -> None:
    if as_json:
        print_json(organisation_object(organisation))
    else:
        print_facts(organisation_facts(organisation))


@org.command()
@click.argument("slug")
@click.option("--name", required=True, help="The name that people know it by.")
@click.option(
    "--username-format",
    type=_FORMATS,
    default=UsernameFormat.ANY.value,
    show_default=True,
    help="Whether a userName must be an e-mail address.",
)
@click.option(
    "--allowed-domain",
    "domains",
    metavar="DOMAIN",
    multiple=True,
    help="Take only userNames of this domain. May be given several times.",
)
@click.option("--seats", type=click.IntRange(min=0), help="The most accounts active at once.")
@database_option
@json_option
def create(
    slug: str,
    name: str,
    username_format: str,
    domains: tuple[str, ...],
    seats: int | None,
    database: str,
    *,
    as_json: bool,
) -> None:
    """Create the organisation SLUG, which is also the first part of its host name."""
    policy = Policy(UsernameFormat(username_format), domains, seats)
    _print(run(database, lambda r: r.organisations.create(slug, name, policy)), as_json=as_json)


@org.command("list")
@database_option
@json_option
def list_organisations(database: str, *, as_json: bool) -> None:
    """List all organisations."""
    found = run(database, lambda runtime: runtime.store.organisations())
    if as_json:
        print_json([organisation_object(one) for one in found])
    elif not found:
        click.echo("There is no organisation yet: headcount org create SLUG --name NAME makes one.")
    else:
        rows = [_row(one) for one in found]
        print_table(("Slug", "Name", "Accounts", "Active", "Seats", "Groups", "State"), rows)


def _row(one: Organisation) -> tuple[object, ...]:
    counts = one.counts
    seats = "any" if one.policy.seats is None else one.policy.seats
    state = "disabled" if one.disabled else "open"
    return one.slug, one.name, counts.users, counts.active, seats, counts.groups, state


@org.command()
@click.argument("slug")
@database_option
@json_option
def show(slug: str, database: str, *, as_json: bool) -> None:
    """Show what is known of the organisation SLUG."""
    _print(run(database, lambda runtime: runtime.store.organisation(slug)), as_json=as_json)


@org.command()
@click.argument("slug")
@click.option("--name", help="The name that people know it by.")
@click.option("--username-format", type=_FORMATS, help="Whether a userName must be an address.")
@click.option(
    "--allowed-domain",
    "domains",
    metavar="DOMAIN",
    multiple=True,
    help="Take only userNames of these domains, in place of those before.",
)
@click.option("--any-domain", is_flag=True, help="Take userNames of any domain again.")
@click.option("--seats", type=click.IntRange(min=0), help="The most accounts active at once.")
@click.option("--unlimited-seats", is_flag=True, help="Take any number of accounts again.")
@database_option
@json_option
def update(
    slug: str,
    name: str | None,
    username_format: str | None,
    domains: tuple[str, ...],
    seats: int | None,
    database: str,
    *,
    any_domain: bool,
    unlimited_seats: bool,
    as_json: bool,
) -> None:
    """Change the organisation SLUG; what is not named stays. Accounts that are there stay too."""
    if any_domain and domains:
        raise click.UsageError("--any-domain and --allowed-domain contradict each other")
    if unlimited_seats and seats is not None:
        raise click.UsageError("--unlimited-seats and --seats contradict each other")

    async def change(runtime: Runtime) -> Organisation:
        policy = (await runtime.store.organisation(slug)).policy
        if username_format:
            policy = replace(policy, username_format=UsernameFormat(username_format))
        if domains or any_domain:
            policy = replace(policy, allowed_domains=domains)
        if seats is not None or unlimited_seats:
            policy = replace(policy, seats=seats)
        return await runtime.organisations.update(slug, name, policy)

    _print(run(database, change), as_json=as_json)


@org.command()
@click.argument("slug")
@database_option
@json_option
def disable(slug: str, database: str, *, as_json: bool) -> None:
    """Answer every request of the organisation SLUG with 403 until it is enabled again."""
    work = run(database, lambda r: r.organisations.set_disabled(slug, disabled=True))
    _print(work, as_json=as_json)


@org.command()
@click.argument("slug")
@database_option
@json_option
def enable(slug: str, database: str, *, as_json: bool) -> None:
    """Answer the requests of the organisation SLUG again."""
    work = run(database, lambda r: r.organisations.set_disabled(slug, disabled=False))
    _print(work, as_json=as_json)
