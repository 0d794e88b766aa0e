"""`headcount webhook`: where the events of an organisation are sent."""

import secrets
from datetime import timedelta

import click
from rich.progress import Progress

from headcount.bootstrap import Runtime, clock
from headcount.cli.hook_printing import (
    attempt_facts,
    attempt_object,
    attempt_row,
    endpoint_facts,
    endpoint_object,
    endpoint_row,
    waiting_object,
    waiting_row,
)
from headcount.cli.printing import (
    console,
    day,
    plain,
    print_facts,
    print_json,
    print_table,
)
from headcount.cli.running import Duration, database_option, json_option, run, settings
from headcount.directory.endpoints import Wanted
from headcount.feed.webhooks.trying import send_test
from headcount.store.webhooks import Attempt, Endpoint, Outcome, Waiting

_KEEP = "Keep the secret now: it is not shown again."


@click.group()
def webhook() -> None:
    """Send the events of an organisation to addresses (Standard Webhooks)."""


@webhook.command()
@click.argument("slug")
@click.argument("url")
@click.option(
    "--types",
    multiple=True,
    metavar="TYPE",
    help="Only such events: account.created, account.*; may be repeated, or have commas.",
)
@click.option("--label", default="", help="What it is for, such as chat.")
@click.option(
    "--after",
    type=click.IntRange(min=0),
    help="Begin behind this position; 0 sends all that is kept. Without it: what comes from now.",
)
@database_option
@json_option
def add(
    slug: str,
    url: str,
    types: tuple[str, ...],
    label: str,
    after: int | None,
    database: str,
    *,
    as_json: bool,
) -> None:
    """Send the events of the organisation SLUG to URL, and print the secret that signs, once."""
    wanted = Wanted(url, _split(types), label, after)
    made = run(database, lambda runtime: runtime.endpoints.add(slug, wanted))
    if as_json:
        print_json({**endpoint_object(made), "secret": made.secret})
        return
    print_facts({"Secret": made.secret, **endpoint_facts(made)})
    console().print(plain(_KEEP), style="bold")


def _split(types: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for one in types for part in one.split(",") if part.strip())


@webhook.command("list")
@click.argument("slug")
@database_option
@json_option
def list_webhooks(slug: str, database: str, *, as_json: bool) -> None:
    """List the webhooks of the organisation SLUG, how they do, and how much waits for them."""

    async def read(runtime: Runtime) -> list[tuple[Endpoint, int]]:
        found = await runtime.endpoints.all(slug)
        hooks = runtime.store.webhooks
        return [(one, await hooks.count_waiting(one.org, one.id)) for one in found]

    found = run(database, read)
    if as_json:
        print_json([{**endpoint_object(one), "waiting": waiting} for one, waiting in found])
    elif not found:
        click.echo(f"There is no webhook yet: headcount webhook add {slug} URL makes one.")
    else:
        rows = [endpoint_row(one, waiting) for one, waiting in found]
        print_table(("Webhook", "Address", "Types", "State", "Waiting", "Arrived last"), rows)


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@database_option
@json_option
def remove(slug: str, endpoint: str, database: str, *, as_json: bool) -> None:
    """Send nothing more to the webhook ENDPOINT of the organisation SLUG, and forget it."""
    gone = run(database, lambda runtime: runtime.endpoints.remove(slug, endpoint))
    if as_json:
        print_json(endpoint_object(gone))
    else:
        console().print(plain(f"Nothing more is sent to {gone.url}."))


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@database_option
@json_option
def test(slug: str, endpoint: str, database: str, *, as_json: bool) -> None:
    """Send an event of the type webhook.test to the webhook ENDPOINT, now, and show the answer.

    It is sent from here, by this command. The exit status is 1 if it did not arrive.
    """
    private = settings(database).webhook_private

    async def work(runtime: Runtime) -> Attempt:
        return await send_test(
            runtime.store,
            slug,
            endpoint,
            private=private,
            clock=clock,
            chance=secrets.token_bytes,
        )

    tried = run(database, work)
    _show(tried, as_json=as_json)
    if tried.outcome is not Outcome.DELIVERED:
        raise SystemExit(1)


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@click.option(
    "--overlap",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How long the secret before signs too; 0s: not at all.",
)
@database_option
@json_option
def rotate(
    slug: str, endpoint: str, overlap: timedelta | None, database: str, *, as_json: bool
) -> None:
    """Make a new secret for the webhook ENDPOINT, and print it, once."""
    if overlap is None:
        raise click.UsageError("--overlap is a time such as 24h: an old secret has to end")
    done = run(database, lambda runtime: runtime.endpoints.rotate(slug, endpoint, overlap))
    if as_json:
        print_json({**endpoint_object(done), "secret": done.secret})
        return
    until = day(done.previous_until) or "no longer"
    print_facts({"Secret": done.secret, "The one before signs until": until})
    console().print(plain(_KEEP), style="bold")


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@database_option
@json_option
def disable(slug: str, endpoint: str, database: str, *, as_json: bool) -> None:
    """Send nothing to the webhook ENDPOINT until it is switched on; events wait for that."""
    _print_endpoint(
        run(database, lambda runtime: runtime.endpoints.disable(slug, endpoint)), as_json=as_json
    )


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@click.option("--from-now", is_flag=True, help="Leave out what happened meanwhile.")
@database_option
@json_option
def enable(slug: str, endpoint: str, database: str, *, from_now: bool, as_json: bool) -> None:
    """Switch the webhook ENDPOINT on again; what happened meanwhile is sent first."""

    async def work(runtime: Runtime) -> Endpoint:
        return await runtime.endpoints.enable(slug, endpoint, from_now=from_now)

    _print_endpoint(run(database, work), as_json=as_json)


def _print_endpoint(one: Endpoint, *, as_json: bool) -> None:
    if as_json:
        print_json(endpoint_object(one))
    else:
        print_facts(endpoint_facts(one))


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000),
    default=20,
    show_default=True,
    help="How many to show.",
)
@click.option("--number", type=int, help="Show one of them whole: request and answer.")
@click.option("--waiting", "of_waiting", is_flag=True, help="Show what waits to be sent.")
@database_option
@json_option
def deliveries(
    slug: str,
    endpoint: str,
    limit: int,
    number: int | None,
    database: str,
    *,
    of_waiting: bool,
    as_json: bool,
) -> None:
    """List what was sent to the webhook ENDPOINT of late, the newest first."""
    if number is not None:
        _show(run(database, lambda r: _one_attempt(r, slug, endpoint, number)), as_json=as_json)
    elif of_waiting:
        _show_waiting(run(database, lambda r: _waiting(r, slug, endpoint, limit)), as_json=as_json)
    else:
        _show_attempts(
            run(database, lambda r: _attempts(r, slug, endpoint, limit)), as_json=as_json
        )


async def _one_attempt(runtime: Runtime, slug: str, endpoint: str, number: int) -> Attempt:
    one = await runtime.endpoints.one(slug, endpoint)
    return await runtime.store.webhooks.attempt(one.org, one.id, number)


async def _attempts(runtime: Runtime, slug: str, endpoint: str, limit: int) -> list[Attempt]:
    one = await runtime.endpoints.one(slug, endpoint)
    return await runtime.store.webhooks.attempts(one.org, one.id, limit)


async def _waiting(runtime: Runtime, slug: str, endpoint: str, limit: int) -> list[Waiting]:
    one = await runtime.endpoints.one(slug, endpoint)
    return await runtime.store.webhooks.waiting(one.org, one.id, limit)


def _show(tried: Attempt, *, as_json: bool) -> None:
    if as_json:
        print_json(attempt_object(tried, whole=True))
    else:
        print_facts(attempt_facts(tried))


def _show_attempts(found: list[Attempt], *, as_json: bool) -> None:
    if as_json:
        print_json([attempt_object(one) for one in found])
    elif not found:
        click.echo("Nothing was sent of late.")
    else:
        headings = ("Number", "Position", "At (UTC)", "Outcome", "Status", "Took", "Why")
        print_table(headings, [attempt_row(one) for one in found])


def _show_waiting(found: list[Waiting], *, as_json: bool) -> None:
    if as_json:
        print_json([waiting_object(one) for one in found])
    elif not found:
        click.echo("Nothing waits.")
    else:
        headings = ("Position", "Subject", "Tries", "Next try (UTC)", "Why")
        print_table(headings, [waiting_row(one) for one in found])


@webhook.command()
@click.argument("slug")
@click.argument("endpoint")
@click.option("--position", type=click.IntRange(min=1), help="Send this event again.")
@click.option("--from", "first", type=click.IntRange(min=1), help="Send from this position ...")
@click.option("--to", "last", type=click.IntRange(min=1), help="... to this one.")
@database_option
@json_option
def redeliver(
    slug: str,
    endpoint: str,
    position: int | None,
    first: int | None,
    last: int | None,
    database: str,
    *,
    as_json: bool,
) -> None:
    """Send events to the webhook ENDPOINT again, in order: one of them, or a range."""
    begin, end = _range(position, first, last)
    with Progress(console=console(), transient=True, disable=as_json) as progress:
        task = progress.add_task("Queueing", total=end - begin + 1)

        async def work(runtime: Runtime) -> int:
            return await runtime.endpoints.redeliver(
                slug,
                endpoint,
                begin,
                end,
                told=lambda come: progress.update(task, completed=come - begin + 1),
            )

        done = run(database, work)
    if as_json:
        print_json({"events": done, "from": begin, "to": end})
    else:
        events = "1 event is" if done == 1 else f"{done:,} events are"
        console().print(plain(f"{events} sent again, as soon as a server or a worker runs."))


def _range(position: int | None, first: int | None, last: int | None) -> tuple[int, int]:
    if position is not None and first is None and last is None:
        return position, position
    if position is None and first is not None and last is not None:
        return first, last
    raise click.UsageError("give --position, or --from and --to")
