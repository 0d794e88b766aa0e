"""Signing in with OpenID Connect: away to the provider, and back."""

import logging
import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from headcount.console.services import PREFIX, Recognition
from headcount.console.signing_in import TRIES, address_of, give_cookie
from headcount.console.visits import EVERYBODY, Page, Visit, redirect
from headcount.errors import NotFound, ProviderFailed, ScimError, Unavailable

_LOG = logging.getLogger(__name__)

_CALLBACK = "/oidc/callback"
_LIFETIME = 600  # seconds
_OURS = re.compile(rf"{PREFIX}(?:/(?!\.)[A-Za-z0-9._~%-]+)*/?")
_LONGEST = 500


def ours(then: str) -> str:
    """The address behind the prefix, if it is one of the console; else where everybody begins.

    >>> ours("/console/o/acme/tokens"), ours("/console"), ours("https://evil.test/console/x")
    ('/o/acme/tokens', '', '')
    >>> ours("/console//evil.test"), ours("//evil.test"), ours("/console/../x"), ours("/consoles")
    ('', '', '', '')
    """
    fits = len(then) <= _LONGEST and _OURS.fullmatch(then) is not None
    return then.removeprefix(PREFIX) if fits else ""


async def begin(visit: Visit) -> Response:
    """GET /console/oidc/begin: to the provider, with what the browser has to bring back."""
    recognition = _recognition(visit)
    try:
        address, kept = await recognition.begin(_redirect_uri(visit), ours(visit.asked("then")))
    except ScimError as refused:
        _log(refused)
        raise
    response = RedirectResponse(address, 303)
    response.set_cookie(
        _cookie_name(visit.request),
        kept,
        max_age=_LIFETIME,
        path="/",
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="lax",  # strict would not come back from the provider
    )
    return response


async def callback(visit: Visit) -> Response:
    """GET /console/oidc/callback: whoever is an administrator here gets a session."""
    recognition = _recognition(visit)
    TRIES.check(address_of(visit))
    request = visit.request
    name = _cookie_name(request)
    try:
        email, then = await recognition.finish(
            _redirect_uri(visit), request.cookies.get(name, ""), request.query_params
        )
        browser = request.headers.get("user-agent", "")
        cookie = await visit.services.visiting.admit(email, browser)
    except ScimError as refused:
        _log(refused)
        if not isinstance(refused, Unavailable):
            TRIES.failed(address_of(visit))
        response = visit.page("refused.html", status=refused.status, detail=refused.detail)
        for header, value in refused.headers():
            response.headers[header.decode()] = value.decode()
    else:
        response = redirect(then)
        give_cookie(request, response, cookie)
    response.delete_cookie(
        name, path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
    return response


def _recognition(visit: Visit) -> Recognition:
    found = visit.services.recognition
    if found is None:
        raise NotFound("nobody has set up OpenID Connect on this server; use a link to come in")
    return found


def _redirect_uri(visit: Visit) -> str:
    return visit.address + _CALLBACK


def _cookie_name(request: Request) -> str:
    secure = request.url.scheme == "https"
    return "__Host-headcount-oidc" if secure else "headcount-oidc"


def _log(refused: ScimError) -> None:
    """Tell the operator what only the operator can mend."""
    if isinstance(refused, ProviderFailed | Unavailable):
        _LOG.warning("signing in with OpenID Connect failed: %s", refused.detail)


PAGES: Sequence[Page] = (
    Page("GET", "/oidc/begin", begin, EVERYBODY),
    Page("GET", _CALLBACK, callback, EVERYBODY),
)
