"""Requests of an identity provider in a month, as they are recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orjson import dumps

from bench.people import person, user_name
from headcount.activity.phrases import short
from headcount.store.activity import Done, Exchange
from headcount.store.model import Kind, OrgId

DAYS = 30

_OFTEN = 100  # each hundredth request is about the account that is changed most often
_TURNS = 20  # requests, after which the same kinds come again
_FAILED, _CREATED, _CHANGED, _READ = 0, (1, 2, 3), (4, 5, 6, 7), (8, 9)  # of a turn; else look-ups
_STRIDE = 7_919  # from one account to the next, so that neighbours are not asked for together

_CLIENT = "Okta SCIM Client 1.0.0"
_HEADERS = {
    "host": "scim.acme.test",
    "user-agent": _CLIENT,
    "accept": "application/scim+json",
    "accept-encoding": "gzip, deflate",
    "content-type": "application/scim+json; charset=utf-8",
    "authorization": "(removed)",
    "x-request-id": "9f86d081-884c-7d65-9a2f-eaa0c55ad015",
}
_PATCH = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{"op": "replace", "value": {"title": "Engineer", "active": True}}],
}


@dataclass(frozen=True)
class Month:
    """So many requests about some accounts, evenly spread over the days before a moment."""

    org: OrgId
    ids: Sequence[str]
    tokens: Sequence[str]
    busiest: int  # the account that is changed most often
    count: int
    until: datetime

    def exchanges(self) -> Iterator[Exchange]:
        """All of them, the oldest first."""
        for number in range(self.count):
            yield self._exchange(number)

    @property
    def middle(self) -> int:
        """One in the middle that changed the account that is changed most often.

        >>> Month(OrgId(1), ["a"], ["t"], 0, 1_000, datetime(2026, 1, 2)).middle
        504
        """
        some = range(self.count // 2, self.count)
        return next(one for one in some if one % _OFTEN == _CHANGED[0])

    def _exchange(self, number: int) -> Exchange:
        about = number * _STRIDE % len(self.ids)
        if number % _OFTEN == _CHANGED[0]:
            about = self.busiest
        moment = self.until - timedelta(days=DAYS) * (self.count - number) / (self.count + 1)
        given: dict[str, Any] = {
            "org": self.org,
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "duration": 900 + number % 700,
            "kind": Kind.USER,
            "person": user_name(about),
            "token": self.tokens[number % len(self.tokens)],
            "client": _CLIENT,
            "headers": dumps(_HEADERS).decode(),
        }
        return Exchange(**given | self._what(number, about))

    def _what(self, number: int, about: int) -> dict[str, Any]:
        turn, name, place = number % _TURNS, user_name(about), f"/Users/{self.ids[about]}"
        told = dumps(person(about))
        if turn == _FAILED:
            return _failure(number // _TURNS, name, told)
        if turn in _CREATED:
            made = {"method": "POST", "path": "/Users", "status": 201, "did": Done.CREATED}
            said = {"detail": f"created {name}", "request": told, "answer": told}
            return made | said | {"resource": self.ids[about]}
        known = {"path": place, "status": 200, "resource": self.ids[about], "answer": told}
        if turn in _CHANGED:
            said = {"detail": f"changed {name}", "request": dumps(_PATCH)}
            return known | said | {"method": "PATCH", "did": Done.CHANGED}
        if turn in _READ:
            return known | {"method": "GET", "detail": f"read {name}", "did": Done.READ}
        query = f'filter=userName eq "{name}"&startIndex=1&count=100'
        looked = {"method": "GET", "path": "/Users", "query": query, "did": Done.READ}
        return known | looked | {"detail": f"looked up {name}"}


def _failure(number: int, name: str, told: bytes) -> dict[str, Any]:
    """One of four kinds: the sentence of the first names the person, the last is nobody's."""
    sentences = (
        (409, "Taken", f"the userName {name!r} belongs to another User of this organisation"),
        (400, "InvalidValue", "active must be true or false, not 'perhaps'"),
        (403, "ReadOnlyToken", "this token may only read"),
        (401, "Unauthorized", "the token is not known here"),
    )
    status, refusal, detail = sentences[number % len(sentences)]
    nobodys: dict[str, Any] = {"org": None, "token": ""} if status == 401 else {}
    return nobodys | {
        "method": "POST",
        "path": "/Users",
        "status": status,
        "refusal": refusal,
        "detail": detail,
        "did": Done.REFUSED,
        "request": told,
        "answer": dumps({"status": str(status), "detail": short(detail)}),
    }
