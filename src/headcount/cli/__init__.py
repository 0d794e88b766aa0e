"""The command line: each command parses, calls one operation, prints."""

import click

from headcount import __version__
from headcount.cli.accounts import account
from headcount.cli.administrators import admin, console_link
from headcount.cli.checking import check
from headcount.cli.connectors import connector
from headcount.cli.databases import copy, migrate
from headcount.cli.events import events
from headcount.cli.exporting import export
from headcount.cli.importing import import_file
from headcount.cli.keys import api_key
from headcount.cli.organisations import org
from headcount.cli.roles import roles
from headcount.cli.schemas import schema
from headcount.cli.server import serve
from headcount.cli.stories import demo, simulate
from headcount.cli.subscribers import subscribers
from headcount.cli.tokens import token
from headcount.cli.webhooks import webhook
from headcount.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="headcount")
def main() -> None:
    """SCIM 2.0 provisioning: identity providers run the accounts of your organisations.

    A first look, without any set-up: headcount demo

    A server: headcount org create acme --name "Acme", then headcount token issue acme --label okta,
    then headcount serve. Every command that reads or writes data takes --database, and works while
    the server runs.
    """


for command in (
    *(serve, migrate, copy, org, token, schema, roles, account, events, subscribers, export),
    *(webhook, worker, api_key, connector),
    *(admin, console_link, simulate, check, demo),
):
    main.add_command(command)
account.add_command(import_file)

__all__ = ["main"]
