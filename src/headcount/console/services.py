"""What every page works with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from headcount.console.rendering import Renderer
from headcount.directory.directory import Directory
from headcount.directory.organisations import Organisations
from headcount.directory.visiting import Visiting
from headcount.scim.paths import Names
from headcount.settings import Settings
from headcount.store.promise import Store

PREFIX = "/console"


def never() -> bool:
    """False: a server that nobody ends."""
    return False


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
    names: Names  # which attribute a name means that an identity provider sends
    stopping: Callable[[], bool] = never  # whether the server ends, and open streams with it
