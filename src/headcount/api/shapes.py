"""What goes in and out, as the OpenAPI document describes it.

Inside an account or a group the names are those of SCIM (RFC 7643); everything around them is
written in small letters with underscores, as on the command line.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from headcount.directory.keys import Scope
from headcount.store.model import EventType, UsernameFormat

_ID = "01a20b6e-81b7-7575-a723-3200be819d1c"
_GROUP_ID = "01a20b6e-8773-785d-93f0-601f9e13f54d"
WITHOUT_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
_AT = "2026-03-02T09:00:00.000Z"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
"""What people read: it is not empty, nor made of blanks."""

Seats = Annotated[int, Field(ge=0, le=2**31 - 1)]
Domains = Annotated[list[Text], Field(max_length=100)]


class Asked(BaseModel):
    """What is sent. Fields that nobody knows are refused: a mistyped one must not look done."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Open(BaseModel):
    """What is answered, with more than is named here."""

    model_config = ConfigDict(extra="allow")


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str = Field(description="A sentence that tells what to do.")


class Organisation(BaseModel):
    """One customer: its accounts and groups are apart from everybody else's."""

    slug: str = Field(examples=["acme"])
    name: str = Field(examples=["Acme"])
    disabled: bool
    created: str = Field(examples=[_AT])
    username_format: UsernameFormat
    allowed_domains: list[str]
    seats: int | None = Field(description="Active accounts; null: as many as they like.")
    accounts: int
    active_accounts: int
    owners: int
    groups: int


class OrganisationList(BaseModel):
    """A page of organisations, by slug."""

    organisations: list[Organisation]
    next_cursor: str | None = Field(description="Of the next page; null: this is the last.")


class NewOrganisation(Asked):
    """An organisation to create."""

    slug: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", examples=["acme"])
    name: Text = Field(examples=["Acme"])
    username_format: Literal["any", "email"] = "any"
    allowed_domains: Domains = Field(default=[], examples=[["acme.example"]])
    seats: Seats | None = None


class OrganisationChange(Asked):
    """What shall be otherwise; what is left out stays."""

    name: Text | None = Field(default=None, examples=["Acme Corporation"])
    username_format: Literal["any", "email"] | None = None
    allowed_domains: Domains | None = Field(default=None, examples=[["acme.example"]])
    seats: Seats | None = Field(default=None, description="null: as many as they like.")
    disabled: bool | None = Field(default=None, description="Shuts out identity providers.")


class Meta(Open):
    """When a resource came about and changed, and its version."""

    created: str = Field(examples=[_AT])
    lastModified: str = Field(examples=[_AT])  # noqa: N815 - the RFC's name
    version: int


class Account(Open):
    """An account as in SCIM (RFC 7643 section 4.1), with the groups that it is in."""

    id: str = Field(examples=[_ID])
    userName: str = Field(examples=["grace@acme.example"])  # noqa: N815 - the RFC's name
    meta: Meta
    groups: list[dict[str, Any]] = Field(examples=[[{"value": _GROUP_ID, "display": "Pioneers"}]])


class AccountList(BaseModel):
    """A page of accounts, the oldest first."""

    accounts: list[Account]
    total: int = Field(description="How many there are on all pages, when the first was read.")
    next_cursor: str | None


class Matches(BaseModel):
    """The accounts that fit, and by what."""

    by: Literal["application_id", "external_id", "user_name", "email"] | None
    accounts: list[Account]


class Group(Open):
    """A group as in SCIM (RFC 7643 section 4.2), without its members."""

    id: str = Field(examples=[_GROUP_ID])
    displayName: str = Field(examples=["Pioneers"])  # noqa: N815 - the RFC's name
    meta: Meta


class GroupList(BaseModel):
    """A page of groups, the oldest first."""

    groups: list[Group]
    total: int
    next_cursor: str | None


class Member(BaseModel):
    """Somebody who is in a group, directly."""

    value: str = Field(description="The id.", examples=[_ID])
    type: Literal["User", "Group"]


class MemberList(BaseModel):
    """A page of members, by id."""

    members: list[Member]
    next_cursor: str | None


class LinkWish(Asked):
    """What the application calls the account."""

    application_id: Annotated[
        str, StringConstraints(min_length=1, max_length=200, pattern=WITHOUT_CONTROLS)
    ] = Field(examples=["user-17"])


class Link(BaseModel):
    """An account, and what the application calls it."""

    account: str = Field(examples=[_ID])
    application_id: str = Field(examples=["user-17"])
    created: str = Field(examples=[_AT])


class TokenWish(Asked):
    """A token to issue to an identity provider."""

    label: Text = Field(examples=["okta"])
    expires_in_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        default=365, description="null: it does not expire."
    )
    read_only: bool = False


class Token(BaseModel):
    """What is known of a token; not the token itself."""

    id: str = Field(examples=["eac73268b4"])
    label: str = Field(examples=["okta"])
    hint: str = Field(description="How it begins, behind headcount_.")
    created: str = Field(examples=[_AT])
    expires: str | None
    last_used: str | None
    revoked: str | None
    read_only: bool
    strict: bool


class IssuedToken(Token):
    """A new token. It is shown this once."""

    token: str


class TokenList(BaseModel):
    """A page of tokens, the oldest first."""

    tokens: list[Token]
    next_cursor: str | None


class Event(BaseModel):
    """Something that happened, with whom it is about."""

    organisation: str = Field(examples=["acme"])
    position: int = Field(examples=[1])
    type: EventType
    at: str = Field(examples=[_AT])
    actor: str = Field(examples=["token:eac73268b4"])
    subject: str = Field(examples=[_ID])
    data: dict[str, Any]
    resource: dict[str, Any] | None = Field(description="The account or group after the change.")


class EventList(BaseModel):
    """The next events."""

    events: list[Event]
    position: int = Field(description="To go on from: what `after` shall be next.")
    more: bool = Field(description="Whether there are more at once.")


SCOPES = tuple(Scope)
