"""Matrix Synapse, by its admin API: people, their display names and e-mail addresses.

What is particular about it: people are known by a name that never changes, which is made of the
userName; writing somebody makes them where they are not there; whoever is deactivated loses
password and addresses, and gets a password that nobody knows when they come back.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from headcount.connectors.calls import Answer, Calls, words
from headcount.connectors.target import Reach, Refused, Resolve
from headcount.connectors.values import (
    Abilities,
    Account,
    Form,
    Found,
    Op,
    Person,
    Step,
    Traits,
)
from headcount.connectors.wanted import is_address

_PAGE = 500
_LONGEST_NAME = 256  # bytes, of what is displayed
_LONGEST_ID = 255  # characters, with the @ and the server
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-/+")
_ADMINISTRATORS = frozenset({"owner", "administrator"})
_ADMIN, _ORDINARY = "administrator", "member"
_OTHERS = "It is there already, and was not a moment ago."


class Synapse:
    """The people of a homeserver.

    Args:
        calls: to its site, with the access token of a server administrator.
        server_name: behind the colon of everybody's name there.
        admins: whether owners and administrators of ours administrate the server.
    """

    def __init__(self, calls: Calls, server_name: str, *, admins: bool = False) -> None:
        self._calls = calls
        self._server_name = server_name
        self._admins = admins

    @property
    def traits(self) -> Traits:
        return Traits(keys_change=False)

    def close(self) -> None:
        self._calls.close()

    def fit(self, account: Account) -> Form | str:
        name = f"@{local_part(account.user_name)}:{self._server_name}"
        if len(name) > _LONGEST_ID:
            return f"Its name would be {len(name)} characters long, and Matrix allows 255."
        role = None
        if self._admins:
            role = _ADMIN if account.role in _ADMINISTRATORS else _ORDINARY
        shown = account.name.encode()[:_LONGEST_NAME].decode(errors="ignore")
        return Form(name, account.address, shown, role)

    def fit_group(self, name: str) -> tuple[str, str]:
        return name, "Synapse has no groups."

    def check(self) -> Abilities:
        me = self._myself()
        version = self._good("GET", "/_synapse/admin/v1/server_version")["server_version"]
        self._good("GET", "/_synapse/admin/v2/users?limit=1")
        facts = {"Synapse": str(version), "Account": me, "Role": "server administrator"}
        return Abilities(me, facts)

    def read(self, sought: Sequence[Form], *, groups: bool) -> Found:
        del groups  # there are none
        me = self._myself()
        people = {one["name"]: self._person(one, me) for one in self._pages()}
        for form in sought:
            if form.key not in people and is_address(form.address):
                name = self._who_has(form.address)
                if name is not None and (person := people.get(name)) is not None:
                    people[name] = replace(person, keys=(*person.keys, form.key))
        return Found(tuple(people.values()))

    def do(self, step: Step, _resolve: Resolve) -> str:
        name = step.target
        body: dict[str, Any] = {}
        if step.name is not None:
            body["displayname"] = step.name
        if step.role is not None:
            body["admin"] = step.role == _ADMIN
        match step.op:
            case Op.CREATE:
                name = step.key
                if self._ask("GET", _path(name)).is_good:
                    raise Refused(_OTHERS, "Run it again.")
                body |= _addresses(step, ())
            case Op.DEACTIVATE:
                body = {"deactivated": True}
            case Op.REACTIVATE:
                password = secrets.token_urlsafe(40)  # nobody ever learns it
                body |= {"deactivated": False, "password": password, **_addresses(step, ())}
            case Op.ADDRESS:
                held = self._good("GET", _path(name)).get("threepids") or ()
                body |= _addresses(step, held)
        answer = self._ask("PUT", _path(name), body)
        if not answer.is_good:
            raise _refused(answer)
        return name

    def _pages(self) -> Iterator[dict[str, Any]]:
        place: str | None = "0"
        while place is not None:
            asked = f"from={quote(place)}&limit={_PAGE}&guests=false&deactivated=true"
            page = self._good("GET", f"/_synapse/admin/v2/users?{asked}")
            yield from page["users"]
            place = page.get("next_token")

    def _person(self, user: Mapping[str, Any], me: str) -> Person:
        name = user["name"]
        admin = _ADMIN if user.get("admin") else _ORDINARY
        return Person(
            id=name,
            keys=(name,),
            name=user.get("displayname") or "",
            active=not user.get("deactivated"),
            role=admin if self._admins else None,
            protected="It is the connector's own account." if name == me else "",
        )

    def _who_has(self, address: str) -> str | None:
        path = f"/_synapse/admin/v1/threepid/email/users/{quote(address.lower(), safe='')}"
        answer = self._ask("GET", path)
        return str(answer.body["user_id"]) if answer.is_good else None

    def _myself(self) -> str:
        me = str(self._good("GET", "/_matrix/client/v3/account/whoami")["user_id"])
        server = me.partition(":")[2]
        if server != self._server_name:
            raise Refused(
                f"The account of the token is {me}, which is not of {self._server_name}.",
                f"Add the connector with --server-name {server}.",
                Reach.ALL,
            )
        return me

    def _good(self, method: str, path: str) -> dict[str, Any]:
        answer = self._ask(method, path)
        if not answer.is_good:
            raise Refused(
                f"Synapse answers HTTP {answer.status}: {words(answer.body.get('error'))}",
                "Look into its log, and run it again: it goes on where it was.",
                Reach.ALL,
            )
        return dict(answer.body)

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        answer = self._calls.ask(method, path, body=body)
        told = words(answer.body.get("error"))
        if answer.status == 401:
            remedy = (
                "Make a new access token of a server administrator, and put it in place with"
                " `headcount connector key`."
            )
            raise Refused(f"Synapse does not take the token: {told}", remedy, Reach.ALL)
        if answer.status == 403 and "admin" in told.casefold() and "api" not in told.casefold():
            remedy = "The token has to be of a server administrator (`admin` in Synapse)."
            raise Refused(f"Synapse refuses the token: {told}", remedy, Reach.ALL)
        if answer.body.get("errcode") == "M_UNRECOGNIZED" or not (answer.is_good or answer.body):
            remedy = (
                "Let --site lead to Synapse itself: a proxy often hides /_synapse/admin, and it"
                " should stay hidden from the public."
            )
            raise Refused("The admin API is not to be found there.", remedy, Reach.ALL)
        return answer


def local_part(user_name: str) -> str:
    """What stands before the colon, as the Matrix specification maps names of other systems.

    >>> local_part("Ada.King@acme.test"), local_part("zoë smith")
    ('ada.king', 'zo=c3=ab=20smith')
    """
    local = user_name.rpartition("@")[0] if is_address(user_name) else user_name
    return "".join(
        one if one in _PLAIN else "".join(f"={byte:02x}" for byte in one.encode())
        for one in local.lower()
    )


def _path(name: str) -> str:
    return f"/_synapse/admin/v2/users/{quote(name, safe='')}"


def _addresses(step: Step, held: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The address in place of whatever e-mail addresses there are; telephone numbers stay."""
    if not step.address:
        return {}
    kept = [
        {"medium": one["medium"], "address": one["address"]}
        for one in held
        if one["medium"] != "email"
    ]
    return {"threepids": [*kept, {"medium": "email", "address": step.address}]}


def _refused(answer: Answer) -> Refused:
    told = words(answer.body.get("error"))
    if answer.status >= 500:
        return Refused(f"Synapse failed: {told}", "Look into its log, and run it again.")
    if "delegating authentication" in told:
        remedy = "Let the authentication service of the homeserver make accounts: see its manual."
        return Refused(told, remedy, Reach.KIND)
    if answer.body.get("errcode") in {"M_INVALID_USERNAME", "M_USER_IN_USE", "M_EXCLUSIVE"}:
        return Refused(told, "Give the account another userName at the identity provider.")
    return Refused(told)
