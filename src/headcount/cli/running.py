"""What commands share: the database option, how an operation is run, how a refusal is told."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import click

from headcount.bootstrap import Runtime, opened
from headcount.errors import ScimError
from headcount.settings import DATABASE, DEFAULT_DATABASE, Settings, read_settings

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])

_DURATION = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def database_option(command: Command) -> Command:
    """`--database`, on every command that works on data."""
    option = click.option(
        "--database",
        metavar="URL",
        envvar=DATABASE,
        default=DEFAULT_DATABASE,
        show_default=True,
        show_envvar=True,
        help="Where the data is.",
    )
    return option(command)


def json_option(command: Command) -> Command:
    """`--json`, on every command that prints data."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def settings(database: str) -> Settings:
    """The settings of the environment, on the database that was asked for."""
    with refusing():
        return replace(read_settings(), database=database)


def run(database: str, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Run one operation on the database; a refusal becomes a sentence and exit status 1."""

    async def once() -> T:
        async with opened(settings(database)) as runtime:
            return await work(runtime)

    with refusing():
        return asyncio.run(once())


@contextmanager
def refusing() -> Iterator[None]:
    """A refusal in the block becomes a sentence and exit status 1."""
    try:
        yield
    except ScimError as refused:
        raise click.ClickException(refused.detail) from None


class Duration(click.ParamType[timedelta | None, str]):
    """A length of time, such as `365d`, `12h` or `never`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta | None:
        """The text as a `timedelta`; None for `never`."""
        if value == "never":
            return None
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not a time such as 365d, 12h, 30m or never", param, ctx)
        try:
            return int(found[1]) * _UNITS[found[2]]
        except OverflowError:
            self.fail(f"{value!r} is longer than anybody can wait", param, ctx)
