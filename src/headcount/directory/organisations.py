"""What the operator does: organisations, what they allow, and their tokens."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from headcount.directory.tokens import SECRET_BYTES, Wish, new_token
from headcount.errors import InvalidValue
from headcount.store.model import Organisation, Policy, Token
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
        organisation = await self.store.organisation(slug)
        changed = replace(
            organisation,
            name=organisation.name if name is None else _named(name),
            policy=organisation.policy if policy is None else checked(policy),
        )
        return await self.store.set_organisation(changed)

    async def set_disabled(self, slug: str, *, disabled: bool) -> Organisation:
        """Close the organisation to every request, or open it again."""
        organisation = await self.store.organisation(slug)
        return await self.store.set_organisation(replace(organisation, disabled=disabled))

    async def issue(self, slug: str, wish: Wish) -> tuple[str, Token]:
        """A new token, to be shown once, and what is kept of it."""
        organisation = await self.store.organisation(slug)
        secret = secrets.token_bytes(SECRET_BYTES)
        token_id = secrets.token_hex(_TOKEN_ID_BYTES)
        token, kept = new_token(secret, token_id, organisation.id, wish, self.clock())
        await self.store.add_token(kept)
        return token, kept

    async def tokens(self, slug: str) -> list[Token]:
        """The tokens of an organisation, the oldest first."""
        organisation = await self.store.organisation(slug)
        return await self.store.tokens(organisation.id)

    async def revoke(self, slug: str, token_id: str) -> Token:
        """End a token at once, in every process."""
        organisation = await self.store.organisation(slug)
        return await self.store.revoke_token(organisation.id, token_id, self.clock())


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
