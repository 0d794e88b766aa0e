"""What somebody sees while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench.stage import Advance


class Shown:
    """Bars on a terminal, and lines where there is none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    @contextmanager
    def bars(self) -> Iterator[None]:
        """Show bars for as long as the block runs."""
        with self._bars:
            yield

    @contextmanager
    def step(self, description: str, total: int) -> Iterator[Advance]:
        """One bar, or one line when it begins."""
        if not self._console.is_terminal:
            self._console.print(description, highlight=False)
        task = self._bars.add_task(description, total=total)
        try:
            yield lambda done: self._bars.advance(task, done)
        finally:
            self._bars.remove_task(task)

    def say(self, words: str) -> None:
        """Something that must not be overlooked."""
        self._console.print(f"[bold yellow]{words}", highlight=False, soft_wrap=True)
