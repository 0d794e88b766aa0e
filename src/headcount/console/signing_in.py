"""The door of the console: links that let somebody in, the cookie, and the way out."""

from collections import OrderedDict
from collections.abc import Sequence
from time import monotonic

from starlette.requests import Request
from starlette.responses import Response

from headcount.console.visits import (
    ALSO_SET_UP,
    EVERYBODY,
    Page,
    Visit,
    redirect,
    secret_of,
)
from headcount.directory.visiting import SESSION_LIFETIME
from headcount.errors import NotFound, ScimError, TooManyRequests
from headcount.store.visitors import Link, Reach

_MOST_TRIES = 10  # of one address
_WITHIN = 60.0  # seconds
_MOST_ADDRESSES = 10_000


def _cookie_name(request: Request) -> str:
    """The prefix keeps other hosts of the domain from setting it; browsers want TLS for that."""
    secure = request.url.scheme == "https"
    return "__Host-headcount" if secure else "headcount"


def cookie_of(request: Request) -> str:
    """The text of the cookie that came; empty where there is none."""
    return request.cookies.get(_cookie_name(request), "")


def form_secret(request: Request, cookie: str) -> str:
    """What forms carry, for whoever has this cookie."""
    return secret_of(cookie or cookie_of(request)) if cookie or cookie_of(request) else ""


def give_cookie(request: Request, response: Response, cookie: str) -> None:
    """Let the browser carry `cookie` from now on."""
    response.set_cookie(
        _cookie_name(request),
        cookie,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def decided(request: Request, response: Response) -> bool:
    """Whether the answer says already who the browser is from now on, or that it is nobody."""
    name = _cookie_name(request) + "="
    return any(one.startswith(name) for one in response.headers.getlist("set-cookie"))


class Tries:
    """How often each address tried to get in and failed."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Refuse one that failed too often.

        Raises:
            TooManyRequests: it did.
        """
        recent = self._recent(address)
        if len(recent) >= _MOST_TRIES:
            wait = int(_WITHIN - (monotonic() - recent[0])) + 1
            raise TooManyRequests(
                f"too many tries from here opened nothing; try again in {wait} seconds", wait
            )

    def failed(self, address: str) -> None:
        """Remember that it failed once more."""
        self._failed[address] = [*self._recent(address), monotonic()]
        self._failed.move_to_end(address)
        while len(self._failed) > _MOST_ADDRESSES:
            self._failed.popitem(last=False)

    def _recent(self, address: str) -> list[float]:
        since = monotonic() - _WITHIN
        return [at for at in self._failed.get(address, ()) if at > since]


TRIES = Tries()


def address_of(visit: Visit) -> str:
    """Where a request comes from."""
    return visit.request.client.host if visit.request.client else ""


async def home(visit: Visit) -> Response:
    """GET /console: to where this visitor begins."""
    return redirect("/sign-in") if visit.visitor is None else await _begin(visit)


async def _begin(visit: Visit) -> Response:
    session = visit.who.session
    if session.reach is Reach.SERVER:
        return redirect("/organisations")
    for one in await visit.services.store.organisations():
        if one.id == session.org:
            place = "connect" if session.reach is Reach.SET_UP else ""
            return redirect(f"/o/{one.slug}/{place}")
    raise NotFound("the organisation that this was open for is gone")


async def sign_in(visit: Visit) -> Response:
    """GET /console/sign-in: how somebody gets in."""
    if visit.visitor is not None:
        return await _begin(visit)
    return visit.page("sign-in.html")


async def door(visit: Visit) -> Response:
    """GET /console/enter/SECRET: a button, so that a program that looks at links uses none up."""
    secret = visit.request.path_params["secret"]
    link = await _link(visit, secret)
    organisation = None
    for one in await visit.services.store.organisations() if link.org is not None else ():
        if one.id == link.org:
            organisation = one
    return visit.page("enter.html", link=link, secret=secret, enters=organisation, error_text="")


async def enter(visit: Visit) -> Response:
    """POST /console/enter: the link is used, and the browser gets its cookie."""
    secret = visit.form.get("secret", "")
    email = visit.form.get("email", "")
    link = await _link(visit, secret)
    browser = visit.request.headers.get("user-agent", "")
    try:
        cookie = await visit.services.visiting.enter(secret, email, browser)
    except NotFound:
        TRIES.failed(address_of(visit))
        raise
    except ScimError as refused:
        values = {"link": link, "secret": secret, "enters": None, "error_text": refused.detail}
        return visit.page("enter.html", status=refused.status, **values)
    response = redirect("")
    give_cookie(visit.request, response, cookie)
    return response


async def _link(visit: Visit, secret: str) -> Link:
    TRIES.check(address_of(visit))
    try:
        return await visit.services.visiting.link(secret)
    except NotFound:
        TRIES.failed(address_of(visit))
        raise


async def leave(visit: Visit) -> Response:
    """POST /console/leave: the session ends."""
    await visit.services.store.end_session(visit.who.session.id)
    await visit.services.visiting.note(visit.who.actor, "session.ended", visit.who.session.org, {})
    response = redirect("/sign-in", left="1")
    response.delete_cookie(_cookie_name(visit.request), path="/")
    return response


PAGES: Sequence[Page] = (
    Page("GET", "", home, EVERYBODY),
    Page("GET", "/", home, EVERYBODY),
    Page("GET", "/sign-in", sign_in, EVERYBODY),
    Page("GET", "/enter/{secret}", door, EVERYBODY),
    Page("POST", "/enter", enter, EVERYBODY),
    Page("POST", "/leave", leave, ALSO_SET_UP),
)
