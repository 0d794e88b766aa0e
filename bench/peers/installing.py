"""Peers are installed by name into `.bench/`, each apart from the others and from us."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".bench"

_VERSIONS = HERE / "versions.toml"
_SCIMMY = HERE / "scimmy"


class NotInstalledError(Exception):
    """A peer could not be installed here; the message says why."""


@dataclass(frozen=True)
class Installed:
    """Where a peer is."""

    folder: Path

    def program(self, name: str) -> str:
        """The path of a program: the peer's own, or the machine's."""
        own = self.folder / "bin" / name
        return str(own) if own.exists() else name

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        """Run something of the peer's to its end."""
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, **environment})


def install(name: str) -> Installed:
    """A peer in the versions that are pinned; what is there already is used again.

    Raises:
        NotInstalledError: the peer is to be left out.
    """
    folder = FOLDER / name
    wanted = _wanted(name)
    stamp = folder / ".installed"
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_install_node if name == "scimmy" else _install_python)(name, folder)
        stamp.write_text(wanted, encoding="utf-8")
    if name == "scimmy":
        shutil.copy(_SCIMMY / "server.js", folder)  # beside the packages that it imports
    return Installed(folder)


def versions(name: str) -> dict[str, str]:
    """What is pinned for a peer, by package."""
    if name == "scimmy":
        package = json.loads((_SCIMMY / "package.json").read_text(encoding="utf-8"))
        return dict(package["dependencies"])
    pinned = tomllib.loads(_VERSIONS.read_text(encoding="utf-8"))[name]
    return dict(one.split("==") for one in pinned)


def _wanted(name: str) -> str:
    """What tells one installation from another: the pins, and the Python that they are for."""
    return json.dumps([versions(name), sys.version])


def _install_python(name: str, folder: Path) -> None:
    pins = [f"{package}=={version}" for package, version in versions(name).items()]
    _run([sys.executable, "-m", "venv", str(folder)], folder)
    quiet = ["--quiet", "--disable-pip-version-check"]
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", *quiet, *pins], folder)


def _install_node(_: str, folder: Path) -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise NotInstalledError(f"there is no {program} on this machine")
    shutil.copy(_SCIMMY / "package.json", folder)
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund"], folder)


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).strip()[-500:]
        raise NotInstalledError(f"{' '.join(command[:4])} failed: {told}")
