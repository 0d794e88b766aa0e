"""`headcount connector`: applications into which accounts and groups are written."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from headcount.beside import connector_worker
from headcount.bootstrap import Runtime, clock
from headcount.cli.printing import console, day, plain, print_facts, print_json, print_table
from headcount.cli.running import database_option, json_option, run
from headcount.connectors import running
from headcount.connectors.catalogue import KINDS
from headcount.connectors.managing import Managing, Wish
from headcount.connectors.reconciling import Report, Told
from headcount.connectors.values import Op, Plan
from headcount.store.connectors import Connector
from headcount.store.followers import Follower

_KEY = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_TO_DO = 2  # exit status


@click.group()
def connector() -> None:
    """Write accounts and groups into an application: Zulip, Matrix Synapse."""


@connector.command()
@click.argument("slug")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--site", required=True, help="Its address, such as https://chat.example.com.")
@click.option("--name", default="", help="What to call it; the kind, if not given.")
@click.option("--email", default="", help="Zulip: the address of the account that has the key.")
@click.option("--api-key-file", type=_KEY, help="Zulip: a file with the API key, or a zuliprc.")
@click.option("--token-file", type=_KEY, help="Synapse: a file with the access token.")
@click.option("--server-name", default="", help="Synapse: what stands behind the colon.")
@click.option("--admins", is_flag=True, help="Synapse: owners and administrators administrate it.")
@click.option("--protect", multiple=True, metavar="EMAIL", help="Never touch this account there.")
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="Certificates to trust, where the system's own do not do.",
)
@database_option
@json_option
def add(
    slug: str,
    kind: str,
    database: str,
    api_key_file: Path | None,
    token_file: Path | None,
    protect: tuple[str, ...],
    *,
    as_json: bool,
    **given: Any,
) -> None:
    """Add a connector of the kind KIND to the organisation SLUG. Nothing is written yet."""
    file, option = (api_key_file, "api-key-file") if kind == "zulip" else (token_file, "token-file")
    if file is None or (api_key_file and token_file):
        raise click.UsageError(f"A connector of the kind {kind} needs --{option}, and only that.")
    wish = Wish(kind, secret=_text(file), protected=protect, **given)
    made = run(database, lambda runtime: _managing(runtime).add(slug, wish))
    if as_json:
        print_json(connector_object(made))
        return
    print_facts(_facts(made))
    if made.settings["site"].startswith("http://"):
        console().print(plain("The key travels in the open: use https unless it is one machine."))
    click.echo(f"Next: headcount connector check {slug} {made.name}")


def _text(file: Path) -> str:
    with click.open_file(str(file), encoding="utf-8", errors="replace") as opened:
        return str(opened.read())


def _managing(runtime: Runtime) -> Managing:
    return Managing(runtime.store, clock)


@connector.command("list")
@click.argument("slug")
@database_option
@json_option
def list_connectors(slug: str, database: str, *, as_json: bool) -> None:
    """List the connectors of the organisation SLUG, and what came of their last run."""

    async def read(runtime: Runtime) -> tuple[list[Connector], dict[str, Follower]]:
        org = (await runtime.store.organisation(slug)).id
        followers = await runtime.store.followers.all(org, running.PREFIX)
        return await runtime.store.connectors.all(org), {one.name: one for one in followers}

    found, followers = run(database, read)
    following = [(one, followers.get(running.follower_name(one.name))) for one in found]
    if as_json:
        print_json([connector_object(one) | _progress_object(at) for one, at in following])
    elif not found:
        click.echo(f"There is no connector yet: headcount connector add {slug} KIND makes one.")
    else:
        rows = [_row(one, at) for one, at in following]
        print_table(("Name", "Kind", "Site", "State", "Last run", "Failed"), rows)


def _row(one: Connector, at: Follower | None) -> tuple[Any, ...]:
    last = one.last_run or {}
    state = "follows" if at is not None else "not applied yet"
    if not one.enabled:
        state = "off"
    elif at is not None and at.detail:
        state = f"stuck: {at.detail}"
    when = str(last.get("at", ""))[:16].replace("T", " ")
    return one.name, one.kind, one.settings["site"], state, when, last.get("failed")


def _progress_object(at: Follower | None) -> dict[str, Any]:
    """How far the connector has come in the feed; None before it was applied."""
    if at is None:
        return {"position": None, "trouble": None}
    return {"position": at.position, "trouble": at.detail or None}


@connector.command()
@click.argument("slug")
@click.argument("name")
@database_option
@json_option
def check(slug: str, name: str, database: str, *, as_json: bool) -> None:
    """See whether the connector NAME of the organisation SLUG comes in, and what it may do."""

    async def ask(runtime: Runtime) -> Any:
        return await running.check(await _managing(runtime).get(slug, name))

    found = run(database, ask)
    if as_json:
        print_json({**found.facts, "warnings": list(found.warnings)})
        return
    print_facts(found.facts)
    for warning in found.warnings:
        console().print(plain(warning))
    click.echo(f"Next: headcount connector plan {slug} {name}")


@connector.command()
@click.argument("slug")
@click.argument("name")
@click.option("--exit-code", is_flag=True, help="End with status 2 if there is something to do.")
@database_option
@json_option
def plan(slug: str, name: str, database: str, *, exit_code: bool, as_json: bool) -> None:
    """Show what the connector NAME of the organisation SLUG would change. Nothing is changed."""

    async def ask(runtime: Runtime) -> Plan:
        return await running.planned(runtime.store, await _managing(runtime).get(slug, name))

    found = run(database, ask)
    if as_json:
        print_json(plan_object(found))
    else:
        _print_plan(found)
    if exit_code and found.steps:
        raise SystemExit(_TO_DO)


def plan_object(found: Plan) -> dict[str, Any]:
    """A plan for a program."""
    return {
        "counts": {op.value: count for op, count in found.counts().items()},
        "steps": [step.object() for step in found.steps],
        "adopted": len(found.adopted),
        "left_alone": [{"who": who, "why": why} for who, why in found.notices],
        "unknown": found.unknown,
        "protected": found.protected,
    }


def _print_plan(found: Plan) -> None:
    if found.steps:
        rows = [(step.op.value, step.who, step.why) for step in found.steps]
        print_table(("What", "Whom", "Why"), rows)
        click.echo()
    _print_counts(found.counts(), "There is nothing to do.")
    if found.adopted:
        click.echo(f"{len(found.adopted):>7}  there before: adopted")
    _print_rest(found)


def _print_counts(counts: dict[Op, int], nothing: str) -> None:
    for op, count in counts.items():
        click.echo(f"{count:>7}  {op.value}")
    if not counts:
        click.echo(nothing)


def _print_rest(found: Plan | Report) -> None:
    if found.unknown:
        click.echo(f"{found.unknown:>7}  there and unknown here: left alone")
    if found.protected:
        click.echo(f"{found.protected:>7}  protected: left alone")
    if found.notices:
        click.echo()
        print_table(("Left alone", "Why"), found.notices)


@connector.command()
@click.argument("slug")
@click.argument("name")
@database_option
@json_option
def apply(slug: str, name: str, database: str, *, as_json: bool) -> None:
    """Write the organisation SLUG into the application of the connector NAME.

    What was interrupted goes on when it is run again. The exit status is 1 if something was
    refused.
    """
    report = run(database, lambda runtime: _apply(runtime, slug, name))
    if as_json:
        print_json(running.summary(report, clock()))
    else:
        _print_report(report)
    if report.failures:
        raise SystemExit(1)


async def _apply(runtime: Runtime, slug: str, name: str) -> Report:
    one = await _managing(runtime).get(slug, name)
    with _progress() as told:
        return await running.applied(runtime.store, one, clock, told)


@contextmanager
def _progress() -> Iterator[Told]:
    """A bar of the steps, which begins anew with each round."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[who]}"),
        transient=True,
        disable=not console().is_terminal,
    ) as bar:
        task = bar.add_task("Writing", total=None, who="")

        def told(done: int, steps: int, who: str) -> None:
            bar.update(task, completed=done, total=steps, who=plain(who).plain[:40])

        yield told


def _print_report(report: Report) -> None:
    nothing = "There was nothing to do." if not report.failures else "Nothing was changed."
    _print_counts(report.done, nothing)
    _print_rest(report)
    if report.failures:
        click.echo()
        rows = [
            (
                one.step.op.value,
                one.step.who + (f" and {one.others} more" if one.others else ""),
                f"{one.cause} {one.remedy}".strip(),
            )
            for one in report.failures
        ]
        print_table(("Refused", "Whom", "Why, and what to do"), rows)


@connector.command()
@click.argument("slug")
@click.argument("name")
@database_option
def follow(slug: str, name: str, database: str) -> None:
    """Apply the connector NAME of the organisation SLUG, and go on with each change; Ctrl-C ends.

    It goes on where it was when it is started again, and several at once do nothing twice.
    """

    async def go_on(runtime: Runtime) -> None:
        report = await _apply(runtime, slug, name)
        _print_report(report)
        click.echo("Following the events ...")
        one = await _managing(runtime).get(slug, name)
        await _attend(runtime, one)

    with suppress(KeyboardInterrupt):
        run(database, go_on)


async def _attend(runtime: Runtime, one: Connector) -> None:
    worker, watch = connector_worker(runtime.store, one, clock)
    worker.start()
    try:
        await asyncio.Event().wait()
    finally:
        await worker.close()
        await watch.close()


@connector.command()
@click.argument("slug")
@click.argument("name")
@click.argument("file", type=_KEY)
@database_option
@json_option
def key(slug: str, name: str, file: Path, database: str, *, as_json: bool) -> None:
    """Give the connector NAME of the organisation SLUG another key: the one in FILE."""
    text = _text(file)
    one = run(database, lambda runtime: _managing(runtime).change_key(slug, name, text))
    _tell(one, f"Next: headcount connector check {slug} {name}", as_json=as_json)


@connector.command()
@click.argument("slug")
@click.argument("name")
@database_option
@json_option
def disable(slug: str, name: str, database: str, *, as_json: bool) -> None:
    """Let the connector NAME of the organisation SLUG follow no events."""
    one = run(database, lambda runtime: _managing(runtime).switch(slug, name, on=False))
    _tell(one, f"The connector {name!r} follows no events.", as_json=as_json)


@connector.command()
@click.argument("slug")
@click.argument("name")
@database_option
@json_option
def enable(slug: str, name: str, database: str, *, as_json: bool) -> None:
    """Let the connector NAME of the organisation SLUG follow the events again."""
    one = run(database, lambda runtime: _managing(runtime).switch(slug, name, on=True))
    _tell(one, f"The connector {name!r} follows the events.", as_json=as_json)


def _tell(one: Connector, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(connector_object(one))
    else:
        click.echo(sentence)


@connector.command()
@click.argument("slug")
@click.argument("name")
@database_option
def remove(slug: str, name: str, database: str) -> None:
    """Forget the connector NAME of the organisation SLUG; in the application everything stays."""
    run(database, lambda runtime: _managing(runtime).remove(slug, name))
    click.echo(f"The connector {name!r} and its key are gone.")


def connector_object(one: Connector) -> dict[str, Any]:
    """A connector for a program, without its key."""
    return {
        "name": one.name,
        "kind": one.kind,
        **one.settings,
        "enabled": one.enabled,
        "created": one.created,
        "last_run": one.last_run,
    }


def _facts(one: Connector) -> dict[str, Any]:
    """A connector for people, without its key."""
    return {
        "Name": one.name,
        "Kind": one.kind,
        "Site": one.settings["site"],
        "Protected": ", ".join(one.settings["protected"]) or "its own account alone",
        "Created": day(one.created),
    }
