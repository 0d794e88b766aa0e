"""`headcount admin` and `headcount console-link`: who may come into the console."""

from datetime import timedelta

import click

from headcount.bootstrap import Runtime
from headcount.cli.printing import console, day, plain, print_facts, print_json, print_table
from headcount.cli.running import Duration, database_option, json_option, run, settings
from headcount.directory.access import COMMAND_LINE
from headcount.store.model import Organisation, OrgId
from headcount.store.visitors import Administrator, Link


@click.group()
def admin() -> None:
    """Invite, list and remove administrators of the console."""


@admin.command()
@click.argument("email", metavar="EMAIL")
@click.option("--organisation", metavar="SLUG", help="Open this organisation to them alone.")
@database_option
@json_option
def invite(email: str, organisation: str | None, database: str, *, as_json: bool) -> None:
    """Print a link that lets EMAIL into the console, once, within 3 days."""

    async def work(runtime: Runtime) -> tuple[str, Link]:
        org = await runtime.store.organisation(organisation) if organisation else None
        return await runtime.visiting.invite(email, org, COMMAND_LINE)

    _show_link(*run(database, work), database, as_json=as_json)


@admin.command("list")
@database_option
@json_option
def list_(database: str, *, as_json: bool) -> None:
    """List the administrators."""

    async def work(runtime: Runtime) -> tuple[list[Administrator], dict[OrgId, Organisation]]:
        organisations = {one.id: one for one in await runtime.store.organisations()}
        return await runtime.store.administrators(), organisations

    people, organisations = run(database, work)
    rows = [
        {
            "email": one.email,
            "organisation": organisations[one.org].slug if one.org is not None else None,
            "created": one.created.isoformat(),
            "last_seen": one.last_seen.isoformat() if one.last_seen else None,
        }
        for one in people
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("E-mail", "Open to them", "Invited", "Last seen"),
        [
            (
                one.email,
                organisations[one.org].slug if one.org is not None else "everything",
                day(one.created),
                day(one.last_seen) or "never",
            )
            for one in people
        ],
    )


@admin.command()
@click.argument("email", metavar="EMAIL")
@database_option
def remove(email: str, database: str) -> None:
    """Let EMAIL in no more, and end their sessions."""

    async def work(runtime: Runtime) -> None:
        await runtime.visiting.remove(email, COMMAND_LINE)

    run(database, work)
    console().print(plain(f"{email} comes in no more."))


@click.command("console-link")
@click.argument("slug")
@click.option(
    "--expires-in",
    type=Duration(),
    default="7d",
    show_default=True,
    help="How long it works: 7d, 12h; at most 90d.",
)
@database_option
@json_option
def console_link(slug: str, expires_in: timedelta | None, database: str, *, as_json: bool) -> None:
    """Print a link that opens the Connect page of the organisation SLUG and nothing else.

    It is for a customer's own IT person, who has no account here.
    """

    async def work(runtime: Runtime) -> tuple[str, Link]:
        org = await runtime.store.organisation(slug)
        return await runtime.visiting.set_up_link(org, expires_in, COMMAND_LINE)

    _show_link(*run(database, work), database, as_json=as_json)


def _show_link(secret: str, link: Link, database: str, *, as_json: bool) -> None:
    address = link_address(secret, settings(database).public_url)
    if as_json:
        print_json({"link": address, "id": link.id, "expires": link.expires.isoformat()})
        return
    print_facts({"Link": address, "Expires": day(link.expires)})
    console().print(plain("Send it to them now: it is not shown again."), style="bold")


def link_address(secret: str, public_url: str | None) -> str:
    """What a browser is to open."""
    return f"{public_url or 'http://127.0.0.1:8000'}/console/enter/{secret}"
