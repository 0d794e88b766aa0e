"""What can be wrong with a site is told in a sentence, and the key goes nowhere else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from headcount.connectors.calls import Calls, Pace
from headcount.connectors.target import Reach, Refused

HASTY = Pace(a_minute=60_000, burst=1_000)
Told = tuple[int, dict[str, str], bytes]


@contextmanager
def saying(*answers: Told) -> Iterator[tuple[str, list[str]]]:
    """A site that gives these answers, the last one again and again; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def calls(site: str, pace: Pace = HASTY) -> Calls:
    return Calls(site, {"Authorization": "Bearer the-key"}, pace)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((302, {"Location": "https://other.test/login?next=x"}, b""), "points to https://other"),
        ((200, {}, b"<html>Welcome</html>"), "with something that is not JSON. Check the address"),
        ((502, {}, b"<html>Bad gateway</html>"), "HTTP 502 with something.*Look into its log"),
        ((200, {}, b"[1, 2]"), "with something that is not JSON"),
        ((429, {"Retry-After": "0"}, b"{}"), "asks to wait, again and again"),
        ((429, {"Retry-After": "86400"}, b"{}"), "asks to wait 86400 seconds"),
    ],
)
def test_an_answer_that_is_none_ends_it_with_a_sentence(answer: Told, told: str) -> None:
    with saying(answer) as (site, _), pytest.raises(Refused, match=told) as refused:
        calls(site).ask("GET", "/users")
    assert refused.value.reach is Reach.ALL
    assert "the-key" not in str(refused.value)


@pytest.mark.parametrize(
    "asking",
    [
        (429, {"Retry-After": "0.05"}, b"<html>"),
        (429, {"Retry-After": "soon"}, b'{"retry_after_ms": 20}'),
        (429, {}, b'{"retry-after": 0.03}'),
    ],
)
def test_who_is_asked_to_wait_waits_and_asks_again(asking: Told) -> None:
    good: Told = (200, {}, b'{"result": "success"}')
    with saying(asking, asking, good) as (site, asked):
        assert calls(site).ask("GET", "/users").body == {"result": "success"}
    assert asked == ["/users"] * 3


def test_a_target_that_was_closed_waits_no_more() -> None:
    with saying((200, {}, b"{}")) as (site, asked):
        slow = calls(site, Pace(a_minute=1, burst=1))
        slow.ask("GET", "/first")
        waiting = threading.Timer(0.05, slow.close)
        waiting.start()
        with pytest.raises(Refused, match="was interrupted"):
            slow.ask("GET", "/second")
        waiting.join()
    assert asked == ["/first"]


def test_a_site_that_speaks_no_tls_is_told() -> None:
    with saying((200, {}, b"{}")) as (site, _), pytest.raises(Refused, match="cannot be trusted"):
        calls(site.replace("http:", "https:")).ask("GET", "/users")
