"""How webhooks and what was sent to them look on a terminal, and in a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from headcount.cli.printing import day
from headcount.store.webhooks import TEST, Attempt, Endpoint, Waiting


def endpoint_object(one: Endpoint) -> dict[str, Any]:
    """A webhook for a program, without its secrets."""
    return {
        "id": one.id,
        "url": one.url,
        "label": one.label,
        "types": list(one.types),
        "created": one.created,
        "enabled": one.off_since is None,
        "disabled_at": one.off_since,
        "disabled_reason": one.off_reason,
        "failing_since": one.failing_since,
        "last_arrived": one.arrived,
        "paused_until": one.paused_until,
        "previous_secret_until": one.previous_until,
    }


def endpoint_facts(one: Endpoint) -> Mapping[str, Any]:
    """A webhook for people."""
    return {
        "Webhook": one.id,
        "Address": one.url,
        "Types": _types(one),
        "Label": one.label,
        "State": state_of(one),
    }


def endpoint_row(one: Endpoint, waiting: int) -> tuple[Any, ...]:
    """The same in a table."""
    address = f"{one.url} ({one.label})" if one.label else one.url
    arrived = day(one.arrived) or "never"
    return one.id, address, _types(one), state_of(one), f"{waiting:,}", arrived


def state_of(one: Endpoint) -> str:
    """Whether it works, in words."""
    if one.off_since is not None:
        return f"off since {day(one.off_since)}: {one.off_reason}"
    if one.failing_since is not None:
        return f"fails since {day(one.failing_since)}"
    return "on"


def _types(one: Endpoint) -> str:
    return ", ".join(one.types) or "all"


def attempt_object(one: Attempt, *, whole: bool = False) -> dict[str, Any]:
    """A try for a program."""
    brief = {
        "number": one.number,
        "position": None if one.position == TEST else one.position,
        "webhook_id": one.message,
        "at": one.at,
        "milliseconds": one.duration,
        "outcome": one.outcome,
        "status": one.status,
        "detail": one.detail,
        "url": one.url,
    }
    if not whole:
        return brief
    return brief | {
        "headers": dict(one.headers),
        "request": one.request.decode("utf-8", "replace"),
        "answer": one.answer.decode("utf-8", "replace"),
    }


def attempt_facts(one: Attempt) -> dict[str, Any]:
    """A try for people, whole."""
    return {
        "Address": one.url,
        "At (UTC)": _second(one.at),
        "Outcome": f"{one.outcome} in {one.duration} ms",
        "Status": one.status or "no answer",
        **({"Why": one.detail} if one.detail else {}),
        **dict(one.headers),
        "Request": one.request.decode("utf-8", "replace"),
        "Answer": one.answer.decode("utf-8", "replace"),
    }


def attempt_row(one: Attempt) -> tuple[Any, ...]:
    """The same in a table."""
    position = "test" if one.position == TEST else one.position
    status = one.status or ""
    took = f"{one.duration} ms"
    return one.number, position, _second(one.at), one.outcome, status, took, one.detail


def waiting_object(one: Waiting) -> dict[str, Any]:
    """What waits, for a program."""
    return {
        "position": one.position,
        "subject": one.subject,
        "tries": one.tries,
        "due": one.due,
        "detail": one.detail,
    }


def waiting_row(one: Waiting) -> tuple[Any, ...]:
    """The same in a table."""
    due = "at once" if one.due is None else _second(one.due)
    return one.position, one.subject, one.tries, due, one.detail


def _second(at: datetime) -> str:
    """A moment as people read it, to the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S")
