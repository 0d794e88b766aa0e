"""Which peers there are: how each is installed, started and spoken to."""

import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers.filling import PeerFiller
from bench.peers.installing import Installed
from bench.running import free_port, listening_on
from bench.stage import Manners, Server

ROOT = Path(__file__).resolve().parents[2]

Command = Callable[[Installed, int, Path], Sequence[str]]
"""Given where it is installed, a port and a database file: how it is started."""


@dataclass(frozen=True)
class Peer:
    """Another server."""

    name: str
    manners: Manners
    command: Command
    prepare: Command | None = None  # what is run before
    environment: tuple[tuple[str, str], ...] = ()
    told: str = ""  # on what it runs, for the page


def _django(peer: Installed, port: int, _: Path) -> Sequence[str]:
    options = (
        f"--worker-class gthread --workers 2 --threads 4 --keep-alive 75 --bind 127.0.0.1:{port}"
    )
    application = "django.core.wsgi:get_wsgi_application()"
    return [peer.program("gunicorn"), *options.split(), "--no-control-socket", application]


def _django_tables(peer: Installed, _: int, __: Path) -> Sequence[str]:
    return [peer.program("python"), "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]


def _scim2(peer: Installed, port: int, _: Path) -> Sequence[str]:
    options = f"--port {port} --http httptools --loop uvloop --no-access-log --no-server-header"
    return [peer.program("uvicorn"), *options.split(), "bench.peers.scim2:application"]


def _scimmy(peer: Installed, port: int, database: Path) -> Sequence[str]:
    return [peer.program("node"), str(peer.folder / "server.js"), str(port), str(database)]


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "django-scim2",
            Manners(
                colon=b": ",
                keeps_enterprise=False,
                removes_by_path=False,
                leaves_out_members=False,
            ),
            _django,
            _django_tables,
            (("DJANGO_SETTINGS_MODULE", "bench.peers.django_site.settings"),),
            "Django on SQLite (WAL, `synchronous=full`), gunicorn with 2 workers of 4 threads; its"
            " own adapters keep no enterprise data. It names PostgreSQL as the database that it"
            " supports. An index for its look-ups is added, which its documentation does not name",
        ),
        Peer(
            "scim2-server",
            Manners(prefix="/v2", colon=b": ", tells_groups=False),
            _scim2,
            told="its ASGI application on its own storage, in memory and gone at the end, under"
            " uvicorn with httptools and uvloop; it does not tell an account's groups",
        ),
        Peer(
            "scimmy",
            Manners(),
            _scimmy,
            told="scimmy-routers on express; our handlers on SQLite (better-sqlite3, WAL,"
            " `synchronous=full`), with indexes for names, SQL for pages, and members as rows",
        ),
    )
}


@asynccontextmanager
async def running(peer: Peer, installed: Installed, seconds: float) -> AsyncIterator[Server]:
    """A peer with nothing in it, which is given so many seconds to be filled."""
    token, port = secrets.token_hex(16), free_port()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "peer.db"
        environment = {
            "BENCH_TOKEN": token,
            "BENCH_DATABASE": str(database),
            "PYTHONPATH": str(ROOT),
            **dict(peer.environment),
        }
        if peer.prepare:
            installed.run(peer.prepare(installed, port, database), ROOT, environment)
        command = peer.command(installed, port, database)
        log = Path(folder) / "log"
        with listening_on(port, command, log, ROOT, **environment) as pid:
            filler = PeerFiller(port, token, peer.manners, seconds)
            yield Server(peer.name, port, token, peer.manners, filler, (pid,), Path(folder))
