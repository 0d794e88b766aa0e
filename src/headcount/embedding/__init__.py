"""Headcount inside an application: mounted, followed by its functions, fed by its own tenants."""

from headcount.embedding.application import Headcount
from headcount.embedding.happening import Event
from headcount.embedding.recognising import Asked, Identity
from headcount.store.model import EventType

__all__ = ["Asked", "Event", "EventType", "Headcount", "Identity"]
