"""One request of a browser on its way through: who asks, of which organisation, what answers."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headcount.console.services import PREFIX, Services
from headcount.directory.access import Caller
from headcount.directory.visiting import Visitor
from headcount.errors import NotFound, TooLarge
from headcount.settings import base_url_of
from headcount.store.model import Organisation
from headcount.store.visitors import Reach

_MOST_FORM = 200_000  # bytes
_MOST_FIELDS = 1_000


class NoEntry(Exception):
    """Nobody is signed in; the answer leads to where one gets in."""


@dataclass(slots=True)
class Visit:
    """One request, ready to be answered."""

    services: Services
    request: Request
    visitor: Visitor | None
    secret: str = ""  # of the session, as forms carry it: nobody else can know it
    organisation: Organisation | None = None
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def org(self) -> Organisation:
        """The organisation of the page."""
        assert self.organisation is not None
        return self.organisation

    @property
    def who(self) -> Visitor:
        """Who asks."""
        assert self.visitor is not None
        return self.visitor

    @property
    def caller(self) -> Caller:
        """Who asks, as the directory knows callers."""
        return Caller(self.org, self.who.actor)

    @property
    def base_url(self) -> str:
        """The SCIM address of the organisation, to type into an identity provider."""
        url = self.request.url
        return base_url_of(self.org.slug, self.services.settings, f"{url.scheme}://{url.netloc}")

    @property
    def address(self) -> str:
        """The address of the console, for links that are sent to people."""
        url = self.request.url
        public = self.services.settings.public_url
        return (public or f"{url.scheme}://{url.netloc}") + PREFIX

    def asked(self, name: str, default: str = "") -> str:
        """A parameter of the address."""
        return self.request.query_params.get(name, default)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page, drawn from a template of this name; every template knows the visit."""
        text = self.services.renderer.render(template, visit=self, **values)
        return HTMLResponse(text, status)

    def to(self, path: str, **parameters: str) -> Response:
        """Go on to another page of the organisation, such as `/tokens`."""
        return redirect(f"/o/{self.org.slug}{path}", **parameters)

    async def note(self, action: str, **data: Any) -> None:
        """Write into the audit trail what was done."""
        org = None if self.organisation is None else self.organisation.id
        await self.services.visiting.note(self.who.actor, action, org, data)


Handler = Callable[[Visit], Awaitable[Response]]


class Page(NamedTuple):
    """Something at an address of the console."""

    method: str  # GET or POST
    path: str  # behind the prefix; `{slug}` is the organisation
    handler: Handler
    open_to: frozenset[Reach]  # whose sessions get here; empty: anybody at all


EVERYBODY: frozenset[Reach] = frozenset()
SERVER = frozenset({Reach.SERVER})
ADMINISTRATORS = frozenset({Reach.SERVER, Reach.ORGANISATION})
ALSO_SET_UP = frozenset(Reach)


def redirect(path: str, **parameters: str) -> Response:
    """Go on to another page (RFC 9110 section 15.4.4)."""
    query = "?" + urlencode(parameters) if parameters else ""
    return RedirectResponse(PREFIX + path + query, 303)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; of one that comes twice, the values with line feeds between them.

    Raises:
        TooLarge: nobody fills in so much.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_FORM:
            raise TooLarge("the form is too large; shorten what you typed")
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise TooLarge("the form has too many fields") from None
    for name, value in pairs:
        text = value.replace("\r\n", "\n")
        found[name] = f"{found[name]}\n{text}" if name in found else text
    return found


def secret_of(cookie: str) -> str:
    """What forms of a session carry; it does not tell the cookie."""
    return hmac.digest(cookie.encode(), b"headcount console form", "sha256").hex()


async def organisation_of(services: Services, visitor: Visitor, slug: str) -> Organisation:
    """The organisation of the page. One that is not open to the visitor looks like none.

    Raises:
        NotFound: there is none for them.
    """
    hidden = NotFound(f"there is no organisation {slug[:100]!r} that is open to you")
    try:
        found = await services.store.organisation(slug)
    except NotFound:
        raise hidden from None
    if not visitor.may_enter(found.id):
        raise hidden
    return found
