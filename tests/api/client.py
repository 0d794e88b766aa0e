"""A client of the HTTP API, which holds refusals to RFC 9457."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from headcount.directory.keys import KeyWish, Scope
from headcount.store.keys import ApiKey
from tests.serving import Site

ALL = tuple(Scope)


@dataclass(frozen=True)
class Client:
    """Speaks to the API of one server with one key."""

    base_url: str  # ending in /api/v1
    key: str | None
    slug: str

    def __call__(
        self, method: str, path: str, body: Any = None, **asked: Any
    ) -> urllib3.BaseHTTPResponse:
        """Send one request; `asked` goes behind the question mark."""
        query = "?" + urlencode(asked) if asked else ""
        return urllib3.request(
            method,
            self.base_url + path + query,
            body=body if isinstance(body, bytes | None) else json.dumps(body).encode(),
            headers=self.headers({"Content-Type": "application/json"} if body is not None else {}),
            retries=False,
            redirect=False,
            timeout=60,
        )

    def headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        """What every request carries."""
        given = {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
        return given | (more or {})

    def here(self, path: str = "", **asked: Any) -> Any:
        """What is read below the address of the organisation."""
        answer = self("GET", f"/organisations/{self.slug}{path}", **asked)
        assert answer.status == 200, answer.data
        return answer.json()

    @contextmanager
    def stream(self, path: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
        """An answer that goes on, of the organisation."""
        place = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(place.netloc, timeout=60)
        sent = self.headers({name.replace("_", "-"): value for name, value in headers.items()})
        whole = f"{place.path}/organisations/{self.slug}{path}"
        try:
            connection.request("GET", whole, headers=sent)
            yield connection.getresponse()
        finally:
            connection.close()


def issue(site: Site, *scopes: str, everywhere: bool = False, **more: Any) -> tuple[str, ApiKey]:
    """A new key for the organisation of the site, and what is kept of it."""
    slug = None if everywhere else site.slug
    wish = KeyWish("test", slug, scopes or ALL, more.get("lifetime", timedelta(days=1)))
    return site.office.change(lambda runtime: runtime.keys.issue(wish))


def client(site: Site, *scopes: str, everywhere: bool = False) -> Client:
    """A client with a new key."""
    key, _ = issue(site, *scopes, everywhere=everywhere)
    return at(site, key)


def at(site: Site, key: str | None) -> Client:
    """A client with this key."""
    return Client(site.base_url.removesuffix("/scim/v2") + "/api/v1", key, site.slug)


def refused(answer: urllib3.BaseHTTPResponse, status: int) -> str:
    """Hold a refusal to RFC 9457; what it tells a person."""
    assert answer.status == status, answer.data
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    return str(body["detail"])
