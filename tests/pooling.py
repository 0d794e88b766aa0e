"""A real pgbouncer in front of a PostgreSQL; it hands connections round. A package of Debian's."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit

from tests.cluster.servers import as_user, folder, free_port, is_open, wait_for
from tests.saying import say

_CONNECTIONS = 4  # to each database, for however many clients
_CONFIGURATION = """[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
{more}
"""


def pooler() -> str | None:
    """The program, where there is one; where not, the end of the run tells what was left out."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if found is None:
        say("LEFT OUT: everything behind a pooler, for there is no pgbouncer here")
    return found


@contextmanager
def pooling(address: str, more: str = "") -> Iterator[int]:
    """A pooler in front of every database of a server; the port where it listens."""
    port = free_port()
    text = _CONFIGURATION.format(
        server=_words(address), port=port, connections=_CONNECTIONS, more=more
    )
    with folder() as where:
        file = where / "pgbouncer.ini"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)
        command = [str(pooler()), "-q", str(file)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, **as_user()) as running:
            try:
                wait_for(lambda: is_open(port))
                yield port
            finally:
                running.kill()


def _words(address: str) -> str:
    """Where a server is, as the pooler is told."""
    parts = urlsplit(address)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    words = {
        "host": parts.hostname or given.get("host"),
        "port": parts.port or given.get("port"),
        "user": parts.username or "postgres",
        "password": unquote(parts.password or ""),
    }
    return " ".join(f"{name}={value}" for name, value in words.items() if value)


def behind(port: int, address: str) -> str:
    """The same database, by way of the pooler."""
    return f"postgresql://postgres@127.0.0.1:{port}{urlsplit(address).path}"
