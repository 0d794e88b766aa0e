"""How an import is told: a tally, a table of what changes, and why rows were refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import orjson

from headcount.cli.printing import print_table
from headcount.directory.importing import Imported, Result
from headcount.store.model import Stored

_MOST_CHANGED = 20  # people and groups
_MOST_REFUSED = 20
_LONGEST = 60  # characters of a value
_OF_ROWS = {Result.CREATED, Result.UPDATED, Result.UNCHANGED, Result.EXISTS, Result.REFUSED}


@dataclass(slots=True)
class Tally:
    """How many entries came to what, and the first of those that are told one by one."""

    dry_run: bool
    counts: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    changed: list[Imported] = field(default_factory=list)
    refusals: list[Imported] = field(default_factory=list)
    changes: int = 0  # entries that change who is there

    @property
    def rows(self) -> int:
        """How many entries of the file are done."""
        return sum(self.counts[one] for one in _OF_ROWS)

    @property
    def refused(self) -> int:
        """How many were refused."""
        return self.counts[Result.REFUSED]

    def add(self, done: Imported) -> None:
        """Take another one into account."""
        self.counts[done.result] += done.joined or 1
        if done.result is Result.REFUSED:
            if len(self.refusals) < _MOST_REFUSED:
                self.refusals.append(done)
        elif done.changes or done.joined:
            self.changes += 1
            if len(self.changed) < _MOST_CHANGED:
                self.changed.append(done)

    def summary(self) -> str:
        """The last line of the JSON."""
        counts = {one.name.lower(): number for one, number in self.counts.items()}
        told = {"type": "summary", "dry_run": self.dry_run, **counts}
        return orjson.dumps(told).decode()


def as_json(done: Imported) -> str:
    """One entry, on one line."""
    told: dict[str, Any] = {
        "type": "entry",
        "line": done.line or None,
        "kind": done.kind,
        "name": done.name,
        "result": done.result.name.lower(),
    }
    if done.id:
        told["id"] = done.id
    if done.changes:
        told["changes"] = dict(done.changes)
    if done.joined:
        told["joined"] = done.joined
    if done.detail:
        told["detail"] = done.detail
    return orjson.dumps(told).decode()


def print_tally(tally: Tally) -> None:
    """What happened, or would happen: numbers, then who changes, then who was refused."""
    for result, number in tally.counts.items():
        if number or result in {Result.CREATED, Result.UPDATED, Result.UNCHANGED, Result.REFUSED}:
            click.echo(f"{number:>9,}  {result.value}")
    if tally.dry_run and tally.changed:
        click.echo()
        rows = [row for one in tally.changed for row in _changes(one)]
        print_table(("Line", "Name", "What", "Before", "After"), rows)
        _print_more(tally.changes - len(tally.changed))
    if tally.refusals:
        click.echo()
        told = [(one.line or "", one.name, one.detail) for one in tally.refusals]
        print_table(("Line", "Name", "Why it was refused"), told)
        _print_more(tally.refused - len(tally.refusals))
    if tally.dry_run:
        click.echo("\nThis was a dry run: nothing was written.")


def _changes(done: Imported) -> Iterator[tuple[Any, ...]]:
    line, name = done.line or "", done.name
    if done.joined:
        yield line, name, "members", "", f"{done.joined:,} more"
    for path, (before, after) in done.changes.items():
        yield line, name, path.rpartition(":")[2], _short(before), _short(after)
        line, name = "", ""


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _listed(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _listed(value: Any) -> str:
    """A value that is no text, for people.

    >>> _listed([{"value": "1", "type": "work"}, {"value": "2"}]), _listed(True)
    ('1 (work), 2', 'true')
    """
    if isinstance(value, list) and all(isinstance(one, dict) and "value" in one for one in value):
        kinds = [(one["value"], one.get("type")) for one in value]
        return ", ".join(f"{held} ({kind})" if kind else str(held) for held, kind in kinds)
    return orjson.dumps(value).decode()


def _print_more(number: int) -> None:
    if number > 0:
        click.echo(f"... and {number:,} more; --json tells all.")


def print_missing(first: Sequence[Stored], number: int) -> None:
    """Who would be deactivated; on standard error, beside a question or a refusal."""
    for stored in first:
        account = orjson.loads(stored.document)
        name = "".join(one if one.isprintable() else " " for one in account["userName"])
        click.echo(f"  not in the file: {name}", err=True)
    if number > len(first):
        click.echo(f"  ... and {number - len(first):,} more; --dry-run --json tells all.", err=True)
