"""What a store refuses, in the same words whichever store it is."""

from headcount.errors import (
    InvalidValue,
    LastOwner,
    NotFound,
    SeatsTaken,
    Taken,
    Unavailable,
    VersionMismatch,
)
from headcount.store.model import Kind


def not_found(kind: Kind, resource_id: str) -> NotFound:
    """The refusal for an id that is unknown here."""
    return NotFound(f"there is no {kind} with the id {resource_id[:100]!r} in this organisation")


def taken(kind: Kind, title: str) -> Taken:
    """The refusal for a name that is another's."""
    what = "userName" if kind is Kind.USER else "displayName"
    return Taken(f"the {what} {title[:200]!r} belongs to another {kind} of this organisation")


def changed_meanwhile(kind: Kind, version: int, expected: int | None) -> VersionMismatch:
    """The refusal for a change that was decided from another version."""
    return VersionMismatch(
        f"the {kind} was changed by somebody else: it is version {version} now,"
        f" not {expected}. Read it again and repeat the change"
    )


def no_such_member(member: str) -> InvalidValue:
    """The refusal for a member that does not exist."""
    return InvalidValue(
        f"members: this organisation has no account or group with the id {member[:100]!r}"
    )


def own_member() -> InvalidValue:
    """The refusal for a group within itself."""
    return InvalidValue("members: a group cannot be a member of itself")


def seats_taken(seats: int, active: int) -> SeatsTaken:
    """The refusal for one more active account than there are seats."""
    return SeatsTaken(
        f"all {seats} seats of the organisation are taken ({active} accounts are active):"
        " deactivate an account first, or ask the operator for more seats"
    )


def last_owner() -> LastOwner:
    """The refusal for a change that would leave nobody who owns the organisation."""
    return LastOwner(
        "this account is the last active owner of the organisation;"
        " make another account an owner first"
    )


def no_owner_by_rules() -> LastOwner:
    """The refusal for rules that would leave nobody who owns the organisation."""
    return LastOwner(
        "with these rules the organisation would have no active owner: add a rule that makes the"
        " members of a group owners, or leave an owner out of the others"
    )


def rules_changed() -> VersionMismatch:
    """The refusal for rules that were made from others than those that stand."""
    return VersionMismatch(
        "the rules were changed by somebody else meanwhile: look at them again, and repeat the"
        " change"
    )


def slug_taken(slug: str) -> Taken:
    """The refusal for a second organisation of one name."""
    return Taken(f"there is an organisation {slug!r} already")


def no_organisation(slug: str) -> NotFound:
    """The refusal for a slug that nobody has."""
    return NotFound(f"there is no organisation {slug!r}; `headcount org list` shows all")


def no_token(token_id: str) -> NotFound:
    """The refusal for a token that was never issued."""
    return NotFound(f"there is no token {token_id!r}; `headcount token list` shows all")


def no_key(key_id: str) -> NotFound:
    """The refusal for a key that was never issued."""
    return NotFound(f"there is no key {key_id[:100]!r}; `headcount api-key list` shows all")


def application_id_taken(application_id: str) -> Taken:
    """The refusal for an id of the application that is another account's."""
    return Taken(
        f"the id {application_id[:200]!r} is linked to another account of this organisation:"
        " take that link away first"
    )


def email_taken(email: str) -> Taken:
    """The refusal for a second administrator of one e-mail address."""
    return Taken(f"there is an administrator with the e-mail address {email[:200]!r} already")


def no_administrator(administrator_id: str) -> NotFound:
    """The refusal for an administrator who was never there, or was removed."""
    return NotFound(f"there is no administrator with the id {administrator_id[:100]!r}")


def no_link(link_id: str) -> NotFound:
    """The refusal for a link that is unknown here."""
    return NotFound(f"there is no link with the id {link_id[:100]!r}")


def no_follower(name: str) -> NotFound:
    """The refusal for a follower that is unknown here."""
    return NotFound(f"nobody follows this organisation by the name {name[:100]!r}")


def no_endpoint(endpoint: str) -> NotFound:
    """The refusal for a webhook that is unknown here."""
    return NotFound(
        f"the organisation has no webhook {endpoint[:100]!r}; `headcount webhook list` shows all"
    )


def no_attempt(number: int) -> NotFound:
    """The refusal for a try that is not kept, or is another endpoint's."""
    return NotFound(
        f"the webhook has no delivery with the number {number}; old ones are forgotten, and"
        " `headcount webhook deliveries` shows the others"
    )


def no_connector(name: str) -> NotFound:
    """The refusal for a connector that is unknown here."""
    return NotFound(f"this organisation has no connector by the name {name[:100]!r}")


def connector_taken(name: str) -> Taken:
    """The refusal for a second connector of the same name."""
    return Taken(
        f"this organisation has a connector {name[:100]!r} already: give this one another --name"
    )


def no_exchange(number: int) -> NotFound:
    """The refusal for an exchange that is not kept, or is another's."""
    return NotFound(f"there is no exchange with the number {number}; old ones are forgotten")


def stopping() -> Unavailable:
    """The refusal for what arrives after the end was announced."""
    return Unavailable("the server is stopping; send the request again")
