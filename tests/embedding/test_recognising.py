"""An application says itself who calls and for whom; whatever goes wrong lets nobody in."""

import asyncio
import logging
from collections.abc import Mapping

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from headcount import Asked, Event, Headcount, Identity
from headcount.errors import Unavailable
from tests.embedding.serving import Client, served

KEYS = {
    "Bearer acme-key": Identity("okta", "acme", "Acme"),
    "Bearer rival-key": Identity("entra", "rival"),
    "Bearer reading": Identity("auditor", "acme", read_only=True),
    "Bearer anywhere": Identity("robot"),
}


def by_key(headers: Mapping[str, str]) -> Identity | None:
    return KEYS.get(headers.get("authorization", ""))


async def awaited(headers: Mapping[str, str]) -> Identity | None:
    await asyncio.sleep(0)
    return by_key(headers)


def by_tenant(asked: Asked) -> str | None:
    return asked.parameters.get("tenant")


def mounted(hc: Headcount, at: str = "/scim") -> ASGIApp:
    return Starlette(routes=[Mount(at, hc.asgi)], lifespan=hc.lifespan)


@pytest.mark.parametrize("function", [by_key, awaited])
def test_the_application_says_who_calls(place: str, function: object) -> None:
    heard: list[Event] = []
    hc = Headcount(place, authenticate=function, create_missing=True)  # type: ignore[arg-type]
    hc.on(name="heard")(heard.append)
    with served(mounted(hc)) as address:
        base = f"{address}/scim/v2"
        Client(base, "acme-key").create("ada@acme.test")
        Client(base, "rival-key").create("bob@rival.test")
        assert Client(base, "acme-key").send("GET", "/Users").json()["totalResults"] == 1
        assert Client(base, "reading").send("GET", "/Users").json()["totalResults"] == 1
        assert Client(base, "reading").send("POST", "/Users", {"userName": "x"}).status == 403
        assert Client(base, "nobody").send("GET", "/Users").status == 401
        assert Client(base, "anywhere").send("GET", "/Users").status == 401
        hc.wait(hc.caught_up())
        names = [one["userName"] for one in hc.wait(hc.accounts("acme"))]
    assert names == ["ada@acme.test"]
    heard.sort(key=lambda one: one.organisation)
    assert [(one.organisation, one.actor) for one in heard] == [
        ("acme", "application:okta"),
        ("rival", "application:entra"),
    ]


def test_an_organisation_that_is_not_there_is_made_only_where_that_is_wanted(
    place: str, caplog: pytest.LogCaptureFixture
) -> None:
    hc = Headcount(place, authenticate=by_key)
    with served(mounted(hc)) as address:
        client = Client(f"{address}/scim/v2", "acme-key")
        assert client.send("GET", "/Users").status == 401
        assert "the organisation 'acme', which is not there" in caplog.text
        assert hc.wait(hc.create_organisation("acme", "Acme")) is True
        assert hc.wait(hc.create_organisation("acme", "Acme again")) is False
        for _ in range(40):  # servers on PostgreSQL learn of it within half a second
            if client.send("GET", "/Users").status == 200:
                break
        assert client.send("GET", "/Users").status == 200
    with pytest.raises(ValueError, match="create_missing needs authenticate"):
        Headcount(place, create_missing=True)


def test_the_application_says_which_organisation_an_address_is_of(place: str) -> None:
    hc = Headcount(place, authenticate=by_key, organisation=by_tenant, create_missing=True)
    with served(mounted(hc, "/t/{tenant}/scim")) as address:
        base = f"{address}/t/acme/scim/v2"
        made = Client(base, "acme-key").send("POST", "/Users", {"userName": "ada@acme.test"})
        assert made.json()["meta"]["location"].startswith(f"{base}/Users/")
        assert Client(base, "anywhere").send("GET", "/Users").json()["totalResults"] == 1
        wrong = Client(base, "rival-key").send("GET", "/Users")
        assert (wrong.status, "another organisation" in wrong.json()["detail"]) == (401, True)


def test_tokens_of_headcount_go_with_organisations_of_the_application(
    place: str, token: str
) -> None:
    hc = Headcount(place, organisation=by_tenant)
    with served(mounted(hc, "/t/{tenant}/scim")) as address:
        assert Client(f"{address}/t/acme/scim/v2", token).send("GET", "/Users").status == 200
        assert Client(f"{address}/t/rival/scim/v2", token).send("GET", "/Users").status == 401
        assert Client(f"{address}/t/acme/scim/v2", "x").send("GET", "/Users").status == 401


def breaks(headers: Mapping[str, str]) -> Identity | None:
    raise LookupError("what was sent: " + headers["authorization"])


def confused(headers: Mapping[str, str]) -> Identity | None:
    return headers["authorization"]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (breaks, "authenticate failed with LookupError at"),
        (confused, "authenticate returned str, not Identity"),
    ],
)
def test_a_function_that_fails_lets_nobody_in_and_no_secret_into_the_log(
    place: str, caplog: pytest.LogCaptureFixture, function: object, said: str
) -> None:
    hc = Headcount(place, authenticate=function, create_missing=True)  # type: ignore[arg-type]
    with caplog.at_level(logging.DEBUG), served(mounted(hc)) as address:
        answer = Client(f"{address}/scim/v2", "s3cret").send("GET", "/Users")
    assert answer.status == 401
    assert "s3cret" not in answer.data.decode()
    assert said in caplog.text
    assert "s3cret" not in caplog.text


def test_a_function_may_say_that_it_cannot_tell_now(place: str) -> None:
    def busy(_: Mapping[str, str]) -> Identity | None:
        raise Unavailable("the key store is away")

    with served(mounted(Headcount(place, authenticate=busy))) as address:
        answer = Client(f"{address}/scim/v2", "x").send("GET", "/Users")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_what_was_asked_shows_no_header() -> None:
    asked = Asked("acme.test", "/scim", "/scim/v2", {}, {"authorization": "s3cret"})
    assert "s3cret" not in repr(asked)
