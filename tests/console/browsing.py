"""A browser without a screen: it keeps its cookies, follows redirects and fills in forms."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from headcount.bootstrap import Runtime
from headcount.directory.visiting import SET_UP_LIFETIME
from headcount.store.visitors import Reach
from tests.serving import Office


class Form(HTMLParser):
    """The forms of a page: address -> fields; what comes several times is a list."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms and their fields."""
        given = dict(attrs)
        if tag == "form":
            self.forms.append((given.get("action") or "", {}))
        elif tag == "input" and self.forms and given.get("name"):
            fields, name = self.forms[-1][1], str(given["name"])
            value = given.get("value") or ""
            fields[name] = [*_listed(fields[name]), value] if name in fields else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Browser:
    """Somebody in front of the console at `root`, such as `http://127.0.0.1:8000/console`."""

    def __init__(self, root: str, **headers: str) -> None:
        self.root = root
        self.sent = {"user-agent": "Test/1.0", **headers}
        self.cookies: dict[str, str] = {}
        self.url = root
        self.text = ""
        self.status = 0
        self.headers: Any = {}
        self._http = urllib3.PoolManager(timeout=30, retries=False)

    def open(self, path: str, *, follow: bool = True) -> "Browser":
        """GET an address, from the root where it begins with none."""
        return self._go("GET", self._whole(path), None, follow=follow)

    def post(
        self, path: str, form: dict[str, Any] | None = None, *, follow: bool = True, **headers: str
    ) -> "Browser":
        """POST a form as it is."""
        body = urlencode(form or {}, doseq=True).encode()
        return self._go("POST", self._whole(path), body, follow=follow, **headers)

    def submit(self, action: str, **fields: str) -> "Browser":
        """Send the form of this page whose address ends so, with its hidden fields."""
        for where, hidden in Form(self.text).forms:
            if urljoin(self.url, where).split("?")[0].endswith(action):
                return self.post(urljoin(self.url, where), {**hidden, **fields})
        raise AssertionError(f"no form for {action} at {self.url}")

    @property
    def heading(self) -> str:
        """What the page says that it is."""
        found = re.search(r"<h1>(.*?)</h1>", self.text, re.DOTALL)
        return found[1].strip() if found else ""

    def _whole(self, path: str) -> str:
        return path if path.startswith("http") else self.root + path

    def _go(
        self, method: str, url: str, body: bytes | None, *, follow: bool, **headers: str
    ) -> "Browser":
        for _ in range(10):
            sent = {**self.sent, **headers}
            if self.cookies:
                sent["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            if body is not None:
                sent["content-type"] = "application/x-www-form-urlencoded"
            answer = self._http.request(
                method, url, body=body, headers=sent, redirect=False, preload_content=False
            )
            self._take_cookies(answer)
            self.url, self.status, self.headers = url, answer.status, answer.headers
            self.text = _text_of(answer)
            if not follow or answer.status not in {302, 303, 307}:
                return self
            method, body, url = "GET", None, urljoin(url, answer.headers["location"])
        raise AssertionError(f"too many redirects to {url}")

    def _take_cookies(self, answer: urllib3.BaseHTTPResponse) -> None:
        for line in answer.headers.getlist("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower() or not value.strip('"'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def _text_of(answer: urllib3.BaseHTTPResponse) -> str:
    """What came; of what goes on for as long as somebody looks, nothing."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.close()
        return ""
    return answer.data.decode()


class Followed:
    """A live page of a browser: each event as it comes."""

    def __init__(self, browser: Browser, path: str, **headers: str) -> None:
        cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
        self.answer = urllib3.PoolManager(timeout=30, retries=False).request(
            "GET",
            urljoin(browser.url, path),
            headers={"cookie": cookies, **headers},
            redirect=False,
            preload_content=False,
        )
        self._text = ""

    def until(self, words: str) -> str:
        """Read on until an event has these words; its text."""
        while True:
            event, end, rest = self._text.partition("\n\n")
            if not end:
                piece = self.answer.read1()
                assert piece, f"it ended without {words!r}: {self._text}"
                self._text += piece.decode()
                continue
            self._text = rest
            if words in event:
                return event.replace("\ndata: ", "\n")

    def is_over(self) -> bool:
        """Read on until it ends."""
        self.rest()
        return True

    def rest(self) -> str:
        """All that comes until it ends."""
        while piece := self.answer.read1():
            self._text += piece.decode()
        return self._text

    def close(self) -> None:
        """Look no more."""
        self.answer.close()


def root_of(base_url: str) -> str:
    """The address of the console on the server at this SCIM address."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}/console"


def signed_in(base_url: str, office: Office, reach: Reach, slug: str = "") -> Browser:
    """A browser in which somebody came in, by a link of the kind that they would get."""
    browser = Browser(root_of(base_url))
    browser.open(f"/enter/{link(office, reach, slug)}")
    assert browser.status == 200, browser.text
    browser.submit("/enter")
    assert browser.cookies, browser.text
    return browser


def link(office: Office, reach: Reach, slug: str = "") -> str:
    """The secret of a new link."""

    async def made(runtime: Runtime) -> str:
        visiting = runtime.visiting
        if reach is Reach.SERVER:
            secret, _ = await visiting.invite("root@x.test", None, "cli")
        elif reach is Reach.ORGANISATION:
            org = await runtime.store.organisation(slug)
            secret, _ = await visiting.invite(f"admin@{slug}.test", org, "cli")
        else:
            org = await runtime.store.organisation(slug)
            secret, _ = await visiting.set_up_link(org, SET_UP_LIFETIME, "cli")
        return secret

    return office.do(made)
