"""One request: where it goes, how long it may take, and what is read of the answer."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from headcount.feed.webhooks.posting import MOST_KEPT, MOST_READ, Patience, Poster
from tests.feed.certificates import certified
from tests.feed.receiving import Receiver, Reply, receiving, talking

pytestmark = pytest.mark.anyio

HEADERS = (("content-type", "application/json"), ("webhook-id", "msg_1"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
async def poster() -> AsyncIterator[Poster]:
    poster = Poster(private=True)
    yield poster
    await poster.close()


def leading_to(*addresses: str) -> Any:
    """A resolver for which every name has these addresses."""

    def resolve(_: str, port: int, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return resolve


async def test_a_request_is_a_post_with_its_headers_and_body(
    receiver: Receiver, poster: Poster
) -> None:
    receiver.answer = lambda _: Reply(200, {"Retry-After": "7"}, b"thanks")
    answer = await poster(receiver.url + "?a=b", HEADERS, b'{"a":1}')
    assert (answer.status, answer.body, answer.retry_after) == (200, b"thanks", "7")
    (got,) = receiver.got
    assert (got.path, got.body) == ("/in?a=b", b'{"a":1}')
    assert got.headers == {
        **dict(HEADERS),
        "host": f"127.0.0.1:{receiver.port}",
        "content-length": "7",
    }


async def test_redirects_are_not_followed(receiver: Receiver, poster: Poster) -> None:
    receiver.answer = lambda _: Reply(307, {"Location": receiver.url})
    assert (await poster(receiver.url, HEADERS, b"{}")).status == 307
    assert len(receiver.got) == 1


async def test_only_the_beginning_of_a_long_answer_is_kept(
    receiver: Receiver, poster: Poster
) -> None:
    receiver.answer = lambda _: Reply(200, {}, b"x" * 50 * MOST_READ)
    answer = await poster(receiver.url, HEADERS, b"{}")
    assert (answer.status, answer.body) == (200, b"x" * MOST_KEPT)
    receiver.answer = lambda _: Reply(200, {}, b"short")
    assert (await poster(receiver.url, HEADERS, b"{}")).body == b"short"


async def test_a_receiver_that_does_not_answer_is_not_waited_for(receiver: Receiver) -> None:
    over = threading.Event()

    def answer(_: object) -> Reply:
        over.wait(20)
        return Reply()

    receiver.answer = answer
    poster = Poster(private=True, patience=Patience(whole=0.2))
    answered = await poster(receiver.url, HEADERS, b"{}")
    over.set()
    assert (answered.status, answered.detail) == (None, "no answer within 0.2 seconds")
    await poster.close()


async def test_a_receiver_that_answers_a_byte_at_a_time_is_not_waited_for() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.01)  # as slow receivers do

    with talking(drip) as port:
        poster = Poster(private=True, patience=Patience(whole=0.3))
        answer = await poster(f"http://127.0.0.1:{port}/in", HEADERS, b"{}")
        assert answer.detail == "no answer within 0.3 seconds"
        await poster.close()


async def test_a_resolver_that_does_not_answer_is_not_waited_for() -> None:
    over = threading.Event()
    poster = Poster(resolve=lambda *_, **__: over.wait(20), patience=Patience(connect=0.2))
    answer = await poster("https://hooks.test/in", HEADERS, b"{}")
    over.set()
    assert answer.detail == "no connection within 0.2 seconds"
    await poster.close()


async def test_a_name_that_leads_within_is_refused_when_it_is_connected_to(
    receiver: Receiver,
) -> None:
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"):
        poster = Poster(resolve=leading_to(address))
        answer = await poster(f"https://hooks.test:{receiver.port}/in", HEADERS, b"{}")
        assert answer.status is None
        assert "hooks.test leads into a private network" in answer.detail
        await poster.close()
    assert receiver.got == []


async def test_a_name_is_resolved_once_so_it_cannot_lead_elsewhere_in_between() -> None:
    asked = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "192.88.99.1" if len(asked) == 1 else "127.0.0.1"
        return [(0, 0, 0, "", (address, port))]

    poster = Poster(resolve=resolve)
    assert (await poster("https://hooks.test/in", HEADERS, b"{}")).status is None
    assert asked == ["hooks.test"]
    await poster.close()


async def test_the_certificate_has_to_be_that_of_the_name(tmp_path: Path) -> None:
    server, client = certified("hooks.test", tmp_path)
    with receiving(server) as receiver:
        to_here = leading_to("127.0.0.1")
        poster = Poster(private=True, trust=client, resolve=to_here)
        assert (await poster(f"https://hooks.test:{receiver.port}/", HEADERS, b"{}")).status == 204
        assert receiver.got[0].headers["host"] == f"hooks.test:{receiver.port}"
        other = await poster(f"https://others.test:{receiver.port}/", HEADERS, b"{}")
        assert "the certificate of the receiver is not good" in other.detail
        await poster.close()
        strange = Poster(private=True, resolve=to_here)
        answer = await strange(f"https://hooks.test:{receiver.port}/", HEADERS, b"{}")
        assert "the certificate of the receiver is not good" in answer.detail
        await strange.close()
        assert len(receiver.got) == 1


async def test_the_next_address_is_taken_where_the_first_takes_nobody(receiver: Receiver) -> None:
    poster = Poster(private=True, resolve=leading_to("127.99.99.99", "127.0.0.1"))
    answer = await poster(f"http://hooks.test:{receiver.port}/in", HEADERS, b"{}")
    assert answer.status == 204
    await poster.close()


async def test_why_there_is_no_answer_is_told_in_words(poster: Poster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and listens to nobody
        port = taken.getsockname()[1]
        refused = await poster(f"http://127.0.0.1:{port}/", HEADERS, b"{}")
    assert refused.detail == "the receiver refuses connections"
    unknown = Poster(resolve=leading_to())
    answer = await unknown("https://hooks.test/", HEADERS, b"{}")
    assert answer.detail == "no connection: the name hooks.test is not known"
    await unknown.close()


async def test_what_is_no_http_is_told_in_words(poster: Poster) -> None:
    with talking(lambda connection: connection.sendall(b"220 mail.test ESMTP\r\n")) as port:
        answer = await poster(f"http://127.0.0.1:{port}/", HEADERS, b"{}")
    assert answer.detail == "the receiver ended the connection, or what it sent is no HTTP"


async def test_a_receiver_without_tls_is_told_of_in_words(
    receiver: Receiver, poster: Poster
) -> None:
    answer = await poster(receiver.url.replace("http:", "https:"), HEADERS, b"{}")
    assert answer.detail == "no TLS could be agreed on with the receiver"
