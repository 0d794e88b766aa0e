"""What Zulip says when it refuses, in words that tell what to do."""

from typing import Any

from headcount.connectors.calls import Answer, words
from headcount.connectors.reconciling import GROUP_OPS
from headcount.connectors.target import Reach, Refused
from headcount.connectors.values import Op, Step

AGAIN = "Run it again."
GRANTS = (
    "the operator of the Zulip server gives these grants with `manage.py change_user_role ADDRESS"
    " can_create_users` and `manage.py change_user_role ADDRESS can_change_user_emails`."
)
NO_REACTIVATION = (
    "This version of Zulip cannot bring a deactivated group back.",
    "Rename the deactivated group in Zulip, and run it again: a new one is made then.",
)

_NEED_CREATION = (
    "The account of the connector needs the grant can_create_users: the operator of the Zulip"
    " server gives it with `manage.py change_user_role ADDRESS can_create_users`."
)
_NEED_EMAILS = (
    "The account of the connector needs the grant can_change_user_emails: the operator of the Zulip"
    " server gives it with `manage.py change_user_role ADDRESS can_change_user_emails`."
)
_LAST_OWNER = (
    "Give another active person the role owner, or name this one with --protect, and run it again."
)
_NEED_OWNER = "Only an owner may do this: add the connector with the key of an owner."
_NEED_ADMINISTRATOR = (
    "Add the connector with the key of an administrator, or of an owner, and run it again."
)
_BOT = (
    "Groups need the key of a person: add the connector with the key of an administrator who is no"
    " bot. People are written all the same."
)
_TAKEN = (
    "Somebody there has this address already, perhaps a bot or somebody whose address this key may"
    " not see: give one of them another address, in Zulip or at the identity provider."
)
_LICENCES = "Buy licences for the organisation in Zulip, or make room, and run it again."
_DOMAIN = "Allow the domain in the settings of the organisation in Zulip, and run it again."
_UNIQUE = (
    "Allow equal names in the settings of the organisation in Zulip, or tell people of one name"
    " apart at the identity provider."
)
_SAME_GROUP = "A group there has this name, perhaps a deactivated one: rename one of them."

_REMEDIES: tuple[tuple[str, str, Reach], ...] = (
    # A part of what Zulip says, in small letters; what helps; what else it holds for.
    ("only organization owner", _LAST_OWNER, Reach.ONE),
    ("last user", _LAST_OWNER, Reach.ONE),
    ("bot request", _BOT, Reach.GROUPS),
    ("create user", _NEED_CREATION, Reach.KIND),
    ("change user email", _NEED_EMAILS, Reach.KIND),
    ("can_create_users", _NEED_CREATION, Reach.KIND),
    ("can_change_user_emails", _NEED_EMAILS, Reach.KIND),
    ("licenses", _LICENCES, Reach.KIND),
    ("must be an organization owner", _NEED_OWNER, Reach.ONE),
    ("must be an organization administrator", _NEED_ADMINISTRATOR, Reach.KIND),
    ("already in use", _TAKEN, Reach.ONE),
    ("already has an account", _TAKEN, Reach.ONE),
    ("outside of your domain", _DOMAIN, Reach.ONE),
    ("does not allow", _DOMAIN, Reach.ONE),
    ("unique names", _UNIQUE, Reach.ONE),
    ("already exists", _SAME_GROUP, Reach.ONE),
)
_BY_OP = {Op.CREATE: _NEED_CREATION, Op.ADDRESS: _NEED_EMAILS}
_DENIED = ("insufficient permission", "not authorized", "unauthorized")


def is_deactivated(answer: Answer) -> bool:
    """Whether somebody, or a group, is deactivated already: then that is done."""
    message = str(answer.body.get("msg", "")).casefold()
    return answer.status == 400 and ("is deactivated" in message or "already deac" in message)


def bad_key(answer: Answer) -> tuple[str, str]:
    """Cause and remedy where the key opens nothing."""
    remedy = (
        "Make a new key for an active account of this organisation, and put it in place with"
        " `headcount connector key`."
    )
    return f"Zulip does not take the key: {words(answer.body.get('msg'))}", remedy


def unreadable(answer: Answer, path: str) -> Refused:
    """The refusal where people or groups cannot be read, so that nothing can go on."""
    cause = f"Zulip answers HTTP {answer.status} to {path}: {words(answer.body.get('msg'))}"
    remedy = "Check that --site is the address of the organisation, and what the account may do."
    if answer.status >= 500:
        remedy = "Look into the log of Zulip, and run it again: it goes on where it was."
    return Refused(cause, remedy, Reach.ALL)


def refused(answer: Answer, step: Step, *, made: bool = False) -> Refused:
    """What a step was refused for.

    Args:
        answer: of Zulip.
        step: that was to be taken.
        made: whether the account is there by now, and its role was refused.
    """
    message = str(answer.body.get("msg", ""))
    cause = words(message) if answer.status < 500 else f"Zulip failed: {words(message)}"
    if objections := answer.body.get("objections"):
        return Refused(f"The group is in use: {_told(objections)}.", _UNUSE)
    if made:
        cause = f"The account was made, and its role was refused: {cause}"
    folded = message.casefold()
    for part, remedy, reach in _REMEDIES:
        if part in folded:
            return Refused(cause, remedy, Reach.ONE if made else reach)
    if any(part in folded for part in _DENIED) and not made:
        remedy = _BY_OP.get(step.op, _NEED_ADMINISTRATOR)
        return Refused(cause, remedy, Reach.KIND if step.op in _BY_OP else Reach.ONE)
    if answer.body.get("code") == "CANNOT_DEACTIVATE_LAST_USER":
        return Refused(cause, _LAST_OWNER)
    if step.op in GROUP_OPS and answer.status == 403:
        return Refused(cause, _NEED_ADMINISTRATOR, Reach.GROUPS)
    return Refused(cause, AGAIN if answer.status >= 500 else "")


_UNUSE = "Take it out of these settings in Zulip, and run it again."


def _told(objections: Any) -> str:
    """Where a group is in use, in words.

    >>> _told([{"type": "channel", "channel_id": 3, "settings": ["can_send_message_group"]}])
    'channel 3 (can_send_message_group)'
    >>> _told([{"type": "subgroup", "supergroup_ids": [4, 5]}])
    'subgroup 4, 5'
    """
    return "; ".join(_one(one) for one in objections)[:_LONGEST]


_LONGEST = 300  # characters


def _one(objection: Any) -> str:
    if not isinstance(objection, dict):
        return words(objection).rstrip(".")
    ids = [value for name, value in objection.items() if name.endswith(("_id", "_ids"))]
    told = [str(objection.get("type", "setting"))]
    told += [", ".join(map(str, one if isinstance(one, list) else [one])) for one in ids]
    if settings := objection.get("settings"):
        told.append(f"({', '.join(map(str, settings))})")
    return words(" ".join(told)).rstrip(".")
