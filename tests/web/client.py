"""A client that says what it wants and shows what came back."""

import json
from dataclasses import dataclass, field
from typing import Any

import urllib3

from tests.serving import Site


@dataclass(frozen=True)
class Client:
    """Speaks to one site with one token, or with whatever Authorization it is given."""

    base_url: str
    token: str | None
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Send one request; names of headers are written with `_` for `-`."""
        sent = dict(self.headers)
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return urllib3.request(
            method, self.base_url + path, body=raw, headers=sent, retries=False, redirect=False
        )

    def create(self, name: str, **more: Any) -> str:
        """A new account; its id."""
        answer = self("POST", "/Users", {"userName": name, **more})
        assert answer.status == 201, answer.data
        return str(answer.json()["id"])

    def create_group(self, name: str, *members: str) -> str:
        """A new group; its id."""
        listed = [{"value": member} for member in members]
        answer = self("POST", "/Groups", {"displayName": name, "members": listed})
        assert answer.status == 201, answer.data
        return str(answer.json()["id"])


def client(site: Site) -> Client:
    """A client with the token of the site."""
    return Client(site.base_url, site.token)


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """A PatchOp message."""
    return {"Operations": list(operations)}


def refused(answer: urllib3.BaseHTTPResponse, status: int, scim_type: str | None = None) -> str:
    """Hold a refusal to RFC 7644 section 3.12; what it tells a person."""
    body = answer.json()
    assert answer.status == status, answer.data
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type
    detail = body["detail"]
    assert isinstance(detail, str)
    assert len(detail) > 10
    return detail
