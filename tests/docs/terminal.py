"""Runs the blocks of one document as a person would: in one folder, one after the other.

What is not as on a person's machine: `headcount serve` goes into the background and takes a free
port, under which later blocks find it; `make` is asked for its plan, and only what the plan does
with Headcount itself is done; `curl` and `sqlite3` have stand-ins where they are not installed.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.databases import binaries, carried, sql
from tests.docs import stand_ins
from tests.docs.pages import ROOT, Block

_TOLD = "http://127.0.0.1:8000"
_SERVE = re.compile(r"^[^#\n]*\bheadcount serve\b")
_CREATEDB = re.compile(r"^createdb .*?(\w+)$", re.MULTILINE)
_PATIENCE = 120  # seconds
_STAND_INS = {"curl": "curl_command.py", "sqlite3": "sqlite_command.py"}
_MAKE = """#!/bin/sh
set -e
plan=$("{make}" --no-print-directory --dry-run -C "{root}" "$@")
echo "$plan" | sed -n '/^\\.venv\\/bin\\/headcount/p' > .plan
sh -e .plan
"""
_REMEMBER = """
"{python}" -c 'import json, os; print(json.dumps(dict(os.environ, PWD=os.getcwd())))' > "{state}"
"""


class Terminal:
    """A shell in an empty folder, beside an installed `.venv`."""

    def __init__(self, folder: Path, *, activated: bool) -> None:
        self._state = folder / ".state"
        self._server: subprocess.Popen[str] | None = None
        self._address = _TOLD
        self.output = ""
        work, tools = folder / "work", folder / "tools"
        work.mkdir()
        tools.mkdir()
        (work / ".venv").symlink_to(sys.prefix)
        _equip(tools)
        path = [str(tools), *([str(work / ".venv/bin")] if activated else []), os.environ["PATH"]]
        path.append(str(binaries()))  # createdb, where no PostgreSQL is installed
        self._environment = _own_environment() | {"PWD": str(work), "PATH": os.pathsep.join(path)}
        self._environment |= {"PGHOST": parse_qs(urlsplit(carried()).query)["host"][0]}
        self._environment |= {"PGUSER": "postgres"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def run(self, block: Block) -> None:
        """Each command of the block must end with 0; a server at its end goes on."""
        *before, last = block.text.rstrip().splitlines()
        if not _SERVE.match(last):
            self._run(block.text)
            return
        self._run("\n".join(before))
        self._serve(last)

    def _run(self, text: str) -> None:
        for name in _CREATEDB.findall(text):
            sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", carried())
        if _SERVE.search(text):
            raise AssertionError(f"`headcount serve` must be the last line of its block:\n{text}")
        script = text.replace(_TOLD, self._address)
        remember = _REMEMBER.format(python=sys.executable, state=self._state)
        done = subprocess.run(
            ["sh", "-aeuxc", script + remember],
            env=self._environment,
            cwd=self._environment["PWD"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        self.output += done.stdout
        assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        self._environment = json.loads(self._state.read_text(encoding="utf-8"))

    def _serve(self, line: str) -> None:
        self._stop()
        self._server = subprocess.Popen(
            ["sh", "-c", f"{line} --host 127.0.0.1 --port 0"],
            env=self._environment,
            cwd=self._environment["PWD"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._server.stdout is not None
        told = re.search(r"http://[\d.:]+", self._server.stdout.readline())
        assert told, f"no server: {line}"
        self._address = told[0]

    def _stop(self) -> None:
        if self._server is None:
            return
        os.killpg(self._server.pid, signal.SIGTERM)
        self._server.wait(_PATIENCE)
        assert self._server.stdout is not None
        self._server.stdout.close()
        self._server = None


def _own_environment() -> dict[str, str]:
    """Without what another `make` or an operator has set."""
    foreign = re.compile(r"HEADCOUNT_|FORWARDED_|MAKE|MFLAGS")
    return {name: value for name, value in os.environ.items() if not foreign.match(name)}


def _equip(tools: Path) -> None:
    make = shutil.which("make")
    assert make, "make is not installed, and `make test` needs it"
    _script(tools / "make", _MAKE.format(make=make, root=ROOT))
    assert stand_ins.__file__
    for command, module in _STAND_INS.items():
        if shutil.which(command) is None:
            code = Path(stand_ins.__file__).with_name(module)
            _script(tools / command, f'#!/bin/sh\nexec "{sys.executable}" "{code}" "$@"\n')


def _script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
