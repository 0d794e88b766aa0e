"""Headcount: an identity provider runs an organisation's accounts, over SCIM 2.0."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headcount.embedding import Asked, Event, EventType, Headcount, Identity

__version__ = "0.1.0"

__all__ = ["Asked", "Event", "EventType", "Headcount", "Identity", "__version__"]


def __getattr__(name: str) -> Any:
    """What an application embeds, loaded when it is asked for: commands do without it."""
    if name in __all__:
        return getattr(import_module("headcount.embedding"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
