"""`headcount migrate`: the tables of a database."""

import asyncio

import click

from headcount import bootstrap
from headcount.cli.running import database_option, refusing, settings
from headcount.store.model import Migrated


@click.command()
@click.option(
    "--partitions",
    type=click.IntRange(min=0),
    default=0,
    metavar="NUMBER",
    help="Split new tables of PostgreSQL into so many parts, by organisation.",
)
@database_option
def migrate(partitions: int, database: str) -> None:
    """Create the tables of the database, or bring them up to date.

    Everything happens in one transaction. Servers of the version before may go on meanwhile; start
    those of this version afterwards. An SQLite file is also brought up to date whenever it is
    opened.
    """
    with refusing():
        done = asyncio.run(bootstrap.migrate(settings(database), partitions))
    click.echo(_told(done))


def _told(done: Migrated) -> str:
    if not done.before:
        return f"The tables were created (schema {done.after})."
    if done.before == done.after:
        return f"The database is up to date (schema {done.after})."
    return f"The database was brought from schema {done.before} to {done.after}."
