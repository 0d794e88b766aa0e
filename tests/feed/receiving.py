"""A receiver of webhooks: a real HTTP server that checks what it gets as others would."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Reply:
    """What the receiver answers."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Got:
    """One request that came."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def event(self) -> Any:
        """What it tells."""
        return json.loads(self.body)

    @property
    def position(self) -> int:
        """Of the event."""
        return int(self.event["position"])

    def verified(self, secret: str) -> Any:
        """The event, if the library that receivers use finds the signature good."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Notes what comes; `answer` says what is answered, and may wait."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Reply] = lambda _: Reply()
        self.url = ""
        self.port = 0
        self.at_once = 0
        self.most_at_once = 0
        self._changed = threading.Condition()

    @property
    def positions(self) -> list[int]:
        """Of all that came, in the order in which it came."""
        with self._changed:
            return [one.position for one in self.got]

    def receive(self, one: Got) -> Reply:
        with self._changed:
            self.got.append(one)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self._changed.notify_all()
        try:
            return self.answer(one)
        finally:
            with self._changed:
                self.at_once -= 1

    def wait(self, holds: Callable[[list[Got]], bool], seconds: float = 60) -> None:
        """Until what came is as it should be."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self.got), seconds), [
                one.body for one in self.got
            ]


@contextmanager
def receiving(trust: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.receive(Got(self.path, headers, body))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: Any) -> None:
            """Whoever hangs up has their reasons."""

    server = Server(("127.0.0.1", port), Handler)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    receiver.url = f"{'http' if trust is None else 'https'}://127.0.0.1:{receiver.port}/in"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port of loopback at which each connection is dealt with by `talk`, until it is closed."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(65_536)
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(20)
