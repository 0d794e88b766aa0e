"""How a page is drawn: Jinja2, everything escaped, and a few ways to show things to people."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from headcount.console.showing import browser, duration, visible

_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (30, "day"), (12, "month"))


SENTENCES = {
    "saved": "Saved.",
    "created": "Created.",
    "revoked": "Revoked. It opens nothing any more.",
    "removed": "Removed.",
    "arrived": "The test event arrived.",
    "on": "Switched on.",
    "off": "Switched off. What happens meanwhile waits.",
    "applying": "It has begun, and goes on when you leave this page.",
    "follows": "Switched on: it follows the events.",
    "still": "Switched off: it follows no events.",
    "invited": "Invited.",
    "signed-out": "The browser was signed out.",
    "deactivated": "Deactivated.",
    "reactivated": "Reactivated.",
    "role": "The role was changed.",
    "own-role": "Kept. The account has this role once no rule gives it another.",
    "ruled": "Saved. Every account has the role that the rules give it.",
}
"""What a page says after something was done: `?told=` and the name."""


class Renderer:
    """Draws templates of the console."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._environment = Environment(
            loader=PackageLoader("headcount.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            ago=self.ago,
            day=day,
            number=number,
            sentence=sentence,
            visible=visible,
            duration=duration,
            browser=browser,
        )
        self._environment.globals.update(
            prefix="/console", build=_build(), csrf=_csrf, sentences=SENTENCES
        )

    def render(self, template: str, **values: Any) -> str:
        """The text of a page."""
        return self._environment.get_template(template).render(now=self._clock(), **values)

    def ago(self, moment: datetime | str | None, nothing: str = "never") -> Markup | str:
        """A time as people say it, with the exact one for whoever points at it."""
        if moment is None or moment == "":
            return nothing
        exact = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
        exact = exact.astimezone(UTC)
        text = relative((exact - self._clock()).total_seconds())
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            exact.isoformat(timespec="seconds"), exact.strftime("%Y-%m-%d %H:%M:%S UTC"), text
        )


def relative(seconds: float) -> str:
    """A distance in time from now in words.

    >>> relative(-5), relative(-300), relative(7200), relative(-86400 * 400)
    ('just now', '5 minutes ago', 'in 2 hours', '1 year ago')
    """
    if abs(seconds) < 10:
        return "just now"
    amount, unit = abs(seconds), "year"
    for most, name in _STEPS:
        if amount < most:
            unit = name
            break
        amount /= most
    whole = int(amount)
    words = f"{whole} {unit}{'' if whole == 1 else 's'}"
    return f"in {words}" if seconds > 0 else f"{words} ago"


def day(moment: datetime | None) -> str:
    """The day of a time, such as `2026-11-25`."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d")


def number(value: int) -> str:
    """A number with its thousands apart.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{value:,}"


def sentence(text: str) -> str:
    """A detail of a refusal as a sentence of its own.

    >>> sentence("the token is not known here")
    'The token is not known here.'
    >>> sentence("https://chat.acme.test cannot be reached.")
    'https://chat.acme.test cannot be reached.'
    """
    if not text:
        return text
    first = text[0] if "://" in text.split(" ", 1)[0] else text[0].upper()
    return first + text[1:] + ("" if text[-1] in ".!?" else ".")


def _csrf(visit: Any) -> Markup:
    """The hidden field that every form of a session carries."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(visit.secret)


def _build() -> str:
    """What changes with the files that browsers keep."""
    static = files("headcount.console") / "static"
    parts = [(static / name).read_bytes() for name in ("console.css", "console.js")]
    return sha256(b"".join(parts)).hexdigest()[:12]
