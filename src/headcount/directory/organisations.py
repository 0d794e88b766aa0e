"""What the operator does: organisations, what they allow, and their tokens."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from headcount.directory.tokens import SECRET_BYTES, Wish, is_good, new_token
from headcount.directory.types import RESOURCE_TYPES, types_of
from headcount.errors import InUse, InvalidValue, NotFound
from headcount.scim.custom import CustomAttribute, check_custom
from headcount.scim.filters import Present
from headcount.scim.messages import Query
from headcount.scim.paths import resolve
from headcount.store.model import Kind, Organisation, Policy, Token
from headcount.store.promise import Store

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOKEN_ID_BYTES = 5  # short enough to type; it opens nothing
_DOMAIN = re.compile(r"[^\s@]+\.[^\s@.]+")


@dataclass(frozen=True, slots=True)
class Organisations:
    """The organisations of a server."""

    store: Store
    clock: Callable[[], datetime]

    async def create(self, slug: str, name: str, policy: Policy) -> Organisation:
        """A new organisation. Its slug is the first label of its host name (RFC 1123 section 2.1).

        Raises:
            InvalidValue: the slug is no host name, or the policy makes no sense.
            Taken: there is one with this slug.
        """
        if not _SLUG.fullmatch(slug):
            raise InvalidValue(
                f"the slug {slug!r} must be lower-case letters, digits and hyphens, at most 63:"
                " it is part of the organisation's address"
            )
        return await self.store.add_organisation(slug, _named(name), checked(policy), self.clock())

    async def update(self, slug: str, name: str | None, policy: Policy | None) -> Organisation:
        """Change the name or what the organisation allows; None leaves it."""
        given: dict[str, Any] = {} if name is None else {"name": _named(name)}
        if policy is not None:
            given["policy"] = checked(policy)
        return await self.store.change_organisation(slug, lambda one: replace(one, **given))

    async def set_disabled(self, slug: str, *, disabled: bool) -> Organisation:
        """Close the organisation to every request, or open it again."""
        return await self.store.change_organisation(
            slug, lambda one: replace(one, disabled=disabled)
        )

    async def declare(self, slug: str, new: CustomAttribute) -> Organisation:
        """Add an attribute of the organisation's own to its schemas, from the next request on.

        Raises:
            InvalidValue: it cannot be one.
            Taken: there is an attribute of this name.
        """

        def declared(one: Organisation) -> Organisation:
            check_custom(new, one.attributes, RESOURCE_TYPES.values())
            return replace(one, attributes=(*one.attributes, new))

        return await self.store.change_organisation(slug, declared)

    async def withdraw(self, slug: str, urn: str, name: str) -> Organisation:
        """Take an attribute out of the schemas again, once no resource has a value of it.

        Raises:
            NotFound: the organisation declared no such attribute.
            InUse: accounts or groups still have values.
        """
        organisation = await self.store.organisation(slug)
        given = (urn.lower(), name.lower())
        for one in organisation.attributes:
            if (one.urn.lower(), one.name.lower()) == given:
                await self._check_unused(organisation, one)
                return await self.store.change_organisation(slug, partial(_without, one))
        raise NotFound(f"the organisation declared no attribute {name[:100]!r} in {urn[:150]}")

    async def _check_unused(self, organisation: Organisation, one: CustomAttribute) -> None:
        kind = Kind(one.resource)
        path = resolve(types_of(organisation.attributes)[kind], f"{one.urn}:{one.name}")
        assert path is not None
        held = await self.store.find(organisation.id, kind, Query(Present(path), count=0))
        if held.total:
            raise InUse(
                f"{held.total} {one.resource} resources have a value of {one.name}:"
                " clear it there first, or it would stay in their answers"
            )

    async def issue(self, slug: str, wish: Wish) -> tuple[str, Token]:
        """A new token, to be shown once, and what is kept of it."""
        organisation = await self.store.organisation(slug)
        secret = secrets.token_bytes(SECRET_BYTES)
        token_id = secrets.token_hex(_TOKEN_ID_BYTES)
        token, kept = new_token(secret, token_id, organisation.id, wish, self.clock())
        await self.store.add_token(kept)
        return token, kept

    async def rotate(
        self, slug: str, token_id: str, overlap: timedelta
    ) -> tuple[str, Token, Token]:
        """A new token like another one, which ends after `overlap`, or sooner by itself.

        The text of the new one, what is kept of it, and of the old one.

        Raises:
            NotFound: the organisation has no such token.
            InvalidValue: the old one has ended already.
        """
        organisation = await self.store.organisation(slug)
        tokens = await self.store.tokens(organisation.id)
        now = self.clock()
        for old in tokens:
            if old.id == token_id:
                break
        else:
            raise NotFound(f"the organisation has no token {token_id[:40]!r}")
        if not is_good(old, now):
            raise InvalidValue("this token has ended already; issue a new one")
        lifetime = old.expires - old.created if old.expires is not None else None
        token, kept = await self.issue(slug, Wish(old.label, lifetime, old.read_only, old.strict))
        until = now + overlap
        if overlap <= timedelta():
            ended = await self.store.revoke_token(organisation.id, old.id, now)
        else:
            ended = await self.store.change_token(
                organisation.id,
                old.id,
                lambda one: replace(
                    one, expires=until if one.expires is None else min(one.expires, until)
                ),
            )
        return token, kept, ended

    async def tokens(self, slug: str) -> list[Token]:
        """The tokens of an organisation, the oldest first."""
        organisation = await self.store.organisation(slug)
        return await self.store.tokens(organisation.id)

    async def revoke(self, slug: str, token_id: str) -> Token:
        """End a token at once, in every process."""
        organisation = await self.store.organisation(slug)
        return await self.store.revoke_token(organisation.id, token_id, self.clock())


def _without(unwanted: CustomAttribute, one: Organisation) -> Organisation:
    return replace(one, attributes=tuple(a for a in one.attributes if a != unwanted))


def _named(name: str) -> str:
    if not name.strip():
        raise InvalidValue("an organisation needs a name for people to read")
    return name


def checked(policy: Policy) -> Policy:
    """The policy with domains in the form in which they are compared.

    Raises:
        InvalidValue: a domain is none, or the number of seats is negative.
    """
    domains = tuple(domain.casefold().removeprefix("@") for domain in policy.allowed_domains)
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            raise InvalidValue(f"{domain!r} is not a domain such as example.com")
    if policy.seats is not None and policy.seats < 0:
        raise InvalidValue(f"the number of seats cannot be negative, such as {policy.seats}")
    return replace(policy, allowed_domains=tuple(dict.fromkeys(domains)))
