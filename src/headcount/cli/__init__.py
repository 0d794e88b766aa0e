"""The command line: each command parses, calls one operation, prints."""

import click

from headcount import __version__
from headcount.cli.loading import Loading

_COMMANDS = {
    "account": "accounts:account",
    "admin": "administrators:admin",
    "api-key": "keys:api_key",
    "check": "checking:check",
    "connector": "connectors:connector",
    "console-link": "administrators:console_link",
    "copy": "databases:copy",
    "demo": "stories:demo",
    "events": "events:events",
    "export": "exporting:export",
    "migrate": "databases:migrate",
    "org": "organisations:org",
    "roles": "roles:roles",
    "schema": "schemas:schema",
    "serve": "server:serve",
    "simulate": "stories:simulate",
    "subscribers": "subscribers:subscribers",
    "token": "tokens:token",
    "webhook": "webhooks:webhook",
    "worker": "worker:worker",
}


@click.group(
    cls=Loading,
    where={name: f"headcount.cli.{where}" for name, where in _COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="headcount")
def main() -> None:
    """SCIM 2.0 provisioning: identity providers run the accounts of your organisations.

    A first look, without any set-up: headcount demo

    A server: headcount org create acme --name "Acme", then headcount token issue acme --label okta,
    then headcount serve. Every command that reads or writes data takes --database, and works while
    the server runs.
    """


__all__ = ["main"]
