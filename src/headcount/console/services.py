"""What every page works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from headcount.console.rendering import Renderer
from headcount.directory.directory import Directory
from headcount.directory.organisations import Organisations
from headcount.directory.types import Types
from headcount.directory.visiting import Visiting
from headcount.settings import Settings
from headcount.store.activity import Exchange
from headcount.store.promise import Store

PREFIX = "/console"


class Understanding(Protocol):
    """Reads a recorded request once more."""

    def __call__(
        self, exchange: Exchange, types: Types, *, strict: bool = False
    ) -> Mapping[str, Any] | None:
        """What it meant after tolerance, or None where it said nothing beside its address."""


def _none() -> int:
    return 0


def never() -> bool:
    """False: a server that nobody ends."""
    return False


def _nothing(
    exchange: Exchange,  # noqa: ARG001 - as the protocol names it
    types: Types,  # noqa: ARG001
    *,
    strict: bool = False,  # noqa: ARG001
) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """The operations, and how a page is drawn."""

    store: Store
    directory: Directory
    organisations: Organisations
    visiting: Visiting
    settings: Settings
    clock: Callable[[], datetime]
    renderer: Renderer
    understood: Understanding = _nothing
    dropped: Callable[[], int] = _none  # requests that this process answered and did not record
    stopping: Callable[[], bool] = never  # whether the server ends, and open streams with it
