"""`headcount simulate` and `headcount demo`: an identity provider at work."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from headcount.bootstrap import Runtime
from headcount.cli.printing import console, plain
from headcount.cli.running import json_option, run
from headcount.directory.access import COMMAND_LINE, Caller
from headcount.directory.tokens import Wish
from headcount.settings import DATABASE
from headcount.simulate import (
    DOMAIN,
    FEWEST,
    PROVIDERS,
    Provider,
    as_json as report_as_json,
    perform,
    play,
    tell_provider,
    tell_story,
)
from headcount.store.model import Kind, Policy

_BEFORE = (
    ("ada@acme.test", "Ada", "Lovelace", "owner"),
    ("mary@acme.test", "Mary", "Somerville", "member"),
    ("sophie@acme.test", "Sophie", "Germain", "member"),
)
_STOP = 10.0  # seconds


@click.group()
def simulate() -> None:
    """Play an identity provider at any SCIM server."""


_base_url_option = click.option(
    "--base-url", required=True, help="The base address, ending in /scim/v2."
)
_token_option = click.option(
    "--token", required=True, envvar="HEADCOUNT_TOKEN", show_envvar=True, help="The token."
)
_domain_option = click.option(
    "--domain",
    default=DOMAIN,
    show_default=True,
    help="The domain of their userNames: not a real one.",
)


@simulate.command()
@_base_url_option
@_token_option
@click.option(
    "--users",
    type=click.IntRange(min=FEWEST),
    default=5,
    show_default=True,
    help="How many people.",
)
@_domain_option
@json_option
def okta(base_url: str, token: str, users: int, domain: str, *, as_json: bool) -> None:
    """Play Okta's conversation at a SCIM server, and tell what it did.

    People are created, changed, put into a group, deactivated and reactivated: play it at an
    organisation for tests. The exit status is 1 if a step did not do what it should.
    """
    if as_json:
        report = play(base_url, token, users, domain=domain)
        click.echo(report_as_json(report))
        raise SystemExit(report.exit_status)
    raise SystemExit(tell_story(console(), base_url, token, users, domain=domain))


def _command(provider: Provider) -> click.Command:
    """The command that plays a provider."""

    def played(base_url: str, token: str, domain: str, *, as_json: bool) -> None:
        if as_json:
            report = perform(provider, base_url, token, domain=domain)
            click.echo(report_as_json(report))
            raise SystemExit(report.exit_status)
        raise SystemExit(tell_provider(console(), provider, base_url, token, domain=domain))

    played.__doc__ = f"""Play {provider.title} at a SCIM server, and tell what it did.

    People and groups of its own are made, changed and taken away again; nobody else is touched.
    The exit status is 1 if the server did not answer as it should.
    """
    for option in (json_option, _domain_option, _token_option, _base_url_option):
        played = option(played)
    return click.command(provider.name)(played)


for one in PROVIDERS.values():
    simulate.add_command(_command(one))


@click.command()
def demo() -> None:
    """Show the whole job: a server, an organisation, and Okta running its accounts."""
    screen = console()
    with tempfile.TemporaryDirectory(prefix="headcount-demo-") as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        token = run(database, _prepare)
        _say(
            screen, 'The organisation "acme" is there, with three accounts from before: ', _names()
        )
        with _serving(database) as base_url:
            _say(screen, "A server answers at ", base_url)
            _say(screen, "Now Okta is connected to it, and people are assigned:\n")
            status = tell_story(screen, base_url, token)
    _say_how_to_go_on(screen)
    raise SystemExit(status)


def _names() -> str:
    return ", ".join(row[0] for row in _BEFORE)


def _say(screen: Console, *parts: str) -> None:
    screen.print(plain("".join(parts).rstrip("\n")))
    if parts[-1].endswith("\n"):
        screen.print()


async def _prepare(runtime: Runtime) -> str:
    """The organisation with people who were there before; the token for Okta."""
    acme = await runtime.organisations.create("acme", "Acme", Policy())
    caller = Caller(acme, COMMAND_LINE)
    for name, given, family, role in _BEFORE:
        parts = {"givenName": given, "familyName": family}
        account = {"userName": name, "name": parts, "role": role}
        await runtime.directory.create(caller, Kind.USER, account)
    token, _ = await runtime.organisations.issue("acme", Wish("okta"))
    return token


@contextmanager
def _serving(database: str) -> Iterator[str]:
    """A server of its own process on a free port; its base address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "headcount", "serve", "--port", "0"],
        env={**os.environ, DATABASE: database},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        words = server.stdout.readline().split()
        address = next((word for word in words if word.startswith("http://")), None)
        if address is None:
            raise click.ClickException("the server did not start; what it said stands above")
        yield address
    finally:
        server.terminate()
        server.wait(_STOP)
        assert server.stdout is not None
        server.stdout.close()


def _say_how_to_go_on(screen: Console) -> None:
    screen.print()
    screen.print("How to go on, with an organisation of your own:", style="bold")
    for line in (
        '  headcount org create yourorganisation --name "Your Organisation"',
        "  headcount token issue yourorganisation --label okta",
        "  headcount serve",
        "Type the token into your identity provider, with the base URL",
        "http://127.0.0.1:8000/scim/v2 (or the address of the proxy in front of it).",
    ):
        screen.print(plain(line))
