"""Servers as somebody starts them who types what a README says."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PATIENCE = 60  # seconds
_RUNS_AT = re.compile(r"(http://127\.0\.0\.1:\d+)")


def environment(**more: str) -> dict[str, str]:
    """That of the tests, in which `headcount` and `python` are those that are tested."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, **more}


@dataclass
class Program:
    """A server that a line of a shell starts in a folder."""

    line: str
    folder: Path
    around: Mapping[str, str]  # its environment
    said: list[str] = field(default_factory=list)

    def launch(self) -> subprocess.Popen[str]:
        """A process that may not answer yet; all that it says comes by its errors."""
        return subprocess.Popen(
            ["sh", "-c", f"exec {self.line} >&2"],
            cwd=self.folder,
            env=self.around,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self) -> tuple[subprocess.Popen[str], str]:
        """A process that answers, and where."""
        server = self.launch()
        assert server.stderr is not None
        for line in server.stderr:
            self.said.append(line)
            if found := _RUNS_AT.search(line):
                threading.Thread(target=self._listen, args=(server.stderr,), daemon=True).start()
                return server, found[1]
        raise AssertionError("".join(self.said))

    def _listen(self, stream: IO[str]) -> None:
        with stream:
            self.said.extend(stream)

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of a process that ends, in order, by the end of the block."""
        server, address = self.start()
        try:
            yield address
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE)


@contextmanager
def port() -> Iterator[int]:
    """A port of loopback for servers that come one after the other; nobody else gets it meanwhile.

    The socket holds it without listening, and whoever listens there says SO_REUSEADDR, as servers
    do; the system gives it to nobody who asks for any.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
