"""What Okta does to a SCIM server, one method for each thing that an administrator sets off.

Every method gives one sentence ("grace@acme.test is not there yet -> created") and raises
`AnswerError` when the server did not answer as it should. After every write Okta's part is done;
the reading that follows it is ours, to see that the answer was true.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from headcount.simulate import shapes
from headcount.simulate.conversation import ADDRESS_HINT, Conversation
from headcount.simulate.expected import AnswerError, check_shown
from headcount.simulate.lookup import (
    attribute_names,
    found,
    group_names,
    member_ids,
    path_of,
    resources,
    whole_number,
)
from headcount.simulate.people import Person, moved, promoted
from headcount.simulate.report import Account

GROUP: Final = "Pioneers"
MOST_MEMBERS: Final = 256  # that Okta puts into one request


@dataclass(frozen=True, slots=True)
class Link:
    """A person and the account that Okta keeps for them."""

    id: str
    person: Person


@dataclass(slots=True)
class Okta:
    """One application in Okta that provisions people into one SCIM server."""

    server: Conversation
    sends_role: bool = False
    links: dict[str, Link] = field(default_factory=dict)  # by Okta's id of the person
    group_id: str = ""

    def test_connection(self) -> str:
        """The first request of all. Without a good answer Okta does not save the settings."""
        answer = self.server.get("/Users", startIndex=1, count=2)
        if answer.status == 404:
            raise AnswerError(f"There are no /Users there. {answer.told()} {ADDRESS_HINT}")
        answer.expect(200)
        total = whole_number(answer, "totalResults")
        for key in {"startIndex", "itemsPerPage"} & answer.body.keys():
            whole_number(answer, key)
        if len(resources(answer)) > 2:
            raise AnswerError(f"{answer.request} was asked for 2 accounts and shows more.")
        return f"Okta tests the connection -> it works, {_accounts(total)}"

    def ask_for_role(self) -> str:
        """Whether the server has the custom attribute role, as an administrator maps it or not."""
        answer = self.server.get("/Schemas")
        schemas = resources(answer) if answer.status == 200 else []
        self.sends_role = "role" in attribute_names(schemas, shapes.USER)
        outcome = "it is there" if self.sends_role else "not there, so none is sent"
        return f"Okta looks for the attribute role -> {outcome}"

    def assign(self, *known_as: Person) -> str:
        """Find the account of a person, or create it.

        Args:
            known_as: the person; then how they may be known from an earlier run.
        """
        for person in known_as:
            account = self._find_user(person.user_name)
            if account is not None:
                return self._take_over(person, account)
        return self._create(known_as[0])

    def _create(self, person: Person) -> str:
        body = shapes.new_user(person, role=self.sends_role)
        answer = self.server.post("/Users", body).expect(201)
        user_id = answer.body.get("id")
        if not isinstance(user_id, str) or not user_id:
            raise AnswerError(f"{answer.request} returned an empty user, without id.")
        check_shown(answer.request, self._shown(person), answer.body)
        self._link(user_id, person)
        return f"{person.user_name} is not there yet -> created"

    def _take_over(self, person: Person, account: Mapping[str, Any]) -> str:
        asleep = account.get("active") is False
        if asleep:
            self._set_active(account["id"], active=True)
        self._push(Link(account["id"], person))
        if asleep:
            return f"{person.user_name} is there, deactivated -> activated and updated"
        return f"{person.user_name} is there already -> updated"

    def change_profile(self, person: Person) -> str:
        """E-mail address and name change in Okta. The account stays the same one."""
        link = self.links[person.external_id]
        before = link.person
        after = moved(person) if before.user_name == person.user_name else person
        if self._find_user(after.user_name) is not None:
            after = replace(after, user_name=before.user_name)  # taken: only the name changes
        self._push(Link(link.id, after))
        if after.user_name == before.user_name:
            return f"{after.user_name} is called {after.full_name} now -> changed"
        if self._find_user(before.user_name) is not None:
            raise AnswerError(f"{before.user_name} still finds an account, under the old name.")
        return f"{before.user_name} moves to {after.user_name}, {after.full_name} -> changed"

    def change_role(self, person: Person) -> str:
        """A person gets another role."""
        link = self.links[person.external_id]
        after = promoted(link.person)
        self._push(Link(link.id, after))
        return f"{after.user_name} shall be {after.role}, not {link.person.role} -> changed"

    def push_group(self) -> str:
        """The group is linked where there is one of that name, else created without members."""
        group = found(self.server, "/Groups", "displayName", GROUP)
        if group is not None:
            self.group_id = group["id"]
            return f"the group {GROUP} is there already -> linked"
        answer = self.server.post("/Groups", shapes.new_group(GROUP)).expect(201)
        check_shown(answer.request, {"displayName": GROUP}, answer.body)
        self.group_id = str(answer.body.get("id") or "")
        if not self.group_id:
            raise AnswerError(f"{answer.request} returned an empty group, without id.")
        return f"the group {GROUP} is not there yet -> created"

    def push_members(self) -> str:
        """Everybody who is assigned joins the group; who is in it already is not sent again."""
        before = member_ids(self.server, self.group_id)
        joining = [
            (link.id, link.person.user_name)
            for link in self.links.values()
            if link.id not in before
        ]
        for first in range(0, max(len(joining), 1), MOST_MEMBERS):
            members = joining[first : first + MOST_MEMBERS]
            body = shapes.joined(self.group_id, GROUP, members)
            self.server.patch(path_of("Groups", self.group_id), body).expect(200, 204)
        after = member_ids(self.server, self.group_id)
        _check_members(before, [user_id for user_id, _ in joining], after)
        who = f"{len(joining)} of {len(self.links)} people join" if joining else "nobody new joins"
        return f"{who} {GROUP} -> it has {len(after)} members"

    def unassign(self, person: Person) -> str:
        """The account is deactivated. It keeps its id and its groups."""
        link = self.links[person.external_id]
        belongs = self._is_member(link)
        self._set_active(link.id, active=False)
        kept = self._kept(link, belongs=belongs)
        return f"{link.person.user_name} is unassigned -> deactivated{kept}"

    def assign_again(self, person: Person) -> str:
        """The look-up finds the deactivated account, and everything comes back."""
        link = self.links[person.external_id]
        belongs = self._is_member(link)
        account = self._find_user(link.person.user_name)
        if account is None:
            raise AnswerError(
                f"The look-up of {link.person.user_name} finds nobody once the account is "
                "deactivated. Okta would create a second one."
            )
        check_shown("the look-up", {"id": link.id, "active": False}, account)
        self._set_active(link.id, active=True)
        self._push(link)
        kept = self._kept(link, belongs=belongs)
        return f"{link.person.user_name} is assigned again -> same account{kept}"

    def accounts(self) -> tuple[Account, ...]:
        """Everybody who was assigned, as the server shows them now."""
        members = set(member_ids(self.server, self.group_id)) if self.group_id else set()
        shown = (self._find_user(link.person.user_name) for link in self.links.values())
        return tuple(_account(user, members) for user in shown if user is not None)

    def _shown(self, person: Person) -> dict[str, Any]:
        return shapes.shown_user(person, role=self.sends_role)

    def _link(self, user_id: str, person: Person) -> None:
        self.links[person.external_id] = Link(user_id, person)

    def _find_user(self, user_name: str) -> Mapping[str, Any] | None:
        return found(self.server, "/Users", "userName", user_name)

    def _push(self, link: Link) -> None:
        """Read the account, put Okta's values over it, send it back whole, read it again."""
        path = path_of("Users", link.id)
        read = self.server.get(path).expect(200)
        body = shapes.whole_user(read.body, link.person, role=self.sends_role)
        wanted = self._shown(link.person) | {"id": link.id}
        for answer in (self.server.put(path, body), self.server.get(path)):
            check_shown(answer.request, wanted, answer.expect(200).body)
        self._link(link.id, link.person)

    def _set_active(self, user_id: str, *, active: bool) -> None:
        path = path_of("Users", user_id)
        self.server.patch(path, shapes.activation(active=active)).expect(200, 204)
        answer = self.server.get(path).expect(200)
        check_shown(answer.request, {"id": user_id, "active": active}, answer.body)

    def _is_member(self, link: Link) -> bool:
        return bool(self.group_id) and link.id in member_ids(self.server, self.group_id)

    def _kept(self, link: Link, *, belongs: bool) -> str:
        """The end of the sentence for somebody who was in the group, and must be still."""
        if belongs and not self._is_member(link):
            raise AnswerError(f"{link.person.user_name} is no member of {GROUP} any more.")
        return f", still in {GROUP}" if belongs else ""


def _accounts(number: int) -> str:
    """A number of accounts in words.

    >>> _accounts(0), _accounts(1), _accounts(7)
    ('no accounts yet', '1 account so far', '7 accounts so far')
    """
    if number == 0:
        return "no accounts yet"
    return f"{number} account{'' if number == 1 else 's'} so far"


def _check_members(before: list[str], joining: list[str], after: list[str]) -> None:
    if missing := {*before, *joining} - {*after}:
        raise AnswerError(f"{len(missing)} who should be in {GROUP} are not, after they joined.")
    if len(after) != len(set(after)):
        raise AnswerError(f"{GROUP} holds somebody twice.")


def _account(user: Mapping[str, Any], members: set[str]) -> Account:
    shown = user.get("name")
    name = shown if isinstance(shown, dict) else {}
    groups = group_names(user)
    return Account(
        id=user["id"],
        user_name=user["userName"],
        name=" ".join(str(name[part]) for part in ("givenName", "familyName") if name.get(part)),
        role=str(user.get("role") or ""),
        active=user.get("active") is True,
        # Many servers never fill `groups`; the group itself knows better.
        groups=groups or ((GROUP,) if user["id"] in members else ()),
    )
