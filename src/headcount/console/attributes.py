"""The attributes of an account or a group as rows that people read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_APART = frozenset({"schemas", "id", "meta"})
_MOST_ROWS = 500
_LONGEST = 300  # characters of a value


class Row(NamedTuple):
    """One value."""

    path: str  # as events name the attribute
    label: str
    value: str


def rows_of(document: Mapping[str, Any]) -> list[Row]:
    """The values in a document, nested ones by their paths, entries of lists one by one.

    >>> [(row.label, row.value) for row in rows_of({"name": {"givenName": "Ada"}, "active": True,
    ...     "emails": [{"value": "a@b.test", "type": "work", "primary": True}]})]
    [('active', 'true'), ('emails 1', 'a@b.test (work, primary)'), ('name.givenName', 'Ada')]
    """
    found: list[Row] = []
    for row in _rows(document, "", ""):
        found.append(row)
        if len(found) == _MOST_ROWS:
            break
    return found


def _rows(node: Mapping[str, Any], above: str, label: str) -> Iterator[Row]:
    for name in sorted(node):
        value = node[name]
        if not above and name in _APART:
            continue
        path, shown = above + name, label + _label(name)
        if isinstance(value, dict):
            mark = ":" if name.startswith("urn:") else "."
            yield from _rows(value, path + mark, shown + (" " if mark == ":" else "."))
        elif isinstance(value, list):
            for number, entry in enumerate(value, start=1):
                yield Row(path, f"{shown} {number}", short(_entry(entry)))
        else:
            yield Row(path, shown, short(plain(value)))


def _label(name: str) -> str:
    """The name of an attribute; of the schema of an extension, what tells it from others.

    >>> _label("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"), _label("title")
    ('enterprise', 'title')
    """
    parts = name.split(":")
    return parts[-3] if name.startswith("urn:") and len(parts) > 3 else name


def _entry(entry: Any) -> str:
    """One entry of a list: its value, and what is said of it."""
    if not isinstance(entry, dict):
        return plain(entry)
    told = [plain(entry["type"])] if entry.get("type") else []
    told += ["primary"] if entry.get("primary") is True else []
    rest = {key: one for key, one in entry.items() if key not in {"value", "type", "primary"}}
    told += [f"{key}: {plain(one)}" for key, one in rest.items()]
    if "value" not in entry:
        return ", ".join(told)
    return plain(entry["value"]) + (f" ({', '.join(told)})" if told else "")


def listed(value: Any) -> str:
    """A value of any form as text.

    >>> listed([{"value": "a@b.test", "type": "work"}, {"value": "c@d.test"}]), listed({"a": "ö"})
    ('a@b.test (work), c@d.test', '{"a": "ö"}')
    """
    return ", ".join(map(_entry, value)) if isinstance(value, list) else plain(value)


def plain(value: Any) -> str:
    """A single value as text.

    >>> plain(True), plain("x"), plain(None), plain([1])
    ('true', 'x', 'null', '[1]')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def short(text: str) -> str:
    """A text that fits into a cell."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
