"""Canaille, an identity provider, in a process of its own on a free port of loopback.

Its first line says where. Each line that is written to it is an address to which it may send
browsers from then on; it answers `ok`.
"""

import secrets
import sys
import threading

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from flask import Flask
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID = "headcount console"
CLIENT_SECRET = "a secret: with % and + and ü"
PASSWORD = "correct horse battery staple"
PEOPLE = ("ada", "grace", "mallory")


class Quiet(WSGIRequestHandler):
    """Nobody reads what was asked."""

    def log_request(self, *args: object) -> None:
        """Say nothing."""


def tell(line: str) -> None:
    """Let the test know."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until nobody writes any more."""
    server = make_server("127.0.0.1", 0, Flask("later"), threaded=True, request_handler=Quiet)
    key = RSAKey.generate_key(2048, auto_kid=True)
    server.app = app = create_app(
        config={
            "ENV_FILE": None,
            "SECRET_KEY": secrets.token_hex(),
            "SERVER_NAME": f"127.0.0.1:{server.port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {
                "DATABASE": "memory",
                "JAVASCRIPT": False,
                "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
            },
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
        }
    )
    with app.app_context():
        for name in PEOPLE:
            person = models.User(
                user_name=name,
                formatted_name=name.title(),
                family_name=name.title(),
                emails=[f"{name}@acme.test"],
                password=PASSWORD,
            )
            Backend.instance.save(person)
        client = models.Client(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            client_name="Headcount",
            client_uri="https://headcount.test",
            redirect_uris=[],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "email"],
            token_endpoint_auth_method="client_secret_basic",
        )
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tell(f"http://127.0.0.1:{server.port}")
        for line in sys.stdin:
            client.redirect_uris = [*client.redirect_uris, line.strip()]
            Backend.instance.save(client)
            tell("ok")


if __name__ == "__main__":
    main()
