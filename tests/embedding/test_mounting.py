"""SCIM works wherever an application puts it, and says so in every address."""

import logging
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from litestar import Litestar, asgi
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from headcount import Headcount
from tests.embedding.serving import Client, served


def in_fastapi(hc: Headcount) -> ASGIApp:
    app = FastAPI(lifespan=hc.lifespan)
    app.mount("/scim", hc.asgi)
    return app


def in_starlette(hc: Headcount) -> ASGIApp:
    return Starlette(routes=[Mount("/scim", hc.asgi)], lifespan=hc.lifespan)


def in_litestar(hc: Headcount) -> ASGIApp:
    mounted = asgi("/scim", is_mount=True, copy_scope=True)(hc.asgi)
    return Litestar([mounted], lifespan=[hc.lifespan])  # type: ignore[return-value] # own types


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that knows nothing but its pages, as Django's is."""
    assert scope["type"] == "http"
    await PlainTextResponse("ours")(scope, receive, send)


def in_front(hc: Headcount) -> ASGIApp:
    return hc.in_front_of(plain)


def alone(hc: Headcount) -> ASGIApp:
    return hc.asgi


WAYS = {
    "fastapi": (in_fastapi, "/scim/v2"),
    "starlette": (in_starlette, "/scim/v2"),
    "litestar": (in_litestar, "/scim/v2"),
    "in front": (in_front, "/scim/v2"),
    "alone": (alone, "/scim/v2"),
}


def check_addresses(client: Client, base: str) -> None:
    """Every address in an answer begins with the base."""
    made = client.send("POST", "/Users", {"userName": "ada@acme.test"})
    account = made.json()
    address = f"{base}/Users/{account['id']}"
    assert made.headers["location"] == account["meta"]["location"] == address
    group = client.group("Pioneers", account["id"])
    shown = client.send("GET", f"/Groups/{group}").json()
    assert shown["members"][0]["$ref"] == address
    assert shown["meta"]["location"] == f"{base}/Groups/{group}"
    found = client.send("GET", "/Users?filter=userName+eq+%22ada@acme.test%22").json()
    assert found["Resources"][0]["groups"][0]["$ref"] == f"{base}/Groups/{group}"
    schemas = client.send("GET", "/Schemas").json()
    assert schemas["Resources"][0]["meta"]["location"].startswith(f"{base}/Schemas/")


@pytest.mark.parametrize("way", WAYS)
def test_each_framework_keeps_the_whole_address(
    make: Callable[[], Headcount], token: str, way: str
) -> None:
    mount, at = WAYS[way]
    with served(mount(make())) as address:
        check_addresses(Client(address + at, token), address + at)


@pytest.mark.parametrize("way", ["fastapi", "starlette", "litestar", "in front"])
def test_a_prefix_that_the_proxy_took_away_comes_back_in_every_address(
    make: Callable[[], Headcount], token: str, way: str
) -> None:
    mount, at = WAYS[way]
    with served(mount(make()), root_path="/app") as address:
        check_addresses(Client(address + at, token), f"{address}/app{at}")


@pytest.mark.parametrize(
    ("at", "base"),
    [
        ("/", "/scim/v2"),
        ("/scim/v2", "/scim/v2"),
        ("/scim", "/scim/v2/"),
        ("/scim", "/scim"),
        ("/tenants/acme/provisioning", "/tenants/acme/provisioning/v2"),
    ],
)
def test_the_base_address_follows_from_the_place(
    make: Callable[[], Headcount], token: str, at: str, base: str
) -> None:
    hc = make()
    app = Starlette(routes=[Mount(at, hc.asgi)], lifespan=hc.lifespan)
    with served(app) as address:
        check_addresses(Client(address + base, token), (address + base).rstrip("/"))


def test_the_scheme_and_host_are_those_that_the_proxy_tells(
    make: Callable[[], Headcount], token: str
) -> None:
    with served(in_fastapi(make())) as address:
        client = Client(f"{address}/scim/v2", token)
        heard = {"Host": "app.example.com", "X-Forwarded-Proto": "https"}
        made = client.send("POST", "/Users", {"userName": "ada@acme.test"}, **heard)
        assert made.headers["location"].startswith("https://app.example.com/scim/v2/Users/")
        heard = {"Host": "evil host"}
        assert "evil" not in str(client.send("GET", "/Users", None, **heard).data)


def test_a_public_url_stands_before_the_place(place: str, token: str) -> None:
    hc = Headcount(place, public_url="https://app.example.com/eu/")
    with served(in_fastapi(hc)) as address:
        made = Client(f"{address}/scim/v2", token).send("POST", "/Users", {"userName": "ada"})
        assert made.headers["location"].startswith("https://app.example.com/eu/scim/v2/Users/")


def test_other_addresses_are_the_applications_own(
    make: Callable[[], Headcount], token: str
) -> None:
    with served(in_front(make())) as address:
        for path in ("/", "/scimitar", "/other/scim"):
            assert Client(address, token).send("GET", path).data == b"ours"
        answer = Client(address, token).send("GET", "/scim/v2/nothing")
        assert (answer.status, answer.headers["content-type"]) == (404, "application/scim+json")


def test_an_application_without_a_lifespan_is_answered_and_warned(
    make: Callable[[], Headcount], token: str, caplog: pytest.LogCaptureFixture
) -> None:
    hc = make()
    seen: list[str] = []
    hc.on("account.created", name="seen")(lambda event: seen.append(event.subject))

    async def home(_: object) -> PlainTextResponse:
        return PlainTextResponse("ours")

    app = Starlette(routes=[Route("/", home), Mount("/scim", hc.asgi)])
    with caplog.at_level(logging.WARNING), served(app) as address:
        client = Client(f"{address}/scim/v2", token)
        assert client.send("GET", "/Users").status == 200
        made = client.create("ada@acme.test")
        hc.wait(hc.caught_up())
        assert seen == [made]
        hc.wait(ended(hc))
    (warning,) = [one.getMessage() for one in caplog.records if "by its first request" in one.msg]
    assert "subscribers (seen) did nothing before" in warning


async def ended(hc: Headcount) -> None:
    """Close it where it runs."""
    await hc._do(lambda _: hc.close())


def test_a_database_that_cannot_be_used_is_told_in_scim(tmp_path: str) -> None:
    hc = Headcount(f"sqlite:////{tmp_path}/nowhere/headcount.db")
    with served(hc.asgi, lifespan="off") as address:
        for _ in range(2):
            answer = Client(f"{address}/scim/v2", "x").send("GET", "/Users")
            assert answer.status == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.headers["content-type"] == "application/scim+json"
            assert answer.json()["status"] == "503"


def test_the_console_comes_where_it_is_wanted(make: Callable[[], Headcount], token: str) -> None:
    hc = make()
    routes = [Mount("/scim", hc.asgi), Mount("/console", hc.console)]
    with served(Starlette(routes=routes, lifespan=hc.lifespan)) as address:
        client = Client(address, token)
        page = client.send("GET", "/console/sign-in")
        assert page.status == 200
        assert b"/console/static/console.css" in page.data
        assert client.send("GET", "/console/static/console.css").status == 200
    with served(in_fastapi(make())) as address:
        assert Client(address, token).send("GET", "/scim/console/sign-in").status == 404
