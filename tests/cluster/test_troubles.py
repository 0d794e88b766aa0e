"""What becomes of a database that cannot be used: a sentence, and no password in it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from headcount.cli import main
from headcount.store.postgres.migrating import LATEST
from tests.cluster.servers import Server, folder, free_port, migrated, new_server

_SECRET = "s3cr3t"
_WRONG = "postgresql://ada:" + _SECRET


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with folder() as where:
        made = new_server(where)
        try:
            made.sql(
                "SET password_encryption = 'scram-sha-256'; CREATE ROLE ada LOGIN PASSWORD 'x'"
            )
            made.sql("CREATE ROLE nobody LOGIN CONNECTION LIMIT 0")
            made.require_password("ada")
            for name in ("empty", "newer", "older", "closed"):
                made.sql(f"CREATE DATABASE {name}")
            made.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
            for name in ("newer", "older", "closed"):
                migrated(made.address(name))
            made.sql(f"UPDATE headcount_schema SET version = {LATEST + 1}", "newer")
            made.sql(f"UPDATE headcount_schema SET version = {LATEST - 1}", "older")
            made.sql("ALTER DATABASE closed SET default_transaction_read_only = on")
            yield made
        finally:
            made.end()


def _at(server: Server, user: str, rest: str) -> str:
    return f"postgresql://{user}@127.0.0.1:{server.port}/{rest}"


TROUBLES: list[tuple[str, Callable[[Server], str], str]] = [
    ("a slash in the password", lambda _: f"{_WRONG}/x@127.0.0.1/x", "percent-encoded"),
    ("a question mark in it", lambda _: f"postgresql://ada:12?{_SECRET}@h/x", "percent-encoded"),
    ("a slash too few", lambda _: f"postgresql:/ada:{_SECRET}@h/x", "postgresql://USER"),
    ("a port that is no number", lambda _: f"{_WRONG}@127.0.0.1:port/x", "percent-encoded"),
    ("an option that is none", lambda s: _at(s, "postgres", f"empty?pasword={_SECRET}"), "42704"),
    ("a sslmode that is none", lambda s: _at(s, "postgres", "empty?sslmode=perhaps"), "sslmode"),
    ("an unknown host", lambda _: f"{_WRONG}@no.such.host.invalid/x", "not known here"),
    ("nobody listens", lambda _: f"{_WRONG}@127.0.0.1:{free_port()}/x", "is it running"),
    ("a wrong password", lambda s: _at(s, f"ada:{_SECRET}", "empty"), "or its password"),
    (
        "a wrong password among the options",
        lambda s: _at(s, "ada", f"empty?password={_SECRET}"),
        "or its password",
    ),
    ("an unknown user", lambda s: _at(s, "eve", "empty"), "refuses this user"),
    ("a missing database", lambda s: s.address("nowhere"), "createdb"),
    ("too many connections", lambda s: s.address("empty", "nobody"), "no more connections"),
    ("a server without TLS", lambda s: s.address("empty?sslmode=require"), "no TLS"),
    ("a server that takes no writes", lambda s: s.address("closed"), "takes writes"),
    ("no tables", lambda s: s.address("empty"), "`headcount migrate`"),
    ("a newer schema", lambda s: s.address("newer"), "newer Headcount"),
    ("an older schema", lambda s: s.address("older"), "`headcount migrate`"),
]


@pytest.mark.parametrize(("what", "database", "why"), TROUBLES, ids=[one[0] for one in TROUBLES])
def test_a_database_that_cannot_be_used_is_told_in_a_sentence(
    server: Server, what: str, database: Callable[[Server], str], why: str
) -> None:
    _check_refused(why, "org", "list", "--database", database(server))


def test_a_server_does_not_begin_without_its_database(server: Server) -> None:
    database = _at(server, f"ada:{_SECRET}", "empty")
    done = subprocess.run(
        [sys.executable, "-m", "headcount", "serve", "--port", "0"],
        env={**os.environ, "HEADCOUNT_DATABASE": database},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "or its password" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert _SECRET not in done.stderr


def test_a_server_that_says_nothing_is_told(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        _check_refused("in time", "org", "list", "--database", f"{_WRONG}@127.0.0.1:{port}/x")


def test_names_of_people_need_utf8(server: Server) -> None:
    _check_refused("--encoding=UTF8", "migrate", "--database", server.address("latin"))


@pytest.mark.parametrize("what", ["newer", "closed"])
def test_what_cannot_be_migrated_is_told(server: Server, what: str) -> None:
    why = {"newer": "newer Headcount", "closed": "takes writes"}[what]
    _check_refused(why, "migrate", "--database", server.address(what))


def _check_refused(why: str, *words: str) -> None:
    """One sentence, exit status 1, no traceback, no password."""
    done = CliRunner().invoke(main, words)
    assert why in done.output
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert len(done.output.splitlines()) == 1
    assert _SECRET not in done.output
