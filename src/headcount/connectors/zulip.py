"""Zulip, by its REST API: people with roles, and user groups.

What is particular about it: an account is made without a role and gets that right after; whoever
may do this needs grants that the server's operator gives; all calls about groups refuse the keys of
bots; a bot ends with its owner.
"""

import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from headcount.connectors import zulip_refusals
from headcount.connectors.calls import Answer, Calls, Pace
from headcount.connectors.reconciling import GROUP_OPS
from headcount.connectors.target import Reach, Refused, Resolve
from headcount.connectors.values import (
    Abilities,
    Account,
    Circle,
    Form,
    Found,
    Op,
    Person,
    Step,
    Traits,
)

PACE = Pace(a_minute=150, burst=50)
"""A key may ask 200 times in any minute, so at most that in the first one."""

ROLES: Mapping[str, int] = {
    "owner": 100,
    "administrator": 200,
    "moderator": 300,
    "member": 400,
    "guest": 600,
}
_NAMED = {number: role for role, number in ROLES.items()}
_FIRST_ROLE = "member"  # of whoever is made
_LONGEST_NAME = 100  # characters, of people and of groups
_NOT_IN_NAMES = frozenset('*`\\>"@')
_NOT_BEFORE_GROUPS = ("@", "role:", "user:", "stream:", "channel:")

ONLY_PEOPLE = (
    "Groups are left alone: Zulip does not take the key of a bot for them. Add the connector with"
    " the key of an administrator who is a person."
)


class Zulip:
    """A Zulip organisation.

    Args:
        calls: to its site, with the key.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._me: dict[str, Any] | None = None
        self._described: dict[str, str] = {}  # what groups say of themselves, by id

    @property
    def traits(self) -> Traits:
        return Traits(groups=True)

    def close(self) -> None:
        self._calls.close()

    def fit(self, account: Account) -> Form | str:
        if not account.address:
            return (
                "The account has no e-mail address, and Zulip needs one: let the identity provider"
                " send it as userName or in emails."
            )
        name = clean_name(account.name, account.address)
        return Form(account.address.casefold(), account.address, name, account.role)

    def fit_group(self, name: str) -> tuple[str, str]:
        name = name.strip()[:_LONGEST_NAME].rstrip()
        if not name.casefold().startswith(_NOT_BEFORE_GROUPS):
            return name, ""
        return name, (
            "Names of groups may not begin with @, role:, user:, stream: or channel: in Zulip:"
            " rename it at the identity provider."
        )

    def check(self) -> Abilities:
        me = self._myself()
        version = str(self._good("GET", "/server_settings").get("zulip_version", "unknown"))
        facts = {
            "Zulip": version,
            "Account": str(me.get("delivery_email") or me.get("email")),
            "Kind": "a bot" if me.get("is_bot") else "a person",
            "Role": role_of(me),
            "Groups": "no" if me.get("is_bot") else "yes",
        }
        return Abilities(facts["Account"], facts, tuple(_warnings(me)))

    def read(self, _sought: Sequence[Form], *, groups: bool) -> Found:
        me = self._myself()
        users = self._good("GET", "/users", client_gravatar="false")["members"]
        own = _own_ids(me, users)
        people = tuple(_person(one, own) for one in users if not one.get("is_bot"))
        if not groups:
            return Found(people)
        if me.get("is_bot"):
            return Found(people, None, (ONLY_PEOPLE,))
        return Found(people, tuple(_circle(one) for one in self._groups()))

    def do(self, step: Step, resolve: Resolve) -> str:
        if step.op in GROUP_OPS:
            return self._do_group(step, resolve)
        if step.op is Op.CREATE:
            return self._create(step)
        user = f"/users/{step.target}"
        if step.op is Op.DEACTIVATE:
            answer = self._ask("DELETE", user)
            if not zulip_refusals.is_deactivated(answer):
                self._see(answer, step)
            return step.target
        if step.op is Op.REACTIVATE:
            self._see(self._ask("POST", f"{user}/reactivate"), step)
        values = _values(step)
        if values:
            self._see(self._ask("PATCH", user, **values), step)
        return step.target

    def _create(self, step: Step) -> str:
        """A new account; nobody ever learns its password, for people sign in otherwise."""
        answer = self._ask(
            "POST",
            "/users",
            email=step.address,
            full_name=step.name,
            password=secrets.token_urlsafe(40),
        )
        self._see(answer, step)
        id_ = str(answer.body.get("user_id") or self._id_of(step.address or ""))
        if step.role not in {None, _FIRST_ROLE}:
            role = ROLES[str(step.role)]
            self._see(self._ask("PATCH", f"/users/{id_}", role=role), step, made=True)
        return id_

    def _id_of(self, address: str) -> str:
        """Who has an address, for versions that do not tell whom they made."""
        for person in self.read((), groups=False).people:
            if address.casefold() in person.keys:
                return person.id
        raise Refused("Zulip made the account and does not show it.", zulip_refusals.AGAIN)

    def _do_group(self, step: Step, resolve: Resolve) -> str:
        joins = sorted(int(id_) for one in step.joins if (id_ := resolve(one)) is not None)
        if step.op is Op.CREATE_GROUP:
            return self._create_group(step, joins)
        group = f"/user_groups/{step.target}"
        if step.op is Op.MEMBERS:
            self._members(step, joins)
        elif step.op is Op.RENAME_GROUP:
            description = self._described.get(step.target, "")
            answer = self._ask("PATCH", group, name=step.name, description=description)
            self._see(answer, step)
        elif step.op is Op.REACTIVATE_GROUP:
            answer = self._ask("PATCH", group, deactivated="false")
            self._see(answer, step)
            if answer.body.get("ignored_parameters_unsupported"):
                raise Refused(*zulip_refusals.NO_REACTIVATION)
        else:
            answer = self._ask("POST", f"{group}/deactivate")
            if not zulip_refusals.is_deactivated(answer):
                self._see(answer, step)
        return step.target

    def _create_group(self, step: Step, joins: list[int]) -> str:
        answer = self._ask(
            "POST",
            "/user_groups/create",
            name=step.name,
            description="",
            members=_list(joins),
        )
        self._see(answer, step)
        if (id_ := answer.body.get("group_id")) is not None:
            return str(id_)
        found = [one for one in self._groups() if one["name"] == step.name]
        if not found:
            raise Refused("Zulip made the group and does not show it.", zulip_refusals.AGAIN)
        return str(max(found, key=lambda one: int(one["id"]))["id"])

    def _members(self, step: Step, joins: list[int]) -> None:
        """Change members by what is there now: who is in already cannot be added."""
        held: set[int] = set()
        for group in self._groups():
            held |= set(group["members"]) if str(group["id"]) == step.target else set()
        add = [id_ for id_ in joins if id_ not in held]
        delete = sorted(int(id_) for id_ in step.leaves if int(id_) in held)
        if add or delete:
            path = f"/user_groups/{step.target}/members"
            values = {"add": add, "delete": delete}
            sent = {name: _list(ids) for name, ids in values.items() if ids}
            self._see(self._ask("POST", path, **sent), step)

    def _groups(self) -> list[dict[str, Any]]:
        found = self._good("GET", "/user_groups", include_deactivated_groups="true")["user_groups"]
        self._described = {str(one["id"]): one.get("description", "") for one in found}
        groups: list[dict[str, Any]] = found
        return groups

    def _myself(self) -> dict[str, Any]:
        if self._me is None:
            self._me = self._good("GET", "/users/me")
        return self._me

    def _good(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """The body of an answer without which nothing can go on."""
        answer = self._ask(method, path, **fields)
        if not answer.is_good:
            raise zulip_refusals.unreadable(answer, path)
        return dict(answer.body)

    def _see(self, answer: Answer, step: Step, *, made: bool = False) -> None:
        if not answer.is_good:
            raise zulip_refusals.refused(answer, step, made=made)

    def _ask(self, method: str, path: str, **fields: Any) -> Answer:
        sent = {name: str(value) for name, value in fields.items() if value is not None}
        answer = self._calls.ask(method, f"/api/v1{path}", fields=sent)
        if answer.status == 401:
            raise Refused(*zulip_refusals.bad_key(answer), reach=Reach.ALL)
        return answer


def clean_name(name: str, address: str) -> str:
    r"""The name without what Zulip takes in none, at most 100 characters of it.

    >>> clean_name(" Ada  *Lovelace* ", "ada@acme.test"), clean_name("ada@acme.test", "x@y.test")
    ('Ada Lovelace', 'ada')
    >>> clean_name("@", "bob@acme.test")
    'bob'
    """
    if "@" in name:
        name = name.partition("@")[0]
    kept = "".join(
        " " if one in _NOT_IN_NAMES or unicodedata.category(one)[0] == "C" else one for one in name
    )
    short = " ".join(kept.split())[:_LONGEST_NAME].rstrip()
    return short or clean_name(address.partition("@")[0].replace("@", "") or "Nobody", "Nobody")


def role_of(user: Mapping[str, Any]) -> str:
    """The role of somebody; versions before 4.0 tell it in other words."""
    if (number := user.get("role")) is not None:
        return _NAMED.get(number, f"role {number}")
    told = {"owner": "is_owner", "administrator": "is_admin", "guest": "is_guest"}
    return next((role for role, name in told.items() if user.get(name)), _FIRST_ROLE)


def _warnings(me: Mapping[str, Any]) -> list[str]:
    role = role_of(me)
    found = [ONLY_PEOPLE] if me.get("is_bot") else []
    if role not in {"owner", "administrator"}:
        found.append(
            "The account is no administrator, so it can change nobody: give it the role of an"
            " administrator, or of an owner."
        )
    elif role != "owner":
        found.append("The account is no owner: whoever is an owner, or shall be one, is refused.")
    found.append(
        "Whether it may create people and change e-mail addresses is told by nobody before it does:"
        f" {zulip_refusals.GRANTS}"
    )
    return found


def _own_ids(me: Mapping[str, Any], users: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """The account of the connector, and of a bot its owner, with the reason to leave it alone."""
    own = {int(me["user_id"]): "It is the connector's own account."}
    for user in users:
        if user["user_id"] == me["user_id"] and user.get("bot_owner_id") is not None:
            own[int(user["bot_owner_id"])] = "It owns the connector's bot, which ends with it."
    return own


def _person(user: Mapping[str, Any], own: Mapping[int, str]) -> Person:
    shown = user.get("delivery_email")
    known = shown or user["email"]
    dummy = shown is None and (
        "delivery_email" in user or known.startswith(f"user{user['user_id']}@")
    )
    return Person(
        id=str(user["user_id"]),
        keys=(known.casefold(),),
        name=user["full_name"],
        active=user.get("is_active", True),
        address=None if dummy else known,
        role=role_of(user),
        protected=own.get(user["user_id"], ""),
    )


def _circle(group: Mapping[str, Any]) -> Circle:
    return Circle(
        id=str(group["id"]),
        name=group["name"],
        members=frozenset(map(str, group["members"])),
        active=not group.get("deactivated", False),
        system=bool(group.get("is_system_group")) or group["name"].startswith("role:"),
    )


def _values(step: Step) -> dict[str, Any]:
    """What is sent of a change. Whoever comes back keeps the address at first: see `Op.ADDRESS`."""
    values = {
        "full_name": step.name,
        "new_email": step.address if step.op is Op.ADDRESS else None,
        "role": None if step.role is None else ROLES[step.role],
    }
    return {name: value for name, value in values.items() if value is not None}


def _list(ids: Sequence[int]) -> str:
    return orjson.dumps(list(ids)).decode()
