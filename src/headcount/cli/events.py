"""`headcount events`: what happened, in order."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

import click
import orjson

from headcount.bootstrap import Runtime
from headcount.cli.running import database_option, json_option, run
from headcount.feed.following import follow
from headcount.feed.telling import written
from headcount.store.model import Recorded

_LOOK_AGAIN = 0.3  # seconds


@click.command()
@click.argument("slug")
@click.option(
    "--after",
    type=click.IntRange(min=0, max=2**53),
    help="Begin behind this position; without it with the oldest that is kept.",
)
@click.option("--follow", "waits", is_flag=True, help="Wait for what comes; Ctrl-C ends.")
@database_option
@json_option
def events(slug: str, after: int | None, database: str, *, waits: bool, as_json: bool) -> None:
    """Print the events of the organisation SLUG, one a line, the oldest first.

    Each has a position: give the last one that you have seen to --after, and none is missed or
    told twice. With --json each line is one JSON object.
    """
    wait = partial(asyncio.sleep, _LOOK_AGAIN) if waits else None

    async def tell(runtime: Runtime) -> None:
        organisation = await runtime.store.organisation(slug)
        async for recorded in follow(runtime.store, organisation.id, after, wait):
            click.echo(written(recorded, slug) if as_json else _as_text(recorded))

    with suppress(KeyboardInterrupt):
        run(database, tell)


def _as_text(recorded: Recorded) -> str:
    """One line for people: when, what, whom, by whom, and the change itself."""
    what = f"{recorded.position:>6}  {recorded.at}  {recorded.type:<20}  {recorded.subject}"
    told = _told(recorded.data)
    return f"{what}  by {recorded.actor}" + (f"  {told}" if told else "")


def _told(data: dict[str, Any]) -> str:
    """What the event says, without anything that controls a terminal.

    >>> _told({"changed": {"title": [None, "Admiral"]}}), _told({"member": "7", "type": "User"})
    ('title: null -> "Admiral"', 'member="7" type="User"')
    """
    changed = data.get("changed")
    if isinstance(changed, dict):
        parts = [f"{path}: {_json(old)} -> {_json(new)}" for path, (old, new) in changed.items()]
        return ", ".join(parts)
    return " ".join(f"{key}={_json(value)}" for key, value in data.items())


def _json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return "".join(letter if letter.isprintable() else " " for letter in text)
