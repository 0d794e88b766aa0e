"""The console as an ASGI application: who gets where, and what every answer carries."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headcount.console import oidc, signing_in
from headcount.console.pages import PAGES
from headcount.console.services import PREFIX, Services
from headcount.console.visits import NoEntry, Page, Visit, form_of, organisation_of, redirect
from headcount.errors import Forbidden, ScimError

_LOG = logging.getLogger(__name__)

ALL_PAGES: Sequence[Page] = (*signing_in.PAGES, *oidc.PAGES, *PAGES)
"""Everything that has an address, but for the files that every page needs."""

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def console(services: Services) -> ASGIApp:
    """The application for everything under `/console`."""
    routes: list[Any] = [
        Mount(
            f"{PREFIX}/static",
            StaticFiles(packages=[("headcount.console", "static")]),
        ),
        *(
            Route(PREFIX + page.path, _answering(services, page), methods=[page.method])
            for page in ALL_PAGES
        ),
    ]
    refusing = partial(_refused, services)
    application = Starlette(
        routes=routes,
        exception_handlers={
            ScimError: refusing,
            HTTPException: refusing,
            NoEntry: _to_the_door,
            Exception: partial(_failed, services),
        },
    )
    return _with_headers(application)


def _answering(services: Services, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        cookie = signing_in.cookie_of(request)
        visitor, fresh = (None, None)
        if cookie:
            visitor, fresh = await services.visiting.visitor(cookie)
        visit = Visit(services, request, visitor, signing_in.form_secret(request, fresh or cookie))
        request.state.visit = visit
        if page.open_to and visitor is None:
            raise NoEntry
        if visitor is not None and page.open_to and visitor.session.reach not in page.open_to:
            raise Forbidden("this page is not open to you; ask an administrator of the server")
        if "slug" in request.path_params and visitor is not None:
            slug = request.path_params["slug"]
            visit.organisation = await organisation_of(services, visitor, slug)
        if page.method == "POST":
            visit.form = await form_of(request)
            _check_form(visit, cookie, signed_in=bool(page.open_to))
        response = await page.handler(visit)
        if fresh is not None and not signing_in.decided(request, response):
            signing_in.give_cookie(request, response, fresh)
        return response

    return answer


def _check_form(visit: Visit, cookie: str, *, signed_in: bool) -> None:
    """Take a form only from a page of ours.

    Raises:
        Forbidden: it came from elsewhere, or from a page of an earlier session.
    """
    headers = visit.request.headers
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form was sent from another site, so nothing was done")
    if not signed_in:
        return
    given = visit.form.get("csrf", "").encode()  # compare_digest takes texts of ASCII alone
    expected = signing_in.form_secret(visit.request, cookie).encode()
    fresh = visit.secret.encode()
    if not (hmac.compare_digest(given, expected) or hmac.compare_digest(given, fresh)):
        raise Forbidden("this page was too old, so nothing was done; go back, reload, try again")


async def _to_the_door(request: Request, _: Exception) -> Response:
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=204)  # ask no more (HTML standard, section 9.2.2)
    if request.method == "GET":
        return redirect("/sign-in", then=request.url.path)
    return redirect("/sign-in")


async def _refused(services: Services, request: Request, error: Exception) -> Response:
    """A refusal is a page with the sentence."""
    if isinstance(error, ScimError):
        status, detail = error.status, error.detail
        headers = {name.decode(): value.decode() for name, value in error.headers()}
    else:
        assert isinstance(error, HTTPException)
        status, detail, headers = error.status_code, _sentence(error), dict(error.headers or {})
    headers.pop("www-authenticate", None)
    response = _visit(services, request).page("refused.html", status=status, detail=detail)
    response.headers.update(headers)
    return response


def _sentence(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "there is no such page; the address may be old, or mistyped"
    return f"{error.detail}; go back and try again"


async def _failed(services: Services, request: Request, error: Exception) -> Response:
    """A bug must not end in a blank page. What it is stands in the log, and nowhere else."""
    _LOG.error("a page of the console failed", exc_info=error)
    detail = "the server failed; its log tells the operator why. Nothing was changed"
    return _visit(services, request).page("refused.html", status=500, detail=detail)


def _visit(services: Services, request: Request) -> Visit:
    visit: Visit | None = getattr(request.state, "visit", None)
    return Visit(services, request, None) if visit is None else visit


def _with_headers(application: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        static = scope["path"].startswith(f"{PREFIX}/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if static:
                    headers["cache-control"] = "public, max-age=3600"
            await send(message)

        await application(scope, receive, send_with_headers)

    return answer
