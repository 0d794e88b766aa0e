"""Reads all files of a database, so that the system has them in memory: `python -m bench.warming`.

A system that lends memory to others takes back what nobody has read for a while, however much of it
is free; and what is measured then is how fast it reads a disk.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

_ROOM = 1 << 20  # bytes that are read at once


def warm(folder: Path) -> None:
    """Read the files of a folder, in a process of its own.

    Whoever closes a file lets go of all locks on it that their process holds (POSIX), and the
    process that fills a database holds those of SQLite.
    """
    subprocess.run([sys.executable, "-m", "bench.warming", str(folder)], check=True)


def read_through(folder: Path) -> int:
    """Read all files of a folder; how many bytes they have."""
    total, room = 0, bytearray(_ROOM)
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a server removes what it needs no more
            if path.is_file():
                with path.open("rb", buffering=0) as file:
                    while read := file.readinto(room):
                        total += read
    return total


if __name__ == "__main__":
    read_through(Path(sys.argv[1]))
