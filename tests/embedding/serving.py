"""Applications in a real server: in a thread of the tests, so that they can look into them."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
import uvicorn
from starlette.types import ASGIApp

from headcount.cli.server import listen, told_address

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@contextmanager
def served(application: ASGIApp, *, lifespan: str = "on", root_path: str = "") -> Iterator[str]:
    """A server for the application on a free port; its address."""
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        application,
        lifespan=lifespan,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        root_path=root_path,
    )
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(server.serve(sockets=[listening]))
    )
    thread.start()
    try:
        yield told_address(listening)
    finally:
        server.should_exit = True
        thread.join()
        loop.close()
        listening.close()


@dataclass(frozen=True)
class Client:
    """A SCIM client at a base address."""

    base: str
    token: str

    def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """One request; a bearer token comes with it."""
        return urllib3.request(
            method,
            self.base + path,
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self.token}", **headers},
            retries=False,
        )

    def create(self, name: str) -> str:
        """A new account; its id."""
        answer = self.send("POST", "/Users", {"userName": name})
        assert answer.status == 201, answer.data
        return str(answer.json()["id"])

    def create_many(self, *names: str) -> list[str]:
        """New accounts, in one request; their ids."""
        each = [
            {"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}}
            for name in names
        ]
        message = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
        answer = self.send("POST", "/Bulk", {"schemas": [message], "Operations": each})
        done = answer.json()["Operations"]
        assert {one["status"] for one in done} == {"201"}, answer.data
        return [one["location"].rpartition("/")[2] for one in done]

    def group(self, name: str, *members: str) -> str:
        """A new group; its id."""
        body = {"displayName": name, "members": [{"value": one} for one in members]}
        answer = self.send("POST", "/Groups", body)
        assert answer.status == 201, answer.data
        return str(answer.json()["id"])

    def patch(self, path: str, value: Any, op: str = "replace", at: str | None = None) -> None:
        """One PATCH with one operation, which succeeds."""
        operation = {"op": op, "value": value} | ({"path": at} if at else {})
        answer = self.send("PATCH", path, {"schemas": [PATCH], "Operations": [operation]})
        assert answer.status < 300, answer.data
