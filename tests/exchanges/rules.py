"""What holds for every answer, whatever the conversation expects."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

ERROR_URN: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_URN: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
WITHOUT_BODY: Final = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sent back; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    def body(self) -> Any:
        """What the JSON says.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.raw)


def broken_rule(answer: Answer, accept: str, secrets: frozenset[str]) -> str | None:
    """The first rule that the answer breaks, or None.

    Args:
        answer: what came back.
        accept: what the client said it takes.
        secrets: every password that was sent so far.
    """
    if answer.status >= 500:
        return "a client repeats what is answered with 5xx, for hours"
    if answer.status in WITHOUT_BODY:
        return None if not answer.raw else f"{answer.status} with a body"
    if found := _type_broken(answer, accept):
        return found
    try:
        body = answer.body()
    except ValueError:
        return "the body is not JSON"
    if not isinstance(body, dict):
        return "the body is not an object"
    return next((found for rule in RULES if (found := rule(answer, body, secrets))), None)


def _type_broken(answer: Answer, accept: str) -> str | None:
    given = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    asked_for = {"application/json"} if "application/json" in accept.lower() else set()
    if given in {"application/scim+json", *asked_for}:
        return None
    return f"typed {given or 'not at all'}, where {accept or 'nothing'} was accepted"


def _password_shown(answer: Answer, body: Any, secrets: frozenset[str]) -> str | None:
    if any(key.lower() == "password" for key, _ in _parts(body)):
        return "the answer shows a password"
    text = answer.raw.decode(errors="replace")
    return "the answer holds a password" if any(one in text for one in secrets) else None


def _null(_: Answer, body: Any, __: frozenset[str]) -> str | None:
    nulls = (key for key, value in _parts(body) if value is None)
    found = next(nulls, None)
    return None if found is None else f"{found} is null: unassigned is absent in an answer"


def _error_unlike(answer: Answer, body: Any, _: frozenset[str]) -> str | None:
    if answer.status < 400:
        return None
    if body.get("schemas") != [ERROR_URN] or body.get("status") != str(answer.status):
        return "an error carries its schema, and its status as a text"
    if not isinstance(body.get("detail"), str) or not body["detail"].strip():
        return "an error says what is wrong in its detail"
    if answer.status == 401 and not answer.headers.get("www-authenticate"):
        return "401 comes with WWW-Authenticate"
    return None


def _list_unlike(_: Answer, body: Any, __: frozenset[str]) -> str | None:
    if LIST_URN not in body.get("schemas", ()):
        return None
    numbers = {key: body[key] for key in ("startIndex", "itemsPerPage") if key in body}
    numbers["totalResults"] = body.get("totalResults")
    if wrong := next((key for key, one in numbers.items() if type(one) is not int), None):
        return f"{wrong} is not a whole number"
    came = len(body.get("Resources", []))
    if numbers.get("itemsPerPage", came) != came or numbers["totalResults"] < came:
        return f"{came} resources, which the list counts otherwise"
    return None


def _resource_unlike(_: Answer, body: Any, __: frozenset[str]) -> str | None:
    resources = body.get("Resources", [body])
    if any("meta" in one and not one.get("schemas") for one in resources):
        return "a resource names its schemas"
    ids = [one["id"] for one in resources if "id" in one]
    return "an id came twice in one list" if len(set(ids)) != len(ids) else None


def _location_unlike(answer: Answer, body: Any, _: frozenset[str]) -> str | None:
    if answer.status != 201:
        return None
    address = answer.headers.get("location", "")
    if address and body.get("meta", {}).get("location", address) == address:
        return None
    return "201 says in Location where the resource is, as meta.location does"


RULES: Final[tuple[Callable[[Answer, Any, frozenset[str]], str | None], ...]] = (
    _password_shown,
    _null,
    _error_unlike,
    _list_unlike,
    _resource_unlike,
    _location_unlike,
)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


def passwords(body: Any) -> frozenset[str]:
    """Every password in a body that is sent.

    >>> sorted(passwords({"password": "a", "Operations": [{"path": "password", "value": "b"}]}))
    ['a', 'b']
    """
    found = [value for key, value in _parts(body) if key.lower() == "password"]
    found += [
        operation.get("value")
        for key, operations in _parts(body)
        if key.lower() == "operations" and isinstance(operations, list)
        for operation in operations
        if isinstance(operation, dict) and operation.get("path") == "password"
    ]
    return frozenset(one for one in found if isinstance(one, str) and one)
