"""What the operator does: organisations, what they allow, and their tokens."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from headcount.directory.access import COMMAND_LINE
from headcount.directory.tokens import SECRET_BYTES, Wish, is_good, new_token
from headcount.directory.types import RESOURCE_TYPES, types_of
from headcount.errors import InUse, InvalidValue, NotFound
from headcount.scim.custom import CustomAttribute, check_custom
from headcount.scim.filters import Present
from headcount.scim.messages import Query
from headcount.scim.paths import resolve
from headcount.store.model import Kind, Organisation, Policy, Token
from headcount.store.promise import Store
from headcount.store.visitors import Audited

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TOKEN_ID_BYTES = 5  # short enough to type; it opens nothing
_DOMAIN = re.compile(r"[^\s@]+\.[^\s@.]+")


@dataclass(frozen=True, slots=True)
class Organisations:
    """The organisations of a server. Whatever is done to them goes into the audit trail."""

    store: Store
    clock: Callable[[], datetime]
    chance: Callable[[int], bytes] = secrets.token_bytes

    async def create(
        self, slug: str, name: str, policy: Policy, *, actor: str = COMMAND_LINE
    ) -> Organisation:
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
        made = await self.store.add_organisation(slug, _named(name), checked(policy), self.clock())
        await self._note(actor, "organisation.created", made, slug=slug, name=name)
        return made

    async def update(
        self, slug: str, name: str | None, policy: Policy | None, *, actor: str = COMMAND_LINE
    ) -> Organisation:
        """Change the name or what the organisation allows; None leaves it."""
        given: dict[str, Any] = {} if name is None else {"name": _named(name)}
        if policy is not None:
            given["policy"] = checked(policy)
        before = await self.store.organisation(slug)
        after = await self.store.change_organisation(slug, lambda one: replace(one, **given))
        if changed := _changes(before, after):
            await self._note(actor, "organisation.changed", after, **changed)
        return after

    async def set_disabled(
        self, slug: str, *, disabled: bool, actor: str = COMMAND_LINE
    ) -> Organisation:
        """Close the organisation to every request, or open it again."""
        done = await self.store.change_organisation(
            slug, lambda one: replace(one, disabled=disabled)
        )
        await self._note(actor, f"organisation.{'disabled' if disabled else 'enabled'}", done)
        return done

    async def declare(
        self, slug: str, new: CustomAttribute, *, actor: str = COMMAND_LINE
    ) -> Organisation:
        """Add an attribute of the organisation's own to its schemas, from the next request on.

        Raises:
            InvalidValue: it cannot be one.
            Taken: there is an attribute of this name.
        """

        def declared(one: Organisation) -> Organisation:
            check_custom(new, one.attributes, RESOURCE_TYPES.values())
            return replace(one, attributes=(*one.attributes, new))

        done = await self.store.change_organisation(slug, declared)
        await self._note(actor, "attribute.declared", done, name=new.name, namespace=new.urn)
        return done

    async def withdraw(
        self, slug: str, urn: str, name: str, *, actor: str = COMMAND_LINE
    ) -> Organisation:
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
                done = await self.store.change_organisation(slug, partial(_without, one))
                await self._note(actor, "attribute.withdrawn", done, name=one.name, namespace=urn)
                return done
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

    async def issue(self, slug: str, wish: Wish, *, actor: str = COMMAND_LINE) -> tuple[str, Token]:
        """A new token, to be shown once, and what is kept of it."""
        organisation = await self.store.organisation(slug)
        secret = self.chance(SECRET_BYTES)
        token_id = self.chance(_TOKEN_ID_BYTES).hex()
        token, kept = new_token(secret, token_id, organisation.id, wish, self.clock())
        await self.store.add_token(kept)
        await self._note(actor, "token.issued", organisation, token=kept.id, label=kept.label)
        return token, kept

    async def rotate(
        self, slug: str, token_id: str, overlap: timedelta, *, actor: str = COMMAND_LINE
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
        await self._note(
            actor, "token.replaced", organisation, token=old.id, label=old.label, by=kept.id
        )
        return token, kept, ended

    async def tokens(self, slug: str) -> list[Token]:
        """The tokens of an organisation, the oldest first."""
        organisation = await self.store.organisation(slug)
        return await self.store.tokens(organisation.id)

    async def revoke(self, slug: str, token_id: str, *, actor: str = COMMAND_LINE) -> Token:
        """End a token at once, in every process."""
        organisation = await self.store.organisation(slug)
        gone = await self.store.revoke_token(organisation.id, token_id, self.clock())
        await self._note(actor, "token.revoked", organisation, token=gone.id, label=gone.label)
        return gone

    async def _note(self, actor: str, action: str, about: Organisation, **data: Any) -> None:
        await self.store.audit(Audited(self.clock(), actor, action, about.id, data))


def _changes(before: Organisation, after: Organisation) -> dict[str, list[Any]]:
    """Setting -> [before, after], of each that is not the same."""
    pairs = {name: [one, _facts(after)[name]] for name, one in _facts(before).items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _facts(one: Organisation) -> dict[str, Any]:
    return {
        "name": one.name,
        "username_format": one.policy.username_format.value,
        "allowed_domains": list(one.policy.allowed_domains),
        "seats": one.policy.seats,
    }


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
