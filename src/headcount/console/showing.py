"""How what others sent is shown: as it is, and so that it cannot pretend to be something else."""

import re
from typing import Any

import orjson

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb]"
)
_LONGEST = 300  # characters of a value in a line
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    *((one, one) for one in ("Firefox", "Chrome", "Safari")),
)
_SYSTEMS = (
    *((one, one) for one in ("Android", "iPhone", "iPad", "Windows")),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def visible(text: str) -> str:
    r"""A text in which nobody can hide anything: marks that turn text around are spelled out.

    >>> visible("ada\u202egnp.exe"), visible("a\tb\nc")
    ('ada\\u202egnp.exe', 'a\tb\nc')
    """
    return _HIDDEN.sub(lambda mark: f"\\u{ord(mark[0]):04x}", text)


def pretty(body: bytes) -> str:
    r"""A body for people: JSON in lines where it is JSON, and otherwise as it came.

    >>> pretty(b'{"a":[]}'), pretty(b"\xffno"), pretty(b'{"a": ')
    ('{\n  "a": []\n}', '\ufffdno', '{"a": ')
    """
    try:
        value = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return visible(body.decode("utf-8", "replace"))
    return pretty_value(value)


def pretty_value(value: Any) -> str:
    """JSON in lines."""
    return visible(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())


def short(value: Any) -> str:
    """A value of an attribute in a line.

    >>> short(None), short(True), short("Ada"), short([{"value": "a@b.test"}])
    ('nothing', 'true', 'Ada', '[{"value":"a@b.test"}]')
    """
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    text = visible(text.replace("\n", " "))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def duration(microseconds: int) -> str:
    """How long something took.

    >>> duration(430), duration(12_400), duration(3_260_000)
    ('0.4 ms', '12 ms', '3.3 s')
    """
    milliseconds = microseconds / 1_000
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1_000:.1f} s"


def browser(agent: str) -> str:
    """A browser as people call it; one that nobody knows as it calls itself.

    >>> browser("Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0")
    'Firefox on Linux'
    >>> browser("Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Mobile/15E148 Safari/604.1")
    'Safari on iPhone'
    >>> browser("curl/8.5.0")
    'curl/8.5.0'
    """
    name = next((name for mark, name in _BROWSERS if f"{mark}/" in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{name} on {system}" if name and system else visible(agent)
