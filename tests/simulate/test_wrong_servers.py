"""What is told when the server is down, is no SCIM server, or does not do what it should.

The server here is as small as can be and right, until a test gives it one flaw.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
import pytest
from rich.console import Console

from headcount.simulate import Report, play, tell_story

TOKEN = "hc-secret-0123456789"  # opens nothing but the server below
USER_SCHEMA = {
    "id": "urn:ietf:params:scim:schemas:core:2.0:User",
    "attributes": [{"name": "userName"}, {"name": "role"}],
}


@dataclass
class Reply:
    status: int
    body: Any = None
    content_type: str = "application/scim+json"
    headers: dict[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


def listed(resources: list[dict[str, Any]]) -> Reply:
    return Reply(200, {"totalResults": len(resources), "Resources": resources})


class SmallServer:
    """Users and groups in two dictionaries. `flaw` may answer first, or change the answer."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, dict[str, Any]]] = {"Users": {}, "Groups": {}}
        self.flaw: Callable[[str, str, Any], Reply | None] = lambda *_: None
        self.bend: Callable[[str, str, Reply], Reply | None] = lambda *_: None
        self.base_url = ""

    def answer(self, method: str, target: str, body: Any) -> Reply:
        early = self.flaw(method, target, body)
        if early is not None:
            return early
        reply = self._answer(method, target, body)
        return self.bend(method, target, reply) or reply

    def _answer(self, method: str, target: str, body: Any) -> Reply:
        url = urlsplit(target)
        if url.path == "/Schemas":
            return listed([USER_SCHEMA])
        _, kind, *rest = url.path.split("/")
        held = self.held[kind]
        match method, rest:
            case "GET", []:
                return self._list(held, parse_qs(url.query))
            case "POST", []:
                body["id"] = f"{kind}-{len(held)}"
                held[body["id"]] = {k: v for k, v in body.items() if k != "password"}
                return Reply(201, held[body["id"]])
            case "PUT", [resource_id]:
                held[unquote(resource_id)] = body
            case "PATCH", [resource_id]:
                self._patch(held[unquote(resource_id)], body["Operations"])
        return Reply(200, held[unquote(rest[0])])

    def _list(self, held: dict[str, dict[str, Any]], query: dict[str, list[str]]) -> Reply:
        if "filter" not in query:
            return listed(list(held.values())[: int(query["count"][0])])
        attribute, _, value = query["filter"][0].split(" ", 2)
        wanted = orjson.loads(value)
        return listed([each for each in held.values() if each[attribute] == wanted])

    def _patch(self, resource: dict[str, Any], operations: list[dict[str, Any]]) -> None:
        for operation in operations:
            if operation["op"] == "add":
                resource["members"] = [*resource["members"], *operation["value"]]
            else:
                resource.update(operation["value"])


@contextmanager
def running(server: SmallServer) -> Iterator[SmallServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes here; do not wait between

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = server.answer(self.command, self.path, orjson.loads(data) if data else None)
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            content = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.data()))}
            for name, value in {**content, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.data())

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.base_url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def small() -> Iterator[SmallServer]:
    with running(SmallServer()) as server:
        yield server


def failures(report: Report) -> list[str]:
    return [f"{step.what}: {step.detail}" for step in report.steps if not step.ok]


def test_the_small_server_is_right_until_it_gets_a_flaw(small: SmallServer) -> None:
    assert failures(play(small.base_url, TOKEN)) == []
    assert failures(play(small.base_url, TOKEN)) == []


WEB_PAGE = Reply(200, b"<!doctype html><title>Welcome</title>", "text/html")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(WEB_PAGE, "HTTP 200 with a web page. Check the base URL", id="web page"),
        pytest.param(Reply(502, b"<html>Bad gateway", "text/html"), "HTTP 502", id="gateway"),
        pytest.param(Reply(200, b"hello", "text/plain"), "not a JSON object", id="text"),
        pytest.param(Reply(200, [1]), "not a JSON object", id="a list"),
        pytest.param(Reply(401, {"detail": "Who are you?"}), "refuses the token", id="401"),
        pytest.param(Reply(401), "refuses the token", id="401 without a body"),
        pytest.param(Reply(500, {"detail": "Out of order."}), "HTTP 500: Out of order.", id="500"),
        pytest.param(Reply(404, {"detail": "No."}), "HTTP 404: No. Check the base URL", id="404"),
        pytest.param(
            Reply(301, headers={"Location": "https://acme.example.com/scim/v2"}),
            "points to https://acme.example.com/scim/v2",
            id="redirect",
        ),
        pytest.param(
            Reply(403, {"detail": "The organisation is disabled.", "scimType": None}),
            "HTTP 403: The organisation is disabled.",
            id="403",
        ),
        pytest.param(Reply(200, {"Resources": []}), "no whole number as totalResults", id="total"),
        pytest.param(
            Reply(200, {"totalResults": 1, "itemsPerPage": "1"}),
            "no whole number as itemsPerPage",
            id="a number as text",
        ),
        pytest.param(
            Reply(200, {"totalResults": 3, "Resources": [{}, {}, {}]}), "shows more", id="count"
        ),
        pytest.param(
            Reply(200, {"totalResults": 1, "Resources": "ada"}), "no list of objects", id="shape"
        ),
    ],
)
def test_a_failed_connection_test_is_the_only_step(
    small: SmallServer, reply: Reply, told: str
) -> None:
    small.flaw = lambda *_: reply
    report = play(small.base_url, TOKEN)
    (step,) = report.steps
    assert step.what == "Okta could not test the connection"
    assert told in step.detail
    assert report.exit_status == 1
    assert report.accounts == ()


def test_a_server_without_tls_is_called_with_it(small: SmallServer) -> None:
    without_scheme = small.base_url.removeprefix("http://")
    report = play(without_scheme, TOKEN)
    assert "begin the base URL with http://" in report.steps[0].detail


def bent(method: str, path: str, **values: Any) -> Callable[[str, str, Reply], Reply | None]:
    """A flaw: answers to these requests show other values."""

    def bend(asked: str, target: str, reply: Reply) -> Reply | None:
        if asked != method or not re.fullmatch(path, target):
            return None
        return Reply(reply.status, {**reply.body, **values})

    return bend


def refused(method: str, path: str, reply: Reply) -> Callable[[str, str, Any], Reply | None]:
    """A flaw: these requests get this answer, and nothing happens."""

    def flaw(asked: str, target: str, _body: Any) -> Reply | None:
        return reply if asked == method and re.fullmatch(path, unquote(target)) else None

    return flaw


ONE_USER = "/Users/Users-[0-9]+"
ONE_GROUP = "/Groups/Groups-[0-9]+"


@pytest.mark.parametrize(
    ("bend", "told"),
    [
        (bent("POST", "/Users", id=None), "empty user, without id"),
        (bent("POST", "/Users", active=False), "active is false and should be true"),
        (bent("POST", "/Users", password="p"), "shows the password"),
        (bent("POST", "/Users", emails=[]), "emails does not hold"),
        (bent("PUT", ONE_USER, id="another"), 'id is "another" and should be "Users-'),
        (bent("PUT", ONE_USER, role="member"), 'role is "member" and should be "'),
        (bent("GET", ONE_USER, name={"givenName": "X"}), 'name.givenName is "X"'),
        (bent("GET", ONE_USER, active=True), "active is true and should be false"),
        (bent("POST", "/Groups", displayName="Others"), 'displayName is "Others"'),
        (bent("POST", "/Groups", id=""), "empty group, without id"),
        (bent("GET", ONE_GROUP, members=[]), "are not, after they joined"),
        (bent("GET", ONE_GROUP, members="nobody"), "no list of objects"),
    ],
)
def test_wrong_values_are_told(
    small: SmallServer, bend: Callable[[str, str, Reply], Reply | None], told: str
) -> None:
    small.bend = bend
    report = play(small.base_url, TOKEN)
    assert report.exit_status == 1
    assert any(told in failure for failure in failures(report)), failures(report)


def test_a_refused_create_is_told_and_the_others_go_on(small: SmallServer) -> None:
    taken = Reply(409, {"detail": "userName is taken.", "scimType": "uniqueness"})
    small.flaw = lambda method, _target, body: (
        taken if method == "POST" and body.get("userName", "").startswith("ada") else None
    )
    report = play(small.base_url, TOKEN)
    (failure,) = failures(report)
    assert failure == (
        "ada@acme.test could not be assigned: POST /Users answered HTTP 409 (uniqueness): "
        "userName is taken. It should be 201."
    )
    assert len(report.accounts) == 4


def test_a_server_that_fails_in_the_middle_ends_the_story(small: SmallServer) -> None:
    small.flaw = refused("POST", "/Groups", WEB_PAGE)
    report = play(small.base_url, TOKEN)
    assert len(failures(report)) == 1
    assert report.steps[-1].what == "the group Pioneers could not be pushed"


def test_a_filter_that_is_not_applied_never_leads_to_writing(small: SmallServer) -> None:
    stranger = {"id": "1", "userName": "root@acme.test", "active": True}
    small.held["Users"]["1"] = dict(stranger)
    small.flaw = refused("GET", "/Users.*", listed([stranger]))
    report = play(small.base_url, TOKEN)
    assert "finds root@acme.test: the filter is not applied" in failures(report)[0]
    assert small.held["Users"] == {"1": stranger}


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (listed([{"id": "1", "userName": "ada@acme.test"}] * 2), "finds 2. There must be one."),
        (listed([{"userName": "ada@acme.test"}]), "shows no id"),
        (Reply(200, {"totalResults": 1}), "shows 0 and says it found 1"),
        (Reply(400, {"detail": "No such filter."}), "HTTP 400: No such filter."),
    ],
)
def test_a_look_up_that_cannot_be_believed(small: SmallServer, reply: Reply, told: str) -> None:
    small.flaw = refused("GET", '/Users[?]filter=userName eq "ada@.*', reply)
    assert told in failures(play(small.base_url, TOKEN))[0]


def test_a_look_up_may_answer_404_for_nobody(small: SmallServer) -> None:
    small.bend = lambda _method, target, reply: (
        Reply(404, {"detail": "Nobody."})
        if "filter" in target and not reply.body["Resources"]
        else None
    )
    assert failures(play(small.base_url, TOKEN)) == []


def test_hiding_deactivated_accounts_is_told(small: SmallServer) -> None:
    small.bend = lambda _method, target, reply: (
        listed([user for user in reply.body["Resources"] if user.get("active") is not False])
        if "filter" in target
        else None
    )
    assert "Okta would create a second one" in failures(play(small.base_url, TOKEN))[0]


def test_leaving_the_group_when_deactivated_is_told(small: SmallServer) -> None:
    def forget(method: str, target: str, body: Any) -> None:
        if method == "PATCH" and target.startswith("/Users"):
            small.held["Groups"]["Groups-0"]["members"].pop()

    small.flaw = forget
    (failure,) = failures(play(small.base_url, TOKEN))
    assert "alan@acme.test is no member of Pioneers any more" in failure


def test_an_account_that_is_gone_at_the_end_is_told(small: SmallServer) -> None:
    small.bend = lambda _method, target, _reply: (
        listed([]) if "ada%40" in target and len(small.held["Users"]) == 5 else None
    )
    (failure,) = failures(play(small.base_url, TOKEN))
    assert "1 of 5 accounts are not found any more" in failure


def test_doubling_members_is_told(small: SmallServer) -> None:
    def double(method: str, target: str, body: Any) -> None:
        if method == "PATCH" and target.startswith("/Groups"):
            body["Operations"].append(body["Operations"][-1])

    small.flaw = double
    assert any("holds somebody twice" in told for told in failures(play(small.base_url, TOKEN)))


def test_an_old_name_that_still_finds_the_account_is_told(small: SmallServer) -> None:
    before = {"id": "Users-1", "userName": "grace@acme.test"}
    small.bend = lambda _method, target, _reply: (
        listed([before]) if "grace%40" in target and len(small.held["Users"]) == 5 else None
    )
    assert any("under the old name" in told for told in failures(play(small.base_url, TOKEN)))


def test_an_inactive_account_is_activated_when_assigned(small: SmallServer) -> None:
    small.held["Users"]["7"] = {"id": "7", "userName": "ada@acme.test", "active": False}
    report = play(small.base_url, TOKEN)
    assert failures(report) == []
    assert "ada@acme.test is there, deactivated -> activated and updated" in [
        step.what for step in report.steps
    ]


def test_both_addresses_taken_means_that_only_the_name_changes(small: SmallServer) -> None:
    for name in ("grace@acme.test", "grace.hopper@acme.test"):
        small.held["Users"][name] = {"id": name, "userName": name, "active": True}
    report = play(small.base_url, TOKEN)
    assert failures(report) == []
    assert "grace@acme.test is called Grace Murray Hopper now -> changed" in [
        step.what for step in report.steps
    ]


@pytest.mark.parametrize("schemas", [Reply(404, {}), listed([]), Reply(200, {"Resources": [{}]})])
def test_no_role_is_sent_to_a_server_without_it(small: SmallServer, schemas: Reply) -> None:
    small.flaw = refused("GET", "/Schemas", schemas)
    report = play(small.base_url, TOKEN)
    assert failures(report) == []
    assert not any("role" in user for user in small.held["Users"].values())
    assert not any("shall be" in step.what for step in report.steps)


def test_the_token_is_neither_printed_nor_held_in_the_report(small: SmallServer) -> None:
    echo = Reply(401, {"detail": f"Bearer {TOKEN} is unknown"}, headers={"Location": TOKEN})
    for status in (401, 403, 302):
        echo.status = status
        small.flaw = lambda *_: echo
        out = StringIO()
        assert tell_story(Console(file=out), small.base_url, TOKEN) == 1
        assert TOKEN not in out.getvalue()
        assert TOKEN not in repr(play(small.base_url, TOKEN))


def test_a_server_cannot_control_the_terminal(small: SmallServer) -> None:
    small.flaw = lambda *_: Reply(403, {"detail": "[bold]\x1b[2J\x07" + "x" * 1000})
    out = StringIO()
    tell_story(Console(file=out, width=80), small.base_url, TOKEN)
    assert "[bold]" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "\x07" not in out.getvalue()
    assert len(out.getvalue()) < 1000
