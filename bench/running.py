"""Servers as processes: started, ended, and asked how much of the processors they took."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

_STARTS_WITHIN = 30  # seconds
_ENDS_WITHIN = 20


class NotStartedError(Exception):
    """A server did not come up."""


@contextmanager
def telling_port(command: Sequence[str], **environment: str) -> Iterator[tuple[int, int]]:
    """A server of ours that says its address on its first line: its process and its port."""
    given = {**os.environ, **environment}
    server = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        words = server.stdout.readline().split()
        address = next((word for word in words if word.startswith("http://")), None)
        if address is None:
            raise NotStartedError(f"{' '.join(command)} did not start")
        yield server.pid, int(address.split(":")[2].split("/")[0])
    finally:
        _end(server)


@contextmanager
def yardstick(name: str) -> Iterator[int]:
    """A yardstick on a free port."""
    with telling_port([sys.executable, "-m", "bench.server", name]) as (_, port):
        yield port


@contextmanager
def listening_on(
    port: int, command: Sequence[str], log: Path, folder: Path, **environment: str
) -> Iterator[int]:
    """A server of others on a port that was free: its process, once it takes connections."""
    given = {**os.environ, **environment}
    with log.open("wb") as written:
        server = subprocess.Popen(
            command, env=given, cwd=folder, stdout=written, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(port, server, log)
        yield server.pid
    finally:
        _end(server)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while server.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    told = log.read_text(encoding="utf-8", errors="replace")[-1_000:]
    raise NotStartedError(f"{' '.join(map(str, server.args))} did not start: {told}")  # type: ignore[arg-type]


def free_port() -> int:
    """A port on which nobody listens just now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def _end(server: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if server.stdout is not None:
        server.stdout.close()


def processor_time(pids: Sequence[int]) -> float:
    """User and system time so far, in seconds, of processes and of all their children."""
    return sum(_spent(process) for pid in pids for process in _tree(pid))


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
