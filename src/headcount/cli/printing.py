"""How data looks on a terminal, and how it goes into a file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headcount.store.model import Organisation, Token


def console() -> Console:
    """The terminal, or the file or pipe in its place."""
    return Console(highlight=False, soft_wrap=not Console().is_terminal)


def plain(value: Any) -> Text:
    """Text without markup, and without anything that controls a terminal.

    >>> plain("a[red]b" + chr(27) + "c").plain
    'a[red]b c'
    """
    text = "" if value is None else str(value)
    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table without lines that get in the way."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(plain, row))
    console().print(table)


def print_facts(facts: Mapping[str, Any]) -> None:
    """Names and values, one line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, plain(value))
    console().print(table)


def print_json(value: Any) -> None:
    """JSON to read and to parse."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def day(at: datetime | None) -> str:
    """A moment as people read it, to the minute, in UTC."""
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M UTC")


def organisation_object(organisation: Organisation) -> dict[str, Any]:
    """An organisation for a program."""
    policy, counts = organisation.policy, organisation.counts
    return {
        "slug": organisation.slug,
        "name": organisation.name,
        "disabled": organisation.disabled,
        "created": organisation.created,
        "username_format": policy.username_format,
        "allowed_domains": list(policy.allowed_domains),
        "seats": policy.seats,
        "accounts": counts.users,
        "active_accounts": counts.active,
        "owners": counts.owners,
        "groups": counts.groups,
    }


def organisation_facts(organisation: Organisation) -> dict[str, Any]:
    """An organisation for people."""
    policy, counts = organisation.policy, organisation.counts
    return {
        "Slug": organisation.slug,
        "Name": organisation.name,
        "State": "disabled" if organisation.disabled else "open",
        "Created": day(organisation.created),
        "User names": policy.username_format,
        "Domains": ", ".join(policy.allowed_domains) or "any",
        "Seats": "any number" if policy.seats is None else policy.seats,
        "Accounts": f"{counts.users}, {counts.active} of them active",
        "Owners": counts.owners,
        "Groups": counts.groups,
    }


def token_object(token: Token) -> dict[str, Any]:
    """What is known of a token, for a program."""
    return {
        "id": token.id,
        "label": token.label,
        "hint": token.hint,
        "created": token.created,
        "expires": token.expires,
        "last_used": token.last_used,
        "revoked": token.revoked,
        "read_only": token.read_only,
        "strict": token.strict,
    }
