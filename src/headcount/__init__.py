"""Headcount: an identity provider runs an organisation's accounts, over SCIM 2.0."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headcount.embedding import Asked, Event, EventType, Headcount, Identity
    from headcount.remote import Batch, Feed

__version__ = "0.1.0"

_ELSEWHERE = {"Batch", "Feed"}  # for an application that Headcount is not inside of

__all__ = [
    "Asked",
    "Batch",
    "Event",
    "EventType",
    "Feed",
    "Headcount",
    "Identity",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """What an application embeds, loaded when it is asked for: commands do without it."""
    if name in __all__:
        room = "headcount.remote" if name in _ELSEWHERE else "headcount.embedding"
        return getattr(import_module(room), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
