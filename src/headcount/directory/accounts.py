"""What an account shall look like, given what stood and what was sent. Pure: no store, no clock."""

from collections.abc import Collection
from typing import Any

from headcount.errors import InvalidValue
from headcount.scim.resources import Document, check_required, without_empty
from headcount.scim.schemas import DEFAULT_ROLE, ROLES, USER_TYPE
from headcount.store.model import Policy, UsernameFormat
from headcount.store.roles import NO_ROLE


def created(sent: Document, policy: Policy) -> Document:
    """A new account: active unless it says otherwise, a `member` unless it says otherwise."""
    account = without_empty(sent)
    account.setdefault("active", True)
    account["role"] = sent.get("role") or role_among(sent) or DEFAULT_ROLE
    account.setdefault("displayName", derived_name(account))
    check(account, policy)
    return account


def replaced(before: Document, sent: Document, policy: Policy) -> Document:
    """PUT: what is not sent is cleared, but whether the account is active and which role it has.

    Clients leave those out when nobody mapped them, and a server may keep them (RFC 7644 section
    3.5.1): a change of name must not switch anybody on or demote anybody.
    """
    account = without_empty(sent)
    account.setdefault("active", before.get("active"))
    account["role"] = sent.get("role") or role_among(sent) or before.get("role")
    account = without_empty(account)
    account.setdefault("displayName", derived_name(account))
    check(account, policy)
    return account


def patched(
    before: Document, after: Document, touched: Collection[str], policy: Policy
) -> Document:
    """PATCH: what the operations made of `before`, where they name the attributes `touched`."""
    account = without_empty(after)
    if "role" not in touched and "roles" in touched and (stated := role_among(account)):
        account["role"] = stated
    if "displayName" not in touched and before.get("displayName") == derived_name(before):
        account["displayName"] = derived_name(account)
    check(account, policy)
    return account


def under_rule(before: Document, after: Document) -> tuple[Document, str]:
    """A change of an account whose role a rule gives: that stays, and what was sent is its own.

    >>> under_rule({"role": "owner"}, {"role": "guest", "title": "x"})
    ({'role': 'owner', 'title': 'x'}, 'guest')
    """
    return without_empty({**after, "role": before.get("role")}), after.get("role") or NO_ROLE


def is_active(account: Document) -> bool:
    """Whether the account may be used. One whose `active` was removed may not."""
    return account.get("active") is True


def role_of(account: Document) -> str:
    """What the account may do; one whose `role` was removed is a member."""
    return str(account.get("role") or DEFAULT_ROLE)


def derived_name(account: Document) -> str | None:
    """The name to show when nobody chose one.

    >>> derived_name({"userName": "ada", "name": {"givenName": "Ada", "familyName": "King"}})
    'Ada King'
    """
    name: dict[str, str] = account.get("name") or {}
    if formatted := name.get("formatted"):
        return formatted
    parts = [name[part] for part in ("givenName", "familyName") if name.get(part)]
    return " ".join(parts) or account.get("userName")


def role_among(account: Document) -> str | None:
    """The role that the standard `roles` state: the primary entry first, then the first of ours."""
    entries = [entry for entry in account.get("roles") or [] if isinstance(entry, dict)]
    entries.sort(key=lambda entry: entry.get("primary") is not True)
    for entry in entries:
        if (value := str(entry.get("value", "")).casefold()) in ROLES:
            return value
    return None


def check(account: Document, policy: Policy) -> None:
    """Refuse an account that the organisation does not take.

    Raises:
        InvalidValue: no userName, or one of the wrong form or domain.
    """
    check_required(account, USER_TYPE)
    name: str = account["userName"]
    _, at, domain = name.rpartition("@")
    if policy.username_format is UsernameFormat.EMAIL and not _is_address(name):
        raise InvalidValue(f"userName must be an e-mail address here, not {name[:200]!r}")
    if policy.allowed_domains and not (at and domain.casefold() in policy.allowed_domains):
        allowed = ", ".join(policy.allowed_domains)
        raise InvalidValue(
            f"userName {name[:200]!r} is not of a domain that this organisation allows: {allowed}"
        )


def _is_address(name: str) -> bool:
    local, at, domain = name.rpartition("@")
    has_space = any(character.isspace() for character in name)
    return bool(local and at and "." in domain and not has_space)


def is_same(before: Document, after: Document) -> bool:
    """Whether nothing changed but the order in which attributes are written."""
    return _apart(before) == _apart(after)


def _apart(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in {"schemas", "id"}}
