"""Plays a conversation to a server over HTTP, and says where an answer is not the expected one."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from types import TracebackType
from typing import Any, Final, Protocol, Self
from urllib.parse import quote, urlencode

import urllib3

from tests.exchanges.conversation import Conversation, Expectation, Request, Step, Walk
from tests.exchanges.matchers import MISSING, difference, shown
from tests.exchanges.rules import Answer, broken_rule, passwords

CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:"
PATIENCE: Final = 30.0  # seconds; Okta waits 60, Keycloak's extension 5
EACH_OF_CROWD: Final = "$crowd"
_NAME: Final = re.compile(r"\$\{(\w+)\}")


class UnexpectedError(AssertionError):
    """The server did not do what the conversation says."""


class Site(Protocol):
    """A fresh organisation on a running server."""

    @property
    def base_url(self) -> str:
        """The address of its SCIM root."""
        ...

    @property
    def token(self) -> str:
        """A token that may write."""
        ...

    def events(self) -> list[str]:
        """The types of the events in its feed, oldest first."""
        ...


Wire = Callable[[Request], Answer]


class HttpWire:
    """Sends requests to a server, as the conversation writes them."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=16, timeout=PATIENCE, retries=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.clear()

    def __call__(self, request: Request) -> Answer:
        """The answer to the request."""
        response = self._pool.request(
            request.method,
            self._base_url + target(request),
            body=content(request),
            headers={name: text for name, text in request.headers.items() if text is not None},
            redirect=False,
        )
        headers = {name.lower(): text for name, text in response.headers.items()}
        return Answer(response.status, headers, response.data)


def target(request: Request) -> str:
    """The path with its query, percent-encoded as clients do it.

    >>> target(Request("GET", "/Users", {"filter": 'userName eq "a+b"'}))
    '/Users?filter=userName%20eq%20%22a%2Bb%22'
    """
    if not request.query:
        return request.path
    joint = "&" if "?" in request.path else "?"
    return f"{request.path}{joint}{urlencode(request.query, quote_via=quote)}"


def content(request: Request) -> bytes | None:
    """The bytes of the body, or None where there is none."""
    if request.raw is not None:
        return request.raw.encode()
    return None if request.body is None else json.dumps(request.body).encode()


def play(conversation: Conversation, wire: Wire, site: Site) -> None:
    """Hold the server to the conversation.

    Raises:
        UnexpectedError: an answer, or the events at the end, are not the expected ones.
    """
    player = Player(wire, {"token": site.token, "base": site.base_url.rstrip("/")})
    player.prepare(conversation)
    before = len(site.events())
    for step in conversation.steps:
        player.act(step)
    check_events(conversation.events, site.events()[before:])


def check_events(expected: Sequence[Counter[str]], came: Sequence[str]) -> None:
    """Each expected handful follows the one before; within one the order is free."""
    place = 0
    for handful in expected:
        end = place + handful.total()
        if Counter(came[place:end]) != handful:
            wanted = sorted(handful.elements())
            raise UnexpectedError(f"event {place}: wanted {wanted[:9]}, the feed has {list(came)}")
        place = end
    if came[place:]:
        raise UnexpectedError(f"events that nobody expected: {list(came[place:])}")


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with each `${name}` replaced; the inner one first, so `${person${n}}` works.

    >>> fill(["${person${n}}"], {"n": "2", "person2": "id-of-2"})
    ['id-of-2']
    """
    if isinstance(value, str):
        return _filled(_filled(value, names), names)
    if isinstance(value, dict) and EACH_OF_CROWD in value:
        crowd = range(int(names["crowd"]))
        return [fill(value[EACH_OF_CROWD], {**names, "n": str(n)}) for n in crowd]
    if isinstance(value, dict):
        return {fill(key, names): fill(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, names) for inner in value]
    return value


def _filled(text: str, names: Mapping[str, str]) -> str:
    try:
        return _NAME.sub(lambda found: names[found[1]], text)
    except KeyError as error:
        raise UnexpectedError(f"{text}: no step has kept {error}") from None


class Player:
    """The client's side: what it sends, and what it has kept from earlier answers."""

    def __init__(self, wire: Wire, names: Mapping[str, str]) -> None:
        self._wire = wire
        self._names = dict(names)
        self._secrets: frozenset[str] = frozenset()

    def prepare(self, conversation: Conversation) -> None:
        """Create what the conversation starts from."""
        self._names["crowd"] = str(conversation.crowd)
        crowd = {f"person{n}": dict[str, Any]() for n in range(conversation.crowd)}
        for name, person in {**conversation.people, **crowd}.items():
            self._create("User", name, {"userName": f"{name}@acme.test", **person})
        for name, group in conversation.groups.items():
            self._create("Group", name, {"displayName": name, **group})

    def _create(self, kind: str, name: str, resource: Mapping[str, Any]) -> None:
        body = {"schemas": [CORE + kind], **resource}
        send = Request("POST", f"/{kind}s", body=body)
        self.act(Step(f"{name} is there", send, Expectation(frozenset({201})), {name: "id"}))

    def act(self, step: Step | Walk) -> None:
        """Send what the step says and judge the answer."""
        if isinstance(step, Walk):
            self._walk(step)
        elif step.together > 1:
            self._act_together(step)
        else:
            self._judge(step, *self._send(step.send, self._names))

    def _send(self, request: Request, names: Mapping[str, str]) -> tuple[Request, Answer]:
        filled = self._filled(request, names)
        self._secrets |= passwords(filled.body)
        return filled, self._wire(filled)

    def _filled(self, request: Request, names: Mapping[str, str]) -> Request:
        headers: dict[str, str | None] = {
            "Authorization": "Bearer ${token}",
            "Accept": "application/scim+json",
        }
        if request.body is not None or request.raw is not None:
            headers["Content-Type"] = "application/scim+json"
        return replace(
            request,
            path=fill(request.path, names),
            query=fill(request.query, names),
            headers=fill({**headers, **request.headers}, names),
            body=fill(request.body, names),
        )

    def _act_together(self, step: Step) -> None:
        gate = Barrier(step.together)

        def send(n: int) -> tuple[Request, Answer]:
            gate.wait(PATIENCE)
            return self._send(step.send, {**self._names, "n": str(n)})

        with ThreadPoolExecutor(step.together) as threads:
            answered = list(threads.map(send, range(step.together)))
        for request, answer in answered:
            self._judge(replace(step, expect=_every_of(step.expect)), request, answer)
        came = dict(Counter(answer.status for _, answer in answered))
        if came != dict(step.expect.statuses):
            wanted = dict(step.expect.statuses)
            raise UnexpectedError(f"{step.say}\n  wanted the statuses {wanted}, got {came}")

    def _walk(self, walk: Walk) -> None:
        ids: list[str] = []
        for page in range(walk.pages):
            query = {"startIndex": str(len(ids) + 1)} if page else {}
            query |= {"count": str(walk.count)} if walk.count is not None else {}
            numbers = {"totalResults": walk.total, "startIndex": len(ids) + 1}
            step = Step(walk.say, Request("GET", walk.path, query), _page(numbers))
            request, answer = self._send(step.send, self._names)
            self._judge(step, request, answer)
            ids += [resource["id"] for resource in answer.body()["Resources"]]
            if page + 1 < walk.pages and walk.count is not None and len(ids) % walk.count:
                raise UnexpectedError(f"{walk.say}\n  page {page + 1} is not full")
        if len(set(ids)) != len(ids) or len(ids) != walk.total:
            came = f"{len(ids)} resources, {len(set(ids))} of them different"
            raise UnexpectedError(
                f"{walk.say}\n  wanted {walk.total} on {walk.pages} pages: {came}"
            )

    def _judge(self, step: Step, request: Request, answer: Answer) -> None:
        if found := self._wrong(step.expect, request, answer):
            sent = shown(request.raw if request.raw is not None else request.body)
            raise UnexpectedError(
                f"{step.say}\n  {found}\n"
                f"  sent: {request.method} {target(request)} {sent}\n"
                f"  came: {answer.status} {answer.raw.decode(errors='replace')[:1000]}"
            )
        for name, path in step.keep.items():
            self._names[name] = kept(answer.body(), path)

    def _wrong(self, expect: Expectation, request: Request, answer: Answer) -> str | None:
        accept = request.headers.get("Accept") or ""
        if found := broken_rule(answer, accept, self._secrets):
            return found
        if expect.status and answer.status not in expect.status:
            return f"wanted the status {sorted(expect.status)}"
        headers = fill(dict(expect.headers), self._names)
        for name, want in headers.items():
            if found := difference(want, answer.headers.get(name.lower(), MISSING), name):
                return found
        return self._body_difference(expect, answer)

    def _body_difference(self, expect: Expectation, answer: Answer) -> str | None:
        body = answer.body() if answer.raw else MISSING
        if expect.scim_type and (body is MISSING or body.get("scimType") not in expect.scim_type):
            return f"wanted the scimType {sorted(expect.scim_type)}"
        if expect.body is None:
            return None
        return difference(fill(expect.body, self._names), body)


def _every_of(expect: Expectation) -> Expectation:
    """What each of several answers must be, their number left aside."""
    return replace(expect, status=frozenset(expect.statuses), statuses={})


def _page(numbers: Mapping[str, int]) -> Expectation:
    return Expectation(frozenset({200}), body={**numbers, "Resources": {"$any": True}})


def kept(body: Any, path: str) -> str:
    """The text at `path`: names and places with dots between.

    >>> kept({"Resources": [{"id": "7"}]}, "Resources.0.id")
    '7'
    """
    found = body
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found.get(part, MISSING)
        if found is MISSING:
            raise UnexpectedError(f"the answer has no {path}: {shown(body)}")
    if not isinstance(found, str):
        raise UnexpectedError(f"{path} is no text: {shown(found)}")
    return found
