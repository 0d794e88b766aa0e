"""An application that is a process of its own, beside a server of Headcount that it hears from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.embedding.examples import Project
from tests.programs import Program, port

WAYS = ("webhooks", "feed")


@dataclass
class Pair(Project):
    """The two of an example, whose ports stay the same when they are started again."""

    server_port: int = 0
    application_port: int = 0

    @property
    def around(self) -> dict[str, str]:
        """The environment, in which the application learns where Headcount answers."""
        return {**super().around, "HEADCOUNT_SERVER": self.address}

    @property
    def address(self) -> str:
        """Where Headcount answers."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def blocks(self) -> list[str]:
        """The commands of the README, each terminal apart, with these ports."""
        ports = {"8000": str(self.server_port), "8001": str(self.application_port)}
        texts = super().blocks
        for written, ours in ports.items():
            texts = [text.replace(written, ours) for text in texts]
        return texts

    @property
    def server(self) -> Program:
        """Headcount."""
        line = f"{self.blocks[0].splitlines()[-1]} --port {self.server_port}"
        return Program(line, self.folder, self.around, self.said)

    @property
    def application(self) -> Program:
        """The application."""
        return Program(self.blocks[1].strip(), self.folder, self.around, self.said)


@contextmanager
def pair_of(way: str, folder: Path) -> Iterator[Pair]:
    """The example of a way, in a folder of its own, with all done that comes before the servers."""
    with port() as server_port, port() as application_port:
        made = Pair(way, folder, server_port=server_port, application_port=application_port)
        made.prepare()
        yield made
