"""A provider that lies as it is told to: a small HTTP server on loopback."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

CLIENT_ID = "headcount"
CLIENT_SECRET = "not-so-secret"

Claims = dict[str, Any]
Answer = tuple[int, Mapping[str, str], bytes]


class Hostile:
    """What it says; everything is as it should be until a test changes it."""

    def __init__(self) -> None:
        self.issuer = ""
        self.asked: list[str] = []
        self.key = RSAKey.generate_key(2048, auto_kid=True)
        self.reset()

    def reset(self) -> None:
        """Tell the truth again."""
        self.email: Claims = {"email": "ada@acme.test", "email_verified": True}
        self.twist: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.user_info: Claims = {"sub": "ada", **self.email}
        self.answers: dict[str, Answer] = {}
        self.described: Claims = {}
        self.authentication = ["basic"]
        self.nonce = ""
        self.challenge = ""
        self.codes: dict[str, str] = {}  # good once: -> redirect URI

    def signed(self, claims: Claims, **header: str) -> str:
        """The claims as its token."""
        head = {"alg": "RS256", "kid": str(self.key.kid), **header}
        registry = JWSRegistry(algorithms=[head["alg"]])
        return jwt.encode(head, claims, self.key, registry=registry)

    def allow(self, location: str, code: str = "a-code") -> dict[str, str]:
        """Somebody signed in who was sent to `location`; what their browser brings back."""
        asked = dict(parse_qsl(urlsplit(location).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email"}
        self.nonce, self.challenge = asked["nonce"], asked["code_challenge"]
        self.codes[code] = asked["redirect_uri"]
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, form: Mapping[str, str], authorization: str) -> Answer:
        """The answer to a request."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return told(self.description())
        if path == "/keys":
            return told({"keys": [self.key.as_dict(private=False)]})
        if path == "/user-info":
            assert authorization == "Bearer an-access-token"
            return told(self.user_info)
        assert path == "/token", path
        return self._token(form, authorization)

    def description(self) -> Claims:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/user-info",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            **self.described,
        }

    def _token(self, form: Mapping[str, str], authorization: str) -> Answer:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        by_header = "basic" in self.authentication and authorization == f"Basic {basic}"
        by_form = "post" in self.authentication and form.get("client_secret") == CLIENT_SECRET
        if not (by_header or by_form):
            return told({"error": "invalid_client"}, 401)
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        redirect_uri = self.codes.pop(form["code"], None)
        if redirect_uri != form["redirect_uri"] or challenge != self.challenge:
            # as Microsoft Entra ID writes: no character of it is allowed by RFC 6749
            return told({"error": "invalid_grant", "error_description": "AADSTS1:\r\n”no”"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "ada",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            **self.email,
        }
        return told(
            {
                "access_token": "an-access-token",
                "token_type": "Bearer",
                "id_token": self.sign(self.twist(claims)),
            }
        )


def told(value: object, status: int = 200) -> Answer:
    """An answer in JSON."""
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


@contextmanager
def providing(hostile: Hostile) -> Iterator[Hostile]:
    """Let it answer on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._send({name: values[0] for name, values in parse_qs(body).items()})

        def _send(self, form: Mapping[str, str]) -> None:
            path = urlsplit(self.path).path
            authorization = self.headers.get("authorization", "")
            status, headers, body = hostile.answer(path, form, authorization)
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    hostile.issuer = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hostile
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ELSEWHERE = {"location": "http://127.0.0.1:9/token", "content-length": "0"}
RUBBISH: dict[str, Answer] = {
    "no JSON": (200, {}, b"<html>"),
    "a list": told([]),
    "deep": (200, {}, b"[" * 100_000),
    "nothing": (200, {}, b""),
    "no words": (200, {}, b"\xff\xfe\x00"),
    "packed": (200, {"content-encoding": "gzip"}, b"{}"),
    "a lot": (200, {}, b" " * 2_000_000),
    "leads elsewhere": (307, ELSEWHERE, b""),
    "not found": (404, {}, b"{}"),
}
"""Answers that nobody can use, wherever they come."""
