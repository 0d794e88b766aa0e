"""An account or group of the organisation, as an application wants to know it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headcount.connectors.values import Account, Group
from headcount.store.model import Kind

Members = Mapping[str, Sequence[tuple[str, Kind]]]
"""Who is in each group, directly."""


def full_name(document: Mapping[str, Any]) -> str:
    """The best name that there is.

    >>> full_name({"userName": "ada", "name": {"givenName": "Ada", "familyName": "King"}})
    'Ada King'
    >>> full_name({"userName": "ada", "displayName": " ", "name": {"formatted": "Lady Ada"}})
    'Lady Ada'
    >>> full_name({"userName": "ada"})
    'ada'
    """
    return next(name for name in _names(document) if name)


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    name = document.get("name") or {}
    yield str(document.get("displayName") or "").strip()
    yield str(name.get("formatted") or "").strip()
    both = (str(name.get(part) or "").strip() for part in ("givenName", "familyName"))
    yield " ".join(part for part in both if part)
    yield str(document["userName"])


def address(document: Mapping[str, Any]) -> str:
    """The e-mail address: the userName where it is one, else the primary one, else the first.

    >>> address({"userName": "Ada@acme.test", "emails": [{"value": "a@home.test"}]})
    'Ada@acme.test'
    >>> emails = [{"value": "a@home.test"}, {"value": "a@acme.test", "primary": True}]
    >>> address({"userName": "ada", "emails": emails})
    'a@acme.test'
    >>> address({"userName": "ada"})
    ''
    """
    user_name = str(document["userName"])
    if is_address(user_name):
        return user_name
    emails = [entry for entry in document.get("emails") or () if entry.get("value")]
    emails.sort(key=lambda entry: not entry.get("primary"))
    return str(emails[0]["value"]) if emails else ""


def is_address(text: str) -> bool:
    """Whether a text looks like an e-mail address."""
    local, at, domain = text.rpartition("@")
    return bool(at and local and domain) and not any(letter.isspace() for letter in text)


def account(document: Mapping[str, Any]) -> Account:
    """The account in a SCIM document (RFC 7643 section 4.1), with its `id`."""
    return Account(
        id=document["id"],
        user_name=document["userName"],
        address=address(document),
        name=full_name(document),
        active=document.get("active") is True,
        role=document.get("role") or "member",
    )


def groups(names: Mapping[str, str], members: Members) -> tuple[Group, ...]:
    """The groups with everybody who is in them, also through groups in groups.

    >>> inner, outer = [("ada", Kind.USER)], [("in", Kind.GROUP), ("bob", Kind.USER)]
    >>> found = groups({"out": "All", "in": "Some"}, {"in": inner, "out": outer})
    >>> [(one.name, sorted(one.members)) for one in found]
    [('All', ['ada', 'bob']), ('Some', ['ada'])]
    """
    return tuple(Group(id_, name, _everybody(id_, members)) for id_, name in names.items())


def _everybody(group: str, members: Members) -> frozenset[str]:
    seen, people, waiting = {group}, set(), [group]
    while waiting:
        for member, kind in members.get(waiting.pop(), ()):
            if kind is Kind.USER:
                people.add(member)
            elif member not in seen:
                seen.add(member)
                waiting.append(member)
    return frozenset(people)
