"""What is told when no answer comes at all."""

import socket
import ssl
from threading import Thread

import pytest
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError, SSLError

from headcount.simulate import play
from headcount.simulate.conversation import Answer, Conversation, unreachable

TOKEN = "hc-secret-0123456789"


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else gets it
        report = play(f"http://127.0.0.1:{taken.getsockname()[1]}/scim/v2", TOKEN)
    assert "Nothing answers at http://127.0.0.1" in report.steps[0].detail
    assert "connection refused" in report.steps[0].detail


def test_a_connection_closed_without_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            listening.accept()[0].close()

        thread = Thread(target=hang_up)
        thread.start()
        report = play(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN)
        thread.join()
    assert "closed the connection" in report.steps[0].detail


@pytest.mark.parametrize("base_url", ["", "ftp://acme.test", "http://a..b/scim", "http://x:y/"])
def test_an_address_that_is_none(base_url: str) -> None:
    (step,) = play(base_url, TOKEN).steps
    assert "base URL" in step.detail


def test_a_certificate_that_nobody_vouches_for() -> None:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    told = unreachable(SSLError(cause), "https://acme.example.com")
    assert "not trusted here (self-signed certificate)" in told
    assert "SSL_CERT_FILE" in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NameResolutionError("x", None, socket.gaierror()), "The host of http://x is not known"),  # type: ignore[arg-type]  # no connection is needed
        (ReadTimeoutError(None, "", ""), "took longer than 60 s"),  # type: ignore[arg-type]
        (HTTPError(TOKEN), "cannot be called (HTTPError). Check the base URL"),
    ],
)
def test_every_other_reason_has_its_sentence(error: HTTPError, told: str) -> None:
    assert told in unreachable(error, "http://x")
    assert TOKEN not in unreachable(error, "http://x")


def test_the_token_is_in_no_repr() -> None:
    with Conversation.begin("acme.example.com", TOKEN) as server:
        assert TOKEN not in repr(server)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "HTTP 400."),
        ({"detail": "Too long. "}, "HTTP 400: Too long."),
        ({"detail": None, "scimType": "invalidValue"}, "HTTP 400 (invalidValue)."),
        ({"detail": ["odd"]}, "HTTP 400: ['odd']."),
    ],
)
def test_an_answer_tells_its_status_and_the_words_of_the_server(
    body: dict[str, object], told: str
) -> None:
    assert Answer("GET /Users", 400, body).told() == told
