"""Exchanges as if they had happened: as many as a test needs, at once."""

from datetime import timedelta
from typing import Any

from headcount.bootstrap import Runtime, clock
from headcount.store.activity import Done, Exchange
from headcount.store.model import Kind, OrgId
from tests.serving import Site

OKTA = "Okta SCIM Client 1.0.0"


def an_exchange(site: Site, ago: timedelta = timedelta(), **given: Any) -> Exchange:
    """A look-up that went well, so long ago, but for what is given."""
    moment = (clock() - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    usual: dict[str, Any] = {
        "org": site.organisation.id,
        "at": moment,
        "duration": 430,
        "method": "GET",
        "path": "/Users",
        "status": 200,
        "kind": Kind.USER,
        "did": Done.READ,
        "client": OKTA,
        "detail": "read the users",
    }
    return Exchange(**usual | given)


def a_failure(site: Site, person: str = "", ago: timedelta = timedelta(), **given: Any) -> Exchange:
    """A request for somebody that was refused, because of a value or for what is given."""
    usual: dict[str, Any] = {
        "method": "POST",
        "status": 400,
        "did": Done.REFUSED,
        "person": person,
        "refusal": "InvalidValue",
        "detail": "active must be true or false, not 'perhaps'",
    }
    return an_exchange(site, ago, **usual | given)


def happen(site: Site, *exchanges: Exchange) -> None:
    """Let it have happened, and be counted."""

    async def kept(at: Runtime) -> None:
        tallies: dict[tuple[OrgId, str, Done], int] = {}
        for one in exchanges:
            if one.org is not None and one.did is not None:
                key = one.org, one.at[:10], one.did
                tallies[key] = tallies.get(key, 0) + 1
        await at.store.add_exchanges(exchanges, tallies)

    site.office.do(kept)
