"""What happened, step by step, and how the accounts stand at the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that Okta did, as a person would tell it."""

    who: str
    what: str
    ok: bool
    duration: timedelta
    detail: str = ""  # what went wrong, with the HTTP status and the server's own words


Tell: TypeAlias = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the server shows it at the end."""

    id: str
    user_name: str
    name: str
    role: str
    active: bool
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole conversation."""

    steps: tuple[Step, ...]
    accounts: tuple[Account, ...] = field(default=())

    @property
    def failed(self) -> int:
        """How many steps did not do what they should."""
        return sum(not step.ok for step in self.steps)

    @property
    def exit_status(self) -> int:
        """What a command ends with: 0, or 1 if any step went wrong."""
        return 1 if self.failed else 0

    @property
    def duration(self) -> timedelta:
        """How long all steps took together."""
        return sum((step.duration for step in self.steps), timedelta())
