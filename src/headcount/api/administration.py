"""Organisations and the tokens of their identity providers."""

from dataclasses import replace
from datetime import timedelta
from itertools import dropwhile
from typing import Annotated, Any

from fastapi import Path
from starlette.responses import Response

from headcount.api.calls import ACall, APlace, Slug
from headcount.api.people import Cursor, Limit, answered
from headcount.api.shapes import NewOrganisation, OrganisationChange, TokenWish
from headcount.directory.tokens import Wish
from headcount.errors import Forbidden
from headcount.store.model import Organisation, Policy, Token, UsernameFormat
from headcount.store.records import instant, instant_or_none


async def list_organisations(call: ACall, limit: Limit = 100, cursor: Cursor = "") -> Response:
    """List the organisations that the key opens, by slug."""
    if call.key.slug is not None:
        only = await call.organisation(call.key.slug)
        found = [only] if only.slug > cursor else []
    else:
        found = await call.store.organisations(cursor, limit + 1)
    following = found[limit - 1].slug if len(found) > limit else None
    told = [organisation_object(one) for one in found[:limit]]
    return answered({"organisations": told, "next_cursor": following})


async def create_organisation(call: ACall, wish: NewOrganisation) -> Response:
    """Create an organisation. It takes a key that opens every organisation."""
    if call.key.org is not None:
        raise Forbidden(
            f"the key {call.key.label!r} opens one organisation alone, and creates none: issue one"
            " without --org"
        )
    policy = Policy(UsernameFormat(wish.username_format), tuple(wish.allowed_domains), wish.seats)
    operations = call.services.organisations
    made = await operations.create(wish.slug, wish.name, policy, actor=call.actor)
    return answered(organisation_object(made), 201)


async def read_organisation(place: APlace) -> Response:
    """Read an organisation, with how much it has."""
    return answered(organisation_object(place.organisation))


async def change_organisation(place: APlace, slug: Slug, wish: OrganisationChange) -> Response:
    """Change the name of an organisation or what it allows; disable it, or enable it again."""
    given, actor = wish.model_fields_set, place.call.actor
    operations = place.call.services.organisations
    policy = place.organisation.policy
    if "username_format" in given and wish.username_format is not None:
        policy = replace(policy, username_format=UsernameFormat(wish.username_format))
    if wish.allowed_domains is not None:
        policy = replace(policy, allowed_domains=tuple(wish.allowed_domains))
    if "seats" in given:
        policy = replace(policy, seats=wish.seats)
    after = await operations.update(slug, wish.name, policy, actor=actor)
    if wish.disabled is not None and wish.disabled != after.disabled:
        after = await operations.set_disabled(slug, disabled=wish.disabled, actor=actor)
    return answered(organisation_object(after))


async def list_tokens(
    place: APlace, slug: Slug, limit: Limit = 100, cursor: Cursor = ""
) -> Response:
    """List the tokens of an organisation, the oldest first."""
    found = await place.call.services.organisations.tokens(slug)
    if cursor:
        found = list(dropwhile(lambda one: one.id != cursor, found))[1:]
    following = found[limit - 1].id if len(found) > limit else None
    told = [token_object(one) for one in found[:limit]]
    return answered({"tokens": told, "next_cursor": following})


async def issue_token(place: APlace, slug: Slug, wish: TokenWish) -> Response:
    """Issue a token to an identity provider. The answer shows it, and nothing ever again."""
    days = wish.expires_in_days
    lifetime = None if days is None else timedelta(days=days)
    operations = place.call.services.organisations
    text, kept = await operations.issue(
        slug, Wish(wish.label, lifetime, wish.read_only), actor=place.call.actor
    )
    return answered({**token_object(kept), "token": text}, 201)


async def revoke_token(
    place: APlace,
    slug: Slug,
    token: Annotated[str, Path(alias="id", description="The id of the token.")],
) -> Response:
    """End a token at once and for good."""
    operations = place.call.services.organisations
    return answered(token_object(await operations.revoke(slug, token, actor=place.call.actor)))


def organisation_object(one: Organisation) -> dict[str, Any]:
    """An organisation with how much it has."""
    return {
        "slug": one.slug,
        "name": one.name,
        "disabled": one.disabled,
        "created": instant(one.created),
        "username_format": one.policy.username_format,
        "allowed_domains": list(one.policy.allowed_domains),
        "seats": one.policy.seats,
        "accounts": one.counts.users,
        "active_accounts": one.counts.active,
        "owners": one.counts.owners,
        "groups": one.counts.groups,
    }


def token_object(token: Token) -> dict[str, Any]:
    """What is known of a token."""
    return {
        "id": token.id,
        "label": token.label,
        "hint": token.hint,
        "created": instant(token.created),
        "expires": instant_or_none(token.expires),
        "last_used": instant_or_none(token.last_used),
        "revoked": instant_or_none(token.revoked),
        "read_only": token.read_only,
        "strict": token.strict,
    }
