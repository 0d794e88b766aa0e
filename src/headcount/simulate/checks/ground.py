"""Where checks stand: a server, what it says it offers, and resources that are taken away again."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from headcount.simulate.address import ConversationError
from headcount.simulate.conversation import Answer, Conversation
from headcount.simulate.expected import AnswerError
from headcount.simulate.lookup import are_objects, path_of
from headcount.simulate.shapes import GROUP, PATCH, USER

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

Body = dict[str, Any]


class Outcome(StrEnum):
    """What a check came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not offered"


class NotOfferedError(Exception):
    """The server says itself that it does not do this."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, and how it is tried."""

    section: str  # of the RFC
    rule: str
    remedy: str
    run: Callable[["Ground"], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check."""

    check: Check
    outcome: Outcome
    came: str = ""  # what the server did instead


@dataclass(slots=True)
class Ground:
    """One server under test."""

    server: Conversation
    domain: str
    config: Mapping[str, Any] = field(default_factory=dict)  # its ServiceProviderConfig
    made: list[str] = field(default_factory=list)

    def offers(self, feature: str) -> None:
        """Go on if the configuration says that the feature is supported.

        Raises:
            NotOfferedError: it says that it is not.
        """
        part = self.config.get(feature)
        if isinstance(part, dict) and part.get("supported") is False:
            raise NotOfferedError

    def name(self) -> str:
        """A userName that nobody has."""
        return f"Check.{secrets.token_hex(5)}@{self.domain}"

    def user(self, **more: Any) -> Mapping[str, Any]:
        """A new account."""
        return self._create("Users", {"schemas": [USER], "userName": self.name(), **more})

    def group(self, *members: str, **more: Any) -> Mapping[str, Any]:
        """A new group."""
        listed = [{"value": member} for member in members]
        body = {"schemas": [GROUP], "displayName": f"Check {secrets.token_hex(5)}", **more}
        return self._create("Groups", {**body, "members": listed})

    def _create(self, kind: str, body: Body) -> Mapping[str, Any]:
        answer = self.server.post(f"/{kind}", body)
        if kind == "Groups" and answer.status in {404, 501}:
            raise NotOfferedError
        answer.expect(201)
        if not isinstance(answer.body.get("id"), str):
            raise AnswerError(f"POST /{kind} answered without the id of the new resource.")
        self.made.append(path_of(kind, answer.body["id"]))
        return answer.body

    def path(self, resource: Mapping[str, Any], kind: str = "Users") -> str:
        """The path of a resource."""
        return path_of(kind, str(resource["id"]))

    def patch(
        self, resource: Mapping[str, Any], *operations: Body, kind: str = "Users"
    ) -> Mapping[str, Any]:
        """A PATCH that must work; the resource as it is read afterwards."""
        self.offers("patch")
        path = self.path(resource, kind)
        self.server.patch(path, patch_of(*operations)).expect(200, 204)
        return self.server.get(path).expect(200).body

    def found(self, where: str, path: str = "/Users") -> list[Mapping[str, Any]]:
        """What a filter finds."""
        self.offers("filter")
        answer = self.server.get(path, filter=where).expect(200)
        listed = answer.body.get("Resources") or []
        if not are_objects(listed):
            raise AnswerError("Resources is no list of objects.")
        return list(listed)

    def as_nobody(self) -> Conversation:
        """The same server, with a token that opens nothing."""
        return replace(self.server, token="no-token-of-anybody", is_trusted=False)  # noqa: S106

    def tidy(self) -> None:
        """Take away what was made."""
        for path in reversed(self.made):
            with suppress(ConversationError):
                self.server.delete(path)
        self.made.clear()


def patch_of(*operations: Body) -> Body:
    """A PatchOp message."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def must(condition: object, came: str) -> None:
    """Refuse what the server did.

    Raises:
        AnswerError: the condition does not hold; `came` says what came instead.
    """
    if not condition:
        raise AnswerError(came)


def check_error(answer: Answer, status: int, scim_type: str | None = None) -> None:
    """A refusal in the shape of RFC 7644 section 3.12."""
    answer.expect(status)
    must(ERROR in (answer.body.get("schemas") or []), f"The body of the {status} is no SCIM error.")
    must(
        answer.body.get("status") == str(status),
        f"status in the error is {answer.body.get('status')!r}, not the text {str(status)!r}.",
    )
    if scim_type is not None:
        must(
            answer.body.get("scimType") == scim_type,
            f"scimType is {answer.body.get('scimType')!r}, not {scim_type!r}.",
        )
