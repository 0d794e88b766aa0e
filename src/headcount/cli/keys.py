"""`headcount api-key`: what the application behind Headcount authenticates with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from headcount.cli.printing import console, day, plain, print_facts, print_json, print_table
from headcount.cli.running import Duration, database_option, json_option, run
from headcount.cli.tokens import state_of
from headcount.directory.keys import READING, KeyWish, Scope
from headcount.store.keys import ApiKey


@click.group("api-key")
def api_key() -> None:
    """Issue, list and revoke the keys with which your application uses the HTTP API."""


@api_key.command()
@click.option("--label", required=True, help="What it is for, such as chat.")
@click.option("--org", "slug", metavar="SLUG", help="Open this organisation alone.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help=f"What it may do, once or several times: {', '.join(Scope)}. Without it: all that reads.",
)
@click.option(
    "--expires-in",
    type=Duration(),
    default="365d",
    show_default=True,
    help="How long it works: 365d, 12h, never.",
)
@database_option
@json_option
def issue(
    label: str,
    slug: str | None,
    scopes: tuple[str, ...],
    expires_in: timedelta | None,
    database: str,
    *,
    as_json: bool,
) -> None:
    """Issue a key and print it, once; only its hash is kept.

    It opens every organisation, or the one of --org.
    """
    wish = KeyWish(label, slug, scopes or READING, expires_in)
    text, kept = run(database, lambda runtime: runtime.keys.issue(wish))
    if as_json:
        print_json({"key": text, **key_object(kept)})
        return
    opens = kept.slug or "every organisation"
    facts = {"Key": text, "Opens": opens, "Scopes": ", ".join(kept.scopes)}
    print_facts(facts | {"Expires": day(kept.expires) or "never", "Key id": kept.id})
    console().print(plain("Keep the key now: it is not shown again."), style="bold")


@api_key.command("list")
@database_option
@json_option
def list_keys(database: str, *, as_json: bool) -> None:
    """List all keys, what each may do, and when it was last used."""
    found = run(database, lambda runtime: runtime.keys.all())
    if as_json:
        print_json([key_object(one) for one in found])
    elif not found:
        click.echo("There is no key yet: headcount api-key issue --label NAME makes one.")
    else:
        headings = ("Key id", "Begins", "Label", "State", "Opens", "Scopes", "Expires", "Last used")
        print_table(headings, [_row(one, datetime.now(UTC)) for one in found])


def _row(one: ApiKey, now: datetime) -> tuple[str, ...]:
    expires, last_used = day(one.expires) or "never", day(one.last_used) or "never"
    opens = one.slug or "all"
    scopes = "read" if one.scopes == READING else ", ".join(one.scopes)
    return one.id, one.hint, one.label, state_of(one, now), opens, scopes, expires, last_used


@api_key.command()
@click.argument("key_id")
@database_option
@json_option
def revoke(key_id: str, database: str, *, as_json: bool) -> None:
    """End the key KEY_ID, at once and for good."""
    ended = run(database, lambda runtime: runtime.keys.revoke(key_id))
    if as_json:
        print_json(key_object(ended))
    else:
        console().print(plain(f"The key {ended.label!r} opens nothing any more."))


def key_object(key: ApiKey) -> dict[str, Any]:
    """What is known of a key, for a program."""
    return {
        "id": key.id,
        "label": key.label,
        "organisation": key.slug,
        "scopes": list(key.scopes),
        "hint": key.hint,
        "created": key.created,
        "expires": key.expires,
        "last_used": key.last_used,
        "revoked": key.revoked,
    }
