"""How an identity provider is played: one request after the other, each told and held to account.

A provider makes people of its own, who were never there before, and takes them away again.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from headcount import __version__
from headcount.activity.providers import SIMULATED
from headcount.simulate.address import ConversationError
from headcount.simulate.conversation import Answer, Conversation
from headcount.simulate.expected import AnswerError, check_shown
from headcount.simulate.lookup import member_ids, path_of, resources, whole_number
from headcount.simulate.people import DOMAIN
from headcount.simulate.report import Report, Tell
from headcount.simulate.shapes import GROUP, PATCH, USER, equals
from headcount.simulate.story import Story

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Body = dict[str, Any]


class EndedError(Exception):
    """Nothing that follows makes sense without the step that went wrong. It is told already."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider that we play."""

    name: str  # as it is typed
    title: str  # as people call it
    headers: Mapping[str, str]
    perform: Callable[["Actor"], None]

    @property
    def sent(self) -> Mapping[str, str]:
        """Its headers, and who plays it: what a provider calls itself is known of few."""
        return {"User-Agent": f"{SIMULATED}/{__version__} ({self.title})", **self.headers}


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person whom nobody has met before."""

    given: str
    family: str
    user_name: str
    external_id: str

    @property
    def name(self) -> Body:
        """The parts of the name."""
        return {"givenName": self.given, "familyName": self.family}

    def emails(self, **more: Any) -> list[Body]:
        """The one address."""
        return [{"value": self.user_name, **more}]


@dataclass(slots=True)
class Actor:
    """Plays one provider at one server."""

    story: Story
    server: Conversation
    title: str
    domain: str = DOMAIN
    made: list[str] = field(default_factory=list)  # paths, the oldest first

    def somebody(self, given: str, family: str) -> Somebody:
        """A person with a userName that no earlier run has used."""
        mark = secrets.token_hex(4)
        name = f"{given.lower()}.{mark}@{self.domain}"
        return Somebody(given, family, name, f"{given.lower()}-{mark}")

    def group_name(self, what: str) -> str:
        """A group's name that no earlier run has used."""
        return f"{what} {secrets.token_hex(3)}"

    def ask(
        self,
        what: str,
        request: str,
        body: Body | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        status: tuple[int, ...] = (200,),
        check: Callable[[Answer], None] = lambda _: None,
    ) -> Answer:
        """Send one request and tell it; the rest is not played when it goes wrong.

        Args:
            what: "what is done -> what comes of it".
            request: method and path.
            body: what is sent.
            query: what stands behind the path.
            status: what the server may answer.
            check: what else the answer must be.

        Raises:
            EndedError: the answer was not as it should be.
        """
        method, _, path = request.partition(" ")
        answers: list[Answer] = []

        def act() -> str:
            answer = self.server.ask(method, path, body, query).expect(*status)
            check(answer)
            answers.append(answer)
            return what

        if not self.story.step(self.title, what.partition(" -> ")[0], act):
            raise EndedError
        return answers[0]

    def nobody(self, name: str, where: str, path: str = "/Users", **more: str | int) -> None:
        """A look-up that must find nothing."""
        self.ask(
            f"{name} is looked up -> not there",
            f"GET {path}",
            query={"filter": where, **more},
            check=_none,
        )

    def found(self, name: str, where: str, resource_id: str, path: str = "/Users") -> None:
        """A look-up that must find one resource, which was made before."""
        self.ask(
            f"{name} is looked up -> found",
            f"GET {path}",
            query={"filter": where},
            check=lambda answer: _only(answer, resource_id),
        )

    def create(self, name: str, body: Body, shows: Body, kind: str = "Users") -> str:
        """A new resource; its id."""
        answer = self.ask(
            f"{name} is created -> there",
            f"POST /{kind}",
            body,
            status=(201,),
            check=lambda answer: _created(answer, shows),
        )
        resource_id = str(answer.body["id"])
        self.made.append(path_of(kind, resource_id))
        return resource_id

    def change(self, what: str, request: str, body: Body, shows: Body) -> None:
        """A PUT or PATCH, and what is read afterwards."""
        path = request.partition(" ")[2]

        def true(answer: Answer) -> None:
            if answer.status == 200 and answer.body:
                check_shown(answer.request, _plain(shows), answer.body)
            read = self.server.get(path).expect(200)
            check_shown(f"{answer.request}, read again,", shows, read.body)

        self.ask(what, request, body, status=(200, 204), check=true)

    def members(self, what: str, group: str, *operations: Body, expected: set[str]) -> None:
        """A PATCH of a group, and who is in it afterwards."""

        def true(_: Answer) -> None:
            held = member_ids(self.server, group)
            if set(held) != expected or len(held) != len(expected):
                raise AnswerError(
                    f"{len(held)} are in the group afterwards, and {len(expected)} should be."
                )

        path = path_of("Groups", group)
        self.ask(what, f"PATCH {path}", patch(*operations), status=(200, 204), check=true)

    def refused(self, what: str, request: str, body: Body, *status: int) -> None:
        """A request that must be refused, with a SCIM error."""
        self.ask(what, request, body, status=status, check=_is_error)

    def remove(self, name: str, path: str) -> None:
        """DELETE, after which nothing is there."""

        def true(_: Answer) -> None:
            self.server.get(path).expect(404)

        self.ask(f"{name} is deleted -> gone", f"DELETE {path}", status=(204,), check=true)
        self.made.remove(path)

    def tidy(self) -> None:
        """Take away what was made, groups first."""
        if not self.made:
            return

        def act() -> str:
            for path in reversed(self.made):
                self.server.delete(path).expect(204, 404)
            return "what was made is removed -> gone"

        self.story.step(self.title, "what was made could not be removed", act)


def patch(*operations: Body) -> Body:
    """A PatchOp message."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def new_user(who: Somebody, **more: Any) -> Body:
    """A User with the core schema alone."""
    return {"schemas": [USER], "userName": who.user_name, "name": who.name, **more}


def new_group(name: str, **more: Any) -> Body:
    """A Group."""
    return {"schemas": [GROUP], "displayName": name, **more}


def named(who: Somebody) -> str:
    """The look-up of a person by userName."""
    return equals("userName", who.user_name)


def _plain(shows: Body) -> Body:
    return {key: value for key, value in shows.items() if key != "groups"}


def _none(answer: Answer) -> None:
    if whole_number(answer, "totalResults") or resources(answer):
        raise AnswerError(f"{answer.request} finds somebody whom nobody ever created.")


def _only(answer: Answer, resource_id: str) -> None:
    ids = [one.get("id") for one in resources(answer)]
    if ids != [resource_id]:
        raise AnswerError(
            f"{answer.request} finds {len(ids)}, and should find the one that was created."
        )


def _created(answer: Answer, shows: Body) -> None:
    if not isinstance(answer.body.get("id"), str):
        raise AnswerError(f"{answer.request} answers without the new resource and its id.")
    check_shown(answer.request, shows, answer.body)


def _is_error(answer: Answer) -> None:
    if answer.body.get("status") != str(answer.status) or not answer.body.get("detail"):
        raise AnswerError(
            f"{answer.request} refuses without a SCIM error: status as a text, and a detail."
        )


def perform(
    provider: Provider,
    base_url: str,
    token: str,
    tell: Tell = lambda _step: None,
    *,
    domain: str = DOMAIN,
) -> Report:
    """Play a provider at a SCIM server, and tell each step as soon as it is done.

    Nothing that the server or the network does raises; it becomes a step that went wrong.
    """
    story = Story(tell)
    with (
        suppress(ConversationError),
        story.begun(base_url, token, provider.sent, provider.title) as server,
    ):
        actor = Actor(story, server, provider.title, domain)
        try:
            with suppress(EndedError):
                provider.perform(actor)
        finally:
            with suppress(ConversationError):
                actor.tidy()
    return Report(tuple(story.steps))
