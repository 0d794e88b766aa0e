"""Accounts and groups out of JSON lines: what `headcount export` writes, or SCIM as it is."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from headcount.directory.importing.entries import AnySetting, Entry, Setting, broken
from headcount.directory.importing.files import Source
from headcount.directory.types import Types
from headcount.scim.attributes import Mutability, ResourceType
from headcount.scim.operations import Target
from headcount.scim.paths import AttrPath
from headcount.scim.resources import find_attribute
from headcount.scim.schemas import ENTERPRISE_URN
from headcount.store.model import Kind

_KINDS = {"account": Kind.USER, "group": Kind.GROUP}
_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}
_OF_NO_RESOURCE = {"organisation", "position"}
_APART = {"members", "schemas"}
_UNKEPT = {Mutability.READ_ONLY, Mutability.WRITE_ONLY}


def read_objects(source: Source, types: Types) -> Iterator[Entry]:
    """The accounts and groups of a file with one JSON object on each line.

    Raises:
        InvalidValue: a line is no such object, or names an attribute that nobody knows.
    """
    for number, line in source.lines():
        if text := line.strip():
            entry = _entry(number, _object(number, text), types)
            if entry is not None:
                yield entry


def _object(number: int, text: str) -> dict[str, Any]:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise broken(number, f"it is no JSON at character {wrong.colno}: {wrong.msg}") from None
    if not isinstance(read, dict):
        raise broken(number, "it is no JSON object")
    if "\\u0000" in text and _has_nul(read):
        raise broken(number, "a text holds the character NUL, which no attribute can hold")
    return read


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_has_nul(part) for part in value)


def _entry(number: int, read: dict[str, Any], types: Types) -> Entry | None:
    form = read.get("type")
    if form in _OF_NO_RESOURCE:
        return None
    if form == "members":
        members = _members(number, read)
        return Entry(number, Kind.GROUP, "", keys=(f"id:{read.get('group')}",), members=members)
    if isinstance(form, str) and form in _KINDS:
        body = read.get(form)
        if not isinstance(body, dict):
            raise broken(number, f"a line of the type {form} has an object named {form}")
        return _resource(number, body, _KINDS[form], types)
    if "userName" in read:
        return _resource(number, read, Kind.USER, types)
    if "displayName" in read:
        return _resource(number, read, Kind.GROUP, types)
    raise broken(number, "it is neither an account with userName nor a group with displayName")


def _resource(number: int, body: dict[str, Any], kind: Kind, types: Types) -> Entry:
    name, external_id = body.get(_NAMES[kind]), body.get("externalId")
    if not isinstance(name, str) or not isinstance(external_id, str | None):
        raise broken(number, f"{_NAMES[kind]} and externalId must be texts")
    stated, manager = _without_manager(body)
    called = body.get("id")
    return Entry(
        number,
        kind,
        name.strip(),
        external_id or None,
        tuple(_settings(number, stated, types[kind])),
        keys=(f"id:{called}" if isinstance(called, str) else f"line:{number}",),
        members=_members(number, body) if kind is Kind.GROUP else (),
        manager=manager,
    )


def _settings(number: int, body: Mapping[str, Any], kind: ResourceType) -> Iterator[AnySetting]:
    for key, value in body.items():
        attribute = find_attribute(kind, key)
        if attribute is None:
            raise broken(
                number,
                f"no {kind.name} here has an attribute {key[:100]!r}; declare it with headcount"
                " schema add-attribute",
            )
        if attribute.mutability not in _UNKEPT and attribute.name not in _APART:
            yield Setting(Target(AttrPath((attribute,))), value)


def _without_manager(body: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """An account without its manager, whose id is another where it is imported; and that id."""
    known = body.get(ENTERPRISE_URN)
    manager = known.get("manager") if isinstance(known, dict) else None
    value = manager.get("value") if isinstance(manager, dict) else None
    if not isinstance(known, dict) or not isinstance(value, str):
        return body, None
    rest = {name: part for name, part in known.items() if name != "manager"}
    others = {name: part for name, part in body.items() if name != ENTERPRISE_URN}
    return {**others, ENTERPRISE_URN: rest} if rest else others, f"id:{value}"


def _members(number: int, body: Mapping[str, Any]) -> tuple[str, ...]:
    listed = body.get("members") or []
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("value"), str) for one in listed
    ):
        raise broken(number, "members must be a list of objects, each with a value")
    return tuple(dict.fromkeys(f"id:{one['value']}" for one in listed))
