"""`headcount subscribers`: parts of an application that follow the events, and how far they are."""

from typing import Any

import click

from headcount.bootstrap import clock
from headcount.cli.printing import print_json, print_table
from headcount.cli.running import database_option, json_option, run
from headcount.feed import subscribers as feed
from headcount.feed.subscribers import Standing


@click.group()
def subscribers() -> None:
    """See how far the subscribers of an application are, and help them on."""


@subscribers.command("list")
@database_option
@json_option
def list_subscribers(database: str, *, as_json: bool) -> None:
    """List subscribers: how far they are, and why they fail."""
    found = run(database, lambda runtime: feed.standings(runtime.store, clock()))
    if as_json:
        print_json([_object(one) for one in found])
    elif not found:
        click.echo("There is no subscriber: applications that embed Headcount have some.")
    else:
        headings = ("Organisation", "Subscriber", "Position", "Behind", "State", "Next try")
        print_table(headings, [_row(one) for one in found])


def _object(one: Standing) -> dict[str, Any]:
    return {
        "organisation": one.organisation,
        "subscriber": one.subscriber,
        "position": one.position,
        "behind": one.behind,
        "failures": one.failures,
        "detail": one.detail,
        "due": one.due,
        "runs": one.runs,
    }


def _row(one: Standing) -> tuple[object, ...]:
    return one.organisation, one.subscriber, one.position, one.behind, _state(one), _moment(one)


def _state(one: Standing) -> str:
    state = "up to date" if not one.behind else "goes on"
    if one.failures:
        times = "once" if one.failures == 1 else f"{one.failures} times"
        state = f"failed {times}: {one.detail}"
    return state if one.runs else f"{state}; no process runs it"


def _moment(one: Standing) -> str:
    return "" if one.due is None else one.due.strftime("%Y-%m-%d %H:%M:%S UTC")


@subscribers.command()
@click.argument("slug")
@click.argument("name")
@database_option
@json_option
def skip(slug: str, name: str, database: str, *, as_json: bool) -> None:
    """Leave out the event that a subscriber fails with: NAME, of the organisation SLUG."""
    position = run(database, lambda runtime: feed.skip(runtime.store, slug, name))
    _print(slug, name, position, as_json=as_json)


@subscribers.command()
@click.argument("slug")
@click.argument("name")
@click.option(
    "--after",
    type=click.IntRange(min=0),
    required=True,
    help="The position behind which it begins again.",
)
@database_option
@json_option
def replay(slug: str, name: str, after: int, database: str, *, as_json: bool) -> None:
    """Give a subscriber events again: NAME, of the organisation SLUG."""
    run(database, lambda runtime: feed.replay(runtime.store, slug, name, after))
    _print(slug, name, after, as_json=as_json)


def _print(slug: str, name: str, position: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"organisation": slug, "subscriber": name, "position": position})
    else:
        click.echo(f"{name} goes on behind position {position} of {slug}.")


@subscribers.command()
@click.argument("slug")
@click.argument("name")
@database_option
@json_option
def forget(slug: str, name: str, database: str, *, as_json: bool) -> None:
    """Forget a subscriber that is no more: NAME, of the organisation SLUG."""
    run(database, lambda runtime: feed.forget(runtime.store, slug, name))
    if as_json:
        print_json({"organisation": slug, "subscriber": name})
    else:
        click.echo(f"{name} follows {slug} no longer.")
