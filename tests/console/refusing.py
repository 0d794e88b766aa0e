"""Requests that a server refuses, one for each reason that an administrator may meet."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3

from headcount.bootstrap import Runtime, clock
from headcount.directory.tokens import Wish
from headcount.directory.walking import Walker
from headcount.errors import (
    ExpiredCursor,
    InvalidCount,
    InvalidCursor,
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    LastOwner,
    MethodNotAllowed,
    Mutability,
    NoTarget,
    NotFound,
    NotImplementedHere,
    OrganisationDisabled,
    ReadOnlyToken,
    ScimError,
    SeatsTaken,
    Taken,
    TooLarge,
    TooMany,
    Unauthorized,
    UnsupportedMediaType,
    VersionMismatch,
)
from headcount.scim.cursors import TIMEOUT
from headcount.scim.messages import Position, Query
from headcount.scim.operations import PATCH_URN
from headcount.scim.schemas import USER_URN
from headcount.store.model import Kind, Policy, UsernameFormat
from headcount.web.authentication import TokenRefused
from tests.serving import Site
from tests.web.client import Client

BASE_DOMAIN = "scim.test"
LARGEST = 1_000_000  # bytes of a body
PASSWORD = "Geh3im-Wort"
OKTA = {"User-Agent": "Okta SCIM Client 1.0.0", "X-Api-Key": PASSWORD}

Answered = int | urllib3.BaseHTTPResponse


@dataclass(frozen=True)
class Connection:
    """What an identity provider knows: its organisation, a token, two people and a group."""

    site: Site
    ask: Client
    ada: str  # the only owner
    grace: str
    staff: str

    @property
    def host(self) -> str:
        """The name of the server by which the organisation is known."""
        return f"{self.site.slug}.{BASE_DOMAIN}"

    def issued(self, **wish: bool) -> Client:
        """The same with a token of another kind."""
        return replace(self.ask, token=self.site.issue("okta", **wish))

    def post(self, **attributes: Any) -> Answered:
        """Create somebody, with a password."""
        body = {"userName": "linus@acme.test", "password": PASSWORD, **attributes}
        return self.ask("POST", "/Users", body)

    def patch(self, *operations: dict[str, Any], of: str = "", **headers: str) -> Answered:
        """Change somebody, and their password with it."""
        setting = {"op": "replace", "path": "password", "value": PASSWORD}
        body = {"schemas": [PATCH_URN], "Operations": [setting, *operations]}
        return self.ask("PATCH", of or f"/Users/{self.grace}", body, **headers)

    def listed(self, query: str) -> Answered:
        """Look through the accounts."""
        return self.ask("GET", f"/Users?access_token={PASSWORD}&{query}")


def connected(site: Site) -> Connection:
    """A connection that works."""
    ask = Client(site.base_url, site.token, OKTA)
    ada = ask.create("ada@acme.test", role="owner")
    grace = ask.create("grace@acme.test")
    return Connection(site, ask, ada, grace, ask.create_group("Staff", grace))


class Refused(NamedTuple):
    """A request that is refused, why, and what an administrator is told."""

    by: type[ScimError]
    act: Callable[[Connection], Answered]
    cause: str  # a part of the sentence
    remedy: str
    policy: Policy = Policy()


def set_(path: str | None, value: Any, op: str = "replace") -> dict[str, Any]:
    """One operation of a PATCH."""
    whole = {"op": op, "path": path, "value": value}
    return {name: one for name, one in whole.items() if one is not None}


def revoked(it: Connection) -> Answered:
    """With a token that somebody ended."""
    kept = it.site.kept("test")
    it.site.office.change(lambda at: at.organisations.revoke(it.site.slug, kept.id))
    return it.post()


def expired(it: Connection) -> Answered:
    """With a token whose time is over."""
    kept, ended = it.site.kept("test"), clock() - timedelta(minutes=1)
    it.site.office.change(
        lambda at: at.store.change_token(kept.org, kept.id, lambda one: replace(one, expires=ended))
    )
    return it.post()


def elsewhere(it: Connection) -> Answered:
    """At the host name of another organisation."""
    slug = f"not-{it.site.slug}"

    async def found(at: Runtime) -> None:
        await at.organisations.create(slug, "Another", Policy())
        await at.organisations.issue(slug, Wish("test"))

    it.site.office.change(found)
    return it.ask("GET", "/Users", Host=f"{slug}.{BASE_DOMAIN}")


def disabled(it: Connection) -> Answered:
    """To an organisation that is closed."""
    it.site.office.change(lambda at: at.organisations.set_disabled(it.site.slug, disabled=True))
    return it.post()


def walked_on(it: Connection) -> Answered:
    """With the cursor of a list that was left two hours ago."""
    caller, queries = it.site.operator, {Kind.USER: Query(cursor="")}

    async def left(at: Runtime) -> str:
        then = Walker(at.store, lambda: int(time.time()) - 2 * TIMEOUT)
        return await then.cursor_behind(caller, queries, Position(it.ada))

    return it.listed(f"cursor={it.site.office.do(left)}")


def broken_off(it: Connection) -> Answered:
    """Over a connection that ends in the middle."""
    place = urlsplit(it.site.base_url)
    with socket.create_connection((str(place.hostname), int(place.port or 0))) as connection:
        head = f"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: {it.site.token}\r\n"
        more = f"User-Agent: {OKTA['User-Agent']}\r\nContent-Length: 100\r\n\r\n{{"
        connection.sendall((head + more).encode())
    return InvalidSyntax.status


def strict(it: Connection, body: dict[str, Any], media_type: str) -> Answered:
    """By a client that is read by the book."""
    told = {"password": PASSWORD, **body}
    return it.issued(strict=True)("POST", "/Users", told, Content_Type=media_type)


def bulk(number: int) -> dict[str, Any]:
    """So many operations at once."""
    data = {"userName": "x@acme.test", "password": PASSWORD}
    return {"Operations": [{"method": "POST", "path": "/Users", "data": data}] * number}


EMAIL = Policy(UsernameFormat.EMAIL)
ACME = Policy(allowed_domains=("acme.test",))
MAPPING = "Attribute Mappings (Provisioning, To App)"

CASES = {
    "no token": Refused(
        Unauthorized, lambda it: replace(it.ask, token=None)("GET", "/Users", Host=it.host),
        "came without a token", "Type the whole token into API Token"),
    "a token that is none": Refused(
        Unauthorized, lambda it: replace(it.ask, token=PASSWORD)("GET", "/Users", Host=it.host),
        "none that this server has issued", "Issue a token for this organisation"),
    "half a token": Refused(
        Unauthorized, lambda it: replace(it.ask, token=it.site.token[:30])("GET", "/Users"),
        "copied in part", "copy all of it into API Token"),
    "a token that was revoked": Refused(
        TokenRefused, revoked, "Somebody ended the token 'test' here", "Issue another token"),
    "a token that has expired": Refused(
        TokenRefused, expired, "The token 'test' was good for a certain time", "with a later end"),
    "another organisation's host": Refused(
        TokenRefused, elsewhere, "names one organisation, and the token is another's",
        "Correct the host name in Base URL"),
    "switched off": Refused(
        OrganisationDisabled, disabled, "switched provisioning off", "to enable it again"),
    "a token that reads only": Refused(
        ReadOnlyToken, lambda it: it.issued(read_only=True)("DELETE", f"/Users/{it.grace}"),
        "issued to read only", "Issue a token without --read-only"),
    "no seat left": Refused(
        SeatsTaken, lambda it: it.post(), "as the organisation has seats",
        "Deactivate an account", Policy(seats=2)),
    "an account that is gone": Refused(
        NotFound, lambda it: it.patch(of="/Users/nobody"), "still remembers its id",
        "Let Okta look the person up again"),
    "a group that is gone": Refused(
        NotFound, lambda it: it.ask("DELETE", "/Groups/nobody"), "The group was deleted here",
        "Unlink the group in Okta"),
    "a schema that is none": Refused(
        NotFound, lambda it: it.ask("GET", "/Schemas/urn:x"), "asked for a schema",
        "Nothing has to be done if provisioning works"),
    "a resource type that is none": Refused(
        NotFound, lambda it: it.ask("GET", "/ResourceTypes/Device"),
        "asked for a schema or resource type", "Nothing has to be done if provisioning works"),
    "an address below the right one": Refused(
        NotFound, lambda it: it.ask("POST", "/Persons", {"password": PASSWORD}),
        "nothing at the address /Persons", "/scim/v2 at its end"),
    "an address that is not the right one": Refused(
        NotFound,
        lambda it: replace(it.ask, base_url=it.site.base_url.removesuffix("/scim/v2"))(
            "GET", f"/Users?access_token={PASSWORD}"),
        "does not end in /scim/v2", "Correct Base URL"),
    "a method that is none": Refused(
        MethodNotAllowed, lambda it: it.ask("PUT", "/Users", {"password": PASSWORD}),
        "does not take this kind of request", "it ends in /scim/v2, without /Users behind it"),
    "a userName that is another's": Refused(
        Taken, lambda it: it.post(userName="GRACE@acme.test"),
        "Another account has the userName 'GRACE@acme.test'", "Application username format"),
    "a group's name that is another's": Refused(
        Taken, lambda it: it.ask("POST", "/Groups", {"displayName": "staff"}),
        "Another group has the name 'staff'", "Rename one of the two groups"),
    "the last owner": Refused(
        LastOwner, lambda it: it.patch(set_("active", "False"), of=f"/Users/{it.ada}"),
        "only active owner", "Give somebody else the role owner first"),
    "a version that was": Refused(
        VersionMismatch, lambda it: it.patch(set_("title", "x"), If_Match='W/"7"'),
        "Somebody else changed the account", "Okta reads it again"),
    "too large a body": Refused(
        TooLarge, lambda it: it.post(title="x" * LARGEST), "larger than the server takes",
        "HEADCOUNT_MAX_BODY_BYTES"),
    "too many at once": Refused(
        TooLarge, lambda it: it.ask("POST", "/Bulk", bulk(1_001)),
        "more operations in one bulk request", "send fewer operations at once"),
    "another media type": Refused(
        UnsupportedMediaType, lambda it: strict(it, {"userName": "x"}, "text/plain"),
        "does not say that it is JSON", "application/scim+json"),
    "its own account": Refused(
        NotImplementedHere, lambda it: it.ask("GET", "/Me"), "does not offer, such as /Me",
        "people are looked up by userName"),
    "a role that is none": Refused(
        InvalidValue, lambda it: it.post(role="king"), "Okta sent 'king' as role",
        f"Correct the value of role in {MAPPING}; it must be one of: owner, administrator"),
    "no userName": Refused(
        InvalidValue, lambda it: it.post(userName=""), "sent nothing as userName",
        f"Map userName in {MAPPING}"),
    "a userName that is no e-mail address": Refused(
        InvalidValue, lambda it: it.post(userName="linus"), "Okta sent 'linus'",
        "Choose the e-mail address in Application username format", EMAIL),
    "a domain that is not allowed": Refused(
        InvalidValue, lambda it: it.post(userName="linus@x.test"), "not of a domain",
        "allows: acme.test", ACME),
    "neither yes nor no": Refused(
        InvalidValue, lambda it: it.post(active="perhaps"), "Okta sent 'perhaps' as active",
        f"mapped to active in {MAPPING}: it must be true or false"),
    "a value of another kind": Refused(
        InvalidValue, lambda it: it.post(name="Linus"), "sent a value as name",
        f"Correct what is mapped to name in {MAPPING}"),
    "a member who is gone": Refused(
        InvalidValue,
        lambda it: it.patch(set_("members", [{"value": "no"}], "add"), of=f"/Groups/{it.staff}"),
        "A member of the group has no account here", "Provision that person first"),
    "a group in itself": Refused(
        InvalidValue,
        lambda it: it.patch(set_("members", [{"value": it.staff}], "add"),
                            of=f"/Groups/{it.staff}"),
        "put the group into itself", "Take the group from its own members"),
    "a member without an id": Refused(
        InvalidValue,
        lambda it: it.patch(set_("members", [{"display": "x"}], "add"), of=f"/Groups/{it.staff}"),
        "without its id", "so that Okta knows the id"),
    "no schemas": Refused(
        InvalidValue, lambda it: strict(it, {"userName": "x"}, "application/json"),
        "does not say in schemas what it is", f"send '{USER_URN}' in schemas"),
    "a text that no database holds": Refused(
        InvalidValue, lambda it: it.post(title="\0"), "the character U+0000",
        "Take the character out"),
    "a page without a number": Refused(
        InvalidValue, lambda it: it.listed("startIndex=first"), "asked for a list",
        "startIndex has to be a whole number"),
    "an order that is none": Refused(
        InvalidValue, lambda it: it.listed("sortBy=colour"), "in an order that",
        "sort by userName, or not at all"),
    "attributes twice": Refused(
        InvalidValue, lambda it: it.listed("attributes=id&excludedAttributes=name"),
        "asked for a list", "attributes or excludedAttributes, but not both"),
    "a filter by what nobody has": Refused(
        InvalidFilter, lambda it: it.listed("filter=colour%20eq%20%22red%22"),
        "an attribute that no account has", "Match by userName, externalId or emails.value"),
    "half a filter": Refused(
        InvalidFilter, lambda it: it.listed("filter=userName%20eq"),
        "in a way that the server cannot read", "Correct the matching attribute or the filter"),
    "a path that is none": Refused(
        InvalidPath, lambda it: it.patch(set_("emails[", "x")), "wants to change an attribute",
        f"Correct the name of the target attribute in {MAPPING}"),
    "what is no message": Refused(
        InvalidSyntax, lambda it: it.ask("PATCH", f"/Users/{it.grace}", {"password": PASSWORD}),
        "not the message that belongs to this address", "Correct what makes the message"),
    "what is no JSON": Refused(
        InvalidSyntax, lambda it: it.ask("POST", "/Users", f'{{"password": "{PASSWORD}'.encode()),
        "What was sent is not JSON", f"Correct the template or the expression in {MAPPING}"),
    "nothing": Refused(
        InvalidSyntax, lambda it: it.ask("POST", "/Users"), "came without the JSON",
        "a proxy in between"),
    "half of it": Refused(
        InvalidSyntax, broken_off, "The connection broke", "Nothing has to be done if Okta"),
    "a cursor of nobody's": Refused(
        InvalidCursor, lambda it: it.listed("cursor=AAAA"), "a mark that belongs to another list",
        "Start the import again"),
    "a cursor of long ago": Refused(
        ExpiredCursor, walked_on, "paused so long in the middle of a list",
        "Start the import again"),
    "a page of no size": Refused(
        InvalidCount, lambda it: it.listed("cursor=&count=all"), "asked for a list",
        "count has to be a whole number"),
    "nothing to remove": Refused(
        NoTarget, lambda it: it.patch({"op": "remove"}), "something that the account does not have",
        f"Correct the target attribute in {MAPPING}"),
    "an id that is the server's": Refused(
        Mutability, lambda it: it.patch(set_("id", "x")), "something that the server keeps",
        f"Take the attribute that the refusal names from {MAPPING}"),
    "too many values": Refused(
        TooMany,
        lambda it: it.post(emails=[{"value": f"x{number}@y.test"} for number in range(1_001)]),
        "more values of one attribute", "Send fewer values"),
    "too many operations": Refused(
        TooMany, lambda it: it.patch(*[set_("title", "x")] * 5_001),
        "more operations in one change", "send fewer changes at once"),
}  # fmt: skip
"""What is refused -> the request, and what the console says of it."""
