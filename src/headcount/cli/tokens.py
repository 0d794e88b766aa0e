"""`headcount token`: what identity providers authenticate with."""

from datetime import UTC, datetime, timedelta

import click

from headcount.cli.printing import (
    console,
    day,
    plain,
    print_facts,
    print_json,
    print_table,
    token_object,
)
from headcount.cli.running import Duration, database_option, json_option, run, settings
from headcount.directory.tokens import Wish
from headcount.settings import base_url_of
from headcount.store.keys import ApiKey
from headcount.store.model import Token


@click.group()
def token() -> None:
    """Issue, list and revoke the tokens of an organisation."""


@token.command()
@click.argument("slug")
@click.option("--label", required=True, help="What it is for, such as okta.")
@click.option(
    "--expires-in",
    type=Duration(),
    default="365d",
    show_default=True,
    help="How long it works: 365d, 12h, never.",
)
@click.option("--read-only", is_flag=True, help="It may read, and change nothing.")
@click.option(
    "--strict",
    is_flag=True,
    help="Take only what the RFC allows from it, to test a client of your own.",
)
@database_option
@json_option
def issue(
    slug: str,
    label: str,
    expires_in: timedelta | None,
    database: str,
    *,
    read_only: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Issue a token for the organisation SLUG and print it, once; only its hash is kept."""
    wish = Wish(label, expires_in, read_only, strict)
    text, kept = run(database, lambda runtime: runtime.organisations.issue(slug, wish))
    base_url = base_url_of(slug, settings(database))
    if as_json:
        print_json(
            {"token": text, "base_url": base_url, "organisation": slug, **token_object(kept)}
        )
        return
    facts = {"Token": text, "Base URL": base_url, "Expires": day(kept.expires) or "never"}
    print_facts(facts | {"Token id": kept.id})
    console().print(plain("Keep the token now: it is not shown again."), style="bold")


@token.command("list")
@click.argument("slug")
@database_option
@json_option
def list_tokens(slug: str, database: str, *, as_json: bool) -> None:
    """List the tokens of the organisation SLUG, and when each was last used."""
    found = run(database, lambda runtime: runtime.organisations.tokens(slug))
    if as_json:
        print_json([token_object(one) for one in found])
    elif not found:
        click.echo(f"There is no token yet: headcount token issue {slug} --label NAME makes one.")
    else:
        rows = [_row(one, datetime.now(UTC)) for one in found]
        print_table(("Token id", "Begins", "Label", "State", "Scope", "Expires", "Last used"), rows)


def _row(one: Token, now: datetime) -> tuple[str, ...]:
    scope = "read" if one.read_only else "read, write"
    if one.strict:
        scope += ", strict"
    expires, last_used = day(one.expires) or "never", day(one.last_used) or "never"
    return one.id, one.hint, one.label, state_of(one, now), scope, expires, last_used


def state_of(one: Token | ApiKey, now: datetime) -> str:
    """Whether it works, in a word."""
    if one.revoked is not None:
        return "revoked"
    return "expired" if one.expires is not None and one.expires <= now else "works"


@token.command()
@click.argument("slug")
@click.argument("token_id")
@database_option
@json_option
def revoke(slug: str, token_id: str, database: str, *, as_json: bool) -> None:
    """End the token TOKEN_ID of the organisation SLUG, at once and for good."""
    ended = run(database, lambda runtime: runtime.organisations.revoke(slug, token_id))
    if as_json:
        print_json(token_object(ended))
    else:
        console().print(plain(f"The token {ended.label!r} opens nothing any more."))
