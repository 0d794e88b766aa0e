"""What a request that changes something came to."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headcount.activity.finding import entries, name_of, text, truth, under, unpacked
from headcount.activity.memory import NOBODY, Known, version_of
from headcount.activity.phrases import Deed, Phrase, listed, named, short
from headcount.store.activity import Done
from headcount.store.model import Kind

_KEPT = frozenset({"schemas", "id", "meta"})  # what clients send along and mean nothing by


class Part(NamedTuple):
    """One attribute that a PATCH speaks of."""

    op: str  # in small letters
    path: str
    value: Any

    @property
    def name(self) -> str:
        """The path in small letters, which is how attributes are compared."""
        return self.path.lower()


class Subject(NamedTuple):
    """Whom a change was about."""

    kind: Kind
    id: str
    before: Known  # what was known of it
    after: str  # its name now

    def deed(self, past: str, plain: str, what: str, did: Done = Done.CHANGED) -> Deed:
        """Something that was done to it."""
        return Deed(Phrase(past, plain, what), did, self.after or self.before.name, self.id)

    @property
    def name(self) -> str:
        """How to call it in a sentence."""
        return named(self.kind, self.after or self.before.name)


def created(kind: Kind, request: Any, answer: Any) -> Deed:
    """What a POST came to."""
    name = name_of(answer) or name_of(request)
    inactive = " (not active)" if truth(under(request, "active")) is False else ""
    phrase = Phrase("created", "create", named(kind, name) + inactive)
    return Deed(phrase, Done.CREATED, name, text(under(answer, "id")))


def deleted(kind: Kind, resource: str, before: Known) -> Deed:
    """What a DELETE came to."""
    phrase = Phrase("deleted", "delete", named(kind, before.name))
    return Deed(phrase, Done.DELETED, before.name, resource)


def replaced(kind: Kind, resource: str, request: Any, answer: Any, before: Known = NOBODY) -> Deed:
    """What a PUT came to."""
    sent = name_of(request)
    subject = Subject(kind, resource, before, name_of(answer) or before.name or sent)
    if _is_same(before, answer):
        return _nothing(subject)
    active = truth(under(request, "active"))
    if kind is Kind.USER and active is False and before.active is not False:
        return subject.deed("deactivated", "deactivate", subject.name, Done.DEACTIVATED)
    if kind is Kind.USER and active is True and before.active is False:
        return subject.deed("reactivated", "reactivate", subject.name, Done.REACTIVATED)
    if before.name and sent and sent != before.name:
        return _renamed(subject, sent)
    return subject.deed("updated", "update", subject.name)


def patched(
    kind: Kind,
    resource: str,
    request: Any,
    answer: Any,
    before: Known = NOBODY,
    names: Mapping[str, str] | None = None,
) -> Deed:
    """What a PATCH came to.

    Args:
        kind: of the resource.
        resource: its id.
        request: JSON.
        answer: JSON, where there is some.
        before: what was known of the resource.
        names: of members, by id.
    """
    subject = Subject(kind, resource, before, name_of(answer) or before.name)
    if _is_same(before, answer):
        return _nothing(subject)
    parts = list(_parts(request))
    if kind is Kind.GROUP and parts and all(_is_of_members(one) for one in parts):
        return _membership(subject, parts, names or {})
    others = [one for one in parts if one.name != "active"]
    if kind is Kind.USER and (switched := _switched(subject, parts, others)):
        return switched
    if len(others) == 1 and _names_it(kind, others[0]) and (name := text(others[0].value)):
        return _renamed(subject, name)
    paths = list(dict.fromkeys(one.path for one in others or parts))
    what = f"{listed(paths)} of {subject.name}" if paths else subject.name
    return subject.deed("changed", "change", what)


def _switched(subject: Subject, parts: list[Part], others: list[Part]) -> Deed | None:
    """Somebody who may no longer come in, or may again."""
    stated = [truth(one.value) for one in parts if one.name == "active" and one.op != "remove"]
    active, before = stated[-1] if stated else None, subject.before.active
    paths = list(dict.fromkeys(one.path for one in others))
    what = subject.name + (f", with another {listed(paths)}" if paths else "")
    if active is False:
        return subject.deed("deactivated", "deactivate", what, Done.DEACTIVATED)
    if active is True and (before is False or (before is None and not others)):
        return subject.deed("reactivated", "reactivate", what, Done.REACTIVATED)
    return None


def _names_it(kind: Kind, part: Part) -> bool:
    return part.name == ("username" if kind is Kind.USER else "displayname")


def _renamed(subject: Subject, name: str) -> Deed:
    before = subject.before.name
    if not before or before == name:
        before = ""
    what = f"{named(subject.kind, before)} to {short(name)}"
    return subject.deed("renamed", "rename", what)


def _nothing(subject: Subject) -> Deed:
    return subject.deed("sent", "send", f"{subject.name} again; nothing changed", Done.READ)


def _is_same(before: Known, answer: Any) -> bool:
    """Whether the version in an answer is the one that was seen last."""
    return bool(before.version) and version_of(answer) == before.version


# ---- what a PATCH speaks of


def _parts(request: Any) -> Iterator[Part]:
    """Each attribute that a PATCH speaks of, whatever form it has."""
    for one in entries(under(request, "Operations")):
        op = text(under(one, "op")).lower()
        path, value = text(under(one, "path")), under(one, "value")
        if path:
            yield Part(op, plain(path), _with_filter(path, value))
            continue
        value = unpacked(value)
        if isinstance(value, Mapping):
            yield from _pathless(op, value)


def _pathless(op: str, value: Mapping[str, Any], before: str = "") -> Iterator[Part]:
    for key, one in value.items():
        if key.lower() in _KEPT:
            continue
        name = before + plain(key)
        if isinstance(one, Mapping) and one and (key.lower() == "name" or ":" in key):
            yield from _pathless(op, one, "" if ":" in key else name + ".")
        else:
            yield Part(op, name, one)


def plain(path: str) -> str:
    """A path without namespace and without filter: what people call the attribute.

    >>> plain("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName"), plain("emails[x pr]")
    ('name.givenName', 'emails')
    """
    name = path.partition("[")[0].strip()
    if name.lower().startswith("urn:"):
        name = name.rpartition(":")[2]
    return name


def _with_filter(path: str, value: Any) -> Any:
    """A member that is named in the brackets of a path, as the value that it stands for."""
    _, opened, where = path.partition("[")
    quoted = where.split('"')
    if opened and value is None and len(quoted) == 3:
        return [{"value": quoted[1]}]
    return value


# ---- members


def _is_of_members(part: Part) -> bool:
    return part.name == "members"


def _membership(subject: Subject, parts: list[Part], names: Mapping[str, str]) -> Deed:
    """Who joined a group, and who left it."""
    joined = [one for part in parts if part.op == "add" for one in _ids(part.value)]
    left = [one for part in parts if part.op == "remove" for one in _ids(part.value)]
    if any(part.op == "replace" for part in parts):
        number = len([one for part in parts for one in _ids(part.value)])
        return subject.deed("set", "set", f"the members of {subject.name} ({number:,})")
    if any(part.op == "remove" and part.value is None for part in parts):
        return subject.deed("removed", "remove", f"all members of {subject.name}")
    if joined and left:
        what = f"the members of {subject.name}: {len(joined):,} joined, {len(left):,} left"
        return subject.deed("changed", "change", what)
    if left:
        return subject.deed("removed", "remove", f"{_people(left, names)} from {subject.name}")
    return subject.deed("added", "add", f"{_people(joined, names)} to {subject.name}")


def _people(members: list[str], names: Mapping[str, str]) -> str:
    """One member by name where it is known, several by number."""
    distinct = list(dict.fromkeys(members))
    if len(distinct) == 1:
        return names.get(distinct[0]) or "a member"
    return f"{len(distinct):,} members"


def members_in(request: Any) -> list[str]:
    """The ids of the members that a PATCH speaks of, where there are few."""
    found = [one for part in _parts(request) if _is_of_members(part) for one in _ids(part.value)]
    return found if len(found) <= 2 else []


def _ids(value: Any) -> list[str]:
    value = unpacked(value)
    if isinstance(value, Mapping) and (inner := under(value, "members")) is not None:
        value = inner
    return [
        one if isinstance(one, str) else text(under(one, "value"))
        for one in entries(value)
        if isinstance(one, str | Mapping)
    ]
