"""`headcount roles`: which groups of an organisation give their members which role."""

from collections.abc import Sequence
from typing import Any

import click
from orjson import loads

from headcount.bootstrap import Runtime
from headcount.cli.printing import console, plain, print_json, print_table
from headcount.cli.running import database_option, json_option, run
from headcount.errors import InvalidValue
from headcount.scim.schemas import ROLES
from headcount.store.model import Organisation, RoleRule
from headcount.store.roles import Preview

_Told = list[dict[str, Any]]


@click.group()
def roles() -> None:
    """Let groups give their members a role."""


@roles.command()
@click.argument("slug")
@database_option
@json_option
def show(slug: str, database: str, *, as_json: bool) -> None:
    """Show the rules of the organisation SLUG, in their order."""

    async def work(runtime: Runtime) -> _Told:
        organisation = await runtime.store.organisation(slug)
        return await _told(runtime, organisation, organisation.role_rules)

    told = run(database, work)
    if as_json:
        print_json(told)
    elif not told:
        console().print(plain(f"{slug} has no rules: everybody has the role that was given them."))
    else:
        _print_rules(told)


@roles.command("set")
@click.argument("slug")
@click.option(
    "--rule",
    "stated",
    metavar="GROUP=ROLE",
    multiple=True,
    help=f"Members of the group have the role: {', '.join(ROLES)}. May be given several times; of"
    " several rules that reach somebody the first counts.",
)
@click.option("--none", "clear", is_flag=True, help="No rules: everybody has a role of their own.")
@click.option("--dry-run", is_flag=True, help="Show whose role would change; change nothing.")
@database_option
@json_option
def set_rules(
    slug: str, stated: tuple[str, ...], database: str, *, clear: bool, dry_run: bool, as_json: bool
) -> None:
    """Write the rules of the organisation SLUG in place of those that it has.

    Everybody whom they reach has another role at once, and the application learns of each.
    """
    if bool(stated) == clear:
        raise click.UsageError("give the rules with --rule, or --none for no rules at all")

    async def work(runtime: Runtime) -> tuple[_Told, Preview]:
        organisation = await runtime.store.organisation(slug)
        rules = [await _rule(runtime, organisation, one) for one in stated]
        preview = await runtime.role_rules.preview(organisation, rules)
        if not dry_run:
            await runtime.role_rules.set(organisation, rules, seen=organisation.role_rules)
        return await _told(runtime, organisation, rules), preview

    told, preview = run(database, work)
    if as_json:
        print_json({"rules": told, "moves": _moves(preview)})
        return
    if told:
        _print_rules(told)
    _print_moves(preview, dry_run=dry_run)


async def _rule(runtime: Runtime, organisation: Organisation, stated: str) -> RoleRule:
    name, equals, role = stated.rpartition("=")
    if not equals:
        raise InvalidValue(f"{stated[:100]!r} is no rule, such as 'Chat admins=administrator'")
    return RoleRule(await runtime.role_rules.group_named(organisation, name), role)


async def _told(runtime: Runtime, organisation: Organisation, rules: Sequence[RoleRule]) -> _Told:
    return [
        {
            "group": rule.group,
            "name": await runtime.role_rules.name(organisation, rule),
            "role": rule.role,
        }
        for rule in rules
    ]


def _print_rules(told: _Told) -> None:
    rows = [
        (str(number), one["name"] or "a group that is gone", one["role"])
        for number, one in enumerate(told, start=1)
    ]
    print_table(("Order", "Members of", "Are"), rows)


def _moves(preview: Preview) -> _Told:
    return [
        {"before": before, "after": after, "accounts": count}
        for before, after, count in preview.moves
    ]


def _print_moves(preview: Preview, *, dry_run: bool) -> None:
    moved = sum(count for _, _, count in preview.moves)
    if not moved:
        console().print(plain("Nobody's role changes by that."))
        return
    rows = [(before, after, f"{count:,}") for before, after, count in preview.moves]
    print_table(("Was", "Would be" if dry_run else "Is", "Accounts"), rows)
    some = [str(loads(one.document)["userName"]) for one in preview.some]
    more = f" and {moved - len(some):,} more" if moved > len(some) else ""
    console().print(plain(f"{', '.join(some)}{more}"))
    if dry_run:
        console().print(plain("Nothing was changed. Without --dry-run it is."))
