"""Organisations and tokens as rows: which columns, and what they become. For every store."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from orjson import dumps, loads

from headcount.scim.custom import CustomAttribute
from headcount.store.model import (
    Counts,
    Organisation,
    OrgId,
    Policy,
    RoleRule,
    Token,
    UsernameFormat,
)

ORGANISATION = """o.id, o.slug, o.name, o.username_format, o.allowed_domains, o.seats, o.created,
    o.disabled, o.attributes, o.role_rules, o.users, o.active, o.owners, o.groups"""
KEPT = """t.id, t.org, t.label, t.digest, t.created, t.expires, t.last_used, t.revoked,
    t.read_only, t.strict, t.hint"""
TOKEN_WIDTH = 11


def instant(at: datetime) -> str:
    """A moment as it is stored and sent: RFC 3339 in UTC, with milliseconds.

    >>> instant(datetime(2026, 1, 2, tzinfo=UTC))
    '2026-01-02T00:00:00.000Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def instant_or_none(at: datetime | None) -> str | None:
    """The same, where there may be none."""
    return None if at is None else instant(at)


def moment(text: str | None) -> datetime | None:
    """The moment in a text of `instant`, where there is one."""
    return None if text is None else datetime.fromisoformat(text)


def readable(text: str) -> str:
    r"""The text, with a mark for each character that no database keeps: NUL and lone surrogates.

    >>> readable("Zoë"), readable("a\0b\ud800")
    ('Zoë', 'a\ufffdb?')
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def organisation_in(row: tuple[Any, ...]) -> Organisation:
    """The organisation in a row of `ORGANISATION`."""
    org, slug, name, username_format, domains, seats, created, disabled, *more = row
    attributes, rules, *counts = more
    return Organisation(
        id=OrgId(org),
        slug=slug,
        name=name,
        policy=Policy(UsernameFormat(username_format), tuple(loads(domains)), seats),
        created=datetime.fromisoformat(created),
        disabled=bool(disabled),
        attributes=_customs(attributes),
        role_rules=rules_in(rules),
        counts=Counts(*counts),
    )


def _customs(text: str) -> tuple[CustomAttribute, ...]:
    if text == "[]":
        return ()
    return tuple(
        CustomAttribute(**{**one, "canonical": tuple(one["canonical"])}) for one in loads(text)
    )


def rules_in(text: str) -> tuple[RoleRule, ...]:
    """The rules in a text of `rules_text`."""
    return () if text == "[]" else tuple(RoleRule(**one) for one in loads(text))


def rules_text(rules: Sequence[RoleRule]) -> str:
    """Rules as they are stored: a JSON list, in their order.

    >>> rules_text([RoleRule("7", "owner")])
    '[{"group":"7","role":"owner"}]'
    """
    return dumps(rules).decode()


def token_in(row: tuple[Any, ...]) -> Token:
    """The token in a row of `KEPT`."""
    token_id, org, label, digest, created, expires, last_used, revoked, *scope = row
    return Token(
        id=token_id,
        org=OrgId(org),
        label=label,
        digest=digest,
        created=datetime.fromisoformat(created),
        expires=moment(expires),
        last_used=moment(last_used),
        revoked=moment(revoked),
        read_only=bool(scope[0]),
        strict=bool(scope[1]),
        hint=scope[2],
    )


def policy_values(policy: Policy) -> tuple[Any, ...]:
    """What is written of a policy: format of names, domains, seats."""
    domains = dumps(policy.allowed_domains).decode()
    return policy.username_format.value, domains, policy.seats
