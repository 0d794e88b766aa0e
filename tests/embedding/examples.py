"""The example projects, as somebody starts them who follows their README."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path

from headcount import Headcount
from tests.docs.pages import ROOT, Page
from tests.programs import PATIENCE, Program, environment

PEOPLE = "SELECT id, email, name, role, active FROM {table}"
_EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
_TOKEN = re.compile(r"headcount_\w{49}")

Person = tuple[str, str, str | None, str | None, bool]


@dataclass
class Project:
    """A copy of an example in a folder of its own."""

    name: str
    folder: Path
    table: str = "users"
    token: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def around(self) -> dict[str, str]:
        """The environment, with what the README exports."""
        return environment(**dict(_EXPORT.findall(self.blocks[0])))

    @property
    def blocks(self) -> list[str]:
        """The commands of the README, each terminal apart."""
        readme = Page(ROOT / "examples" / self.name / "README.md")
        return [block.text for block in readme.blocks("sh")]

    def prepare(self) -> None:
        """Everything before the server, which is the last line."""
        source = ROOT / "examples" / self.name
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns("__pycache__", "*.db*"))
        for line in self.blocks[0].splitlines()[:-1]:
            printed = self.run(line)
            if found := _TOKEN.search(printed):
                self.token = found[0]

    def run(self, line: str) -> str:
        """What a command prints, which must succeed."""
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.around,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def try_out(self, address: str) -> str:
        """What the commands for the other terminal print."""
        text = self.blocks[-1].replace("http://127.0.0.1:8000", address)
        lines = text.replace("TOKEN", self.token).splitlines()
        return "".join(self.run(line) for line in lines)

    def served(self) -> AbstractContextManager[str]:
        """The server of the README on a free port; its address. Ends by the end of the block."""
        return self._server.served()

    def start(self) -> tuple[subprocess.Popen[str], str]:
        """The same, for somebody who ends it themselves."""
        return self._server.start()

    def launch(self) -> subprocess.Popen[str]:
        """A server that may not answer yet."""
        return self._server.launch()

    @property
    def _server(self) -> Program:
        line = f"{self.blocks[0].splitlines()[-1]} --port 0"
        return Program(line, self.folder, self.around, self.said)

    def write_tables(self) -> None:
        """Have the application make its tables, which it does with its first event."""
        self.run("python -c 'import app; app.write(\"DELETE FROM users\")'")

    def people(self) -> set[Person]:
        """Whom the application knows, by its own table."""
        with closing(sqlite3.connect(self.folder / "app.db", timeout=30)) as db:
            rows = db.execute(PEOPLE.format(table=self.table)).fetchall()
        return {
            (id_, email, name or None, role, bool(active))
            for id_, email, name, role, active in rows
        }

    def teams(self) -> set[tuple[str, str]]:
        """Who is in which team, by its own table."""
        with closing(sqlite3.connect(self.folder / "app.db", timeout=30)) as db:
            return set(db.execute("SELECT team, user FROM teams").fetchall())

    def ours(self, slug: str = "acme") -> tuple[set[Person], set[tuple[str, str]]]:
        """Whom Headcount knows, and who is in which group."""
        hc = self.headcount()
        found = hc.wait(hc.accounts(slug))
        people = {
            (
                one["id"],
                one["userName"],
                one.get("displayName"),
                one.get("role"),
                one.get("active", False),
            )
            for one in found
        }
        teams = {(group["value"], one["id"]) for one in found for group in one["groups"]}
        return people, teams

    def headcount(self) -> Headcount:
        """Headcount on the database of the project."""
        return Headcount(f"sqlite:///{self.folder / 'headcount.db'}")
