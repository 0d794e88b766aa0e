"""The API as one ASGI callable: who may come in, what may come in, and the document about it."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope as AsgiScope, Send

from headcount.api import problems
from headcount.api.calls import Services, needing
from headcount.api.describing import describe, queries_of, responses_of
from headcount.api.routes import OF_ONE, PREFIX, ROUTES, Route
from headcount.errors import InvalidSyntax, InvalidValue, ScimError, TooLarge
from headcount.store.keys import ApiKey

DOCUMENT = f"{PREFIX}/openapi.json"


class ApiApplication:
    """Answers everything under `/api/v1`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.inner = framework(services)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request. Without a key that is good nothing else of it is read."""
        if scope["path"] == DOCUMENT:
            await self.inner(scope, receive, send)
            return
        try:
            headers = dict(scope["headers"])
            key = await self._services.keyring.key(headers.get(b"authorization"))
            _check_texts(scope)
            inside = {**_canonical(scope, key), "headcount.key": key}
            given = await _body(headers, receive, self._services.largest)
        except ScimError as refused:
            await problems.answer(refused)(scope, receive, send)
            return
        await self.inner(inside, _replayed(given, receive), send)


def framework(services: Services) -> FastAPI:
    """The routes on FastAPI."""
    inner = FastAPI(
        title="Headcount",
        openapi_url=DOCUMENT,
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            ScimError: problems.refused,
            RequestValidationError: problems.invalid,
            HTTPException: problems.astray,
            Exception: problems.failed,
        },
    )
    inner.state.services = services
    for route in ROUTES:
        _add(inner, route)
    inner.openapi = lambda: describe(inner)  # type: ignore[method-assign] # as FastAPI documents it
    return inner


def _add(inner: FastAPI, route: Route) -> None:
    inner.add_api_route(
        PREFIX + route.path,
        route.handler,
        methods=[route.method],
        status_code=route.status,
        operation_id=route.handler.__name__,
        summary=(route.handler.__doc__ or "").partition(".")[0],
        dependencies=[Depends(needing(route.scope)), Depends(_only(route))],
        response_model=None,
        responses=responses_of(route),
        openapi_extra={"security": [{"key": [route.scope.value]}]},
    )


def _only(route: Route) -> Callable[[Request], Awaitable[None]]:
    """What refuses parameters that an address does not know: a mistyped one must not look done."""

    async def check(request: Request) -> None:
        known = queries_of(request.app, route.method, route.path)
        for name in request.query_params:
            if name not in known:
                takes = f"takes {', '.join(sorted(known))}" if known else "takes none"
                raise InvalidValue(f"{name[:100]!r} is no parameter of this address, which {takes}")

    return check


def _check_texts(scope: AsgiScope) -> None:
    """Refuse a NUL character, which no database keeps.

    Raises:
        InvalidValue: there is one in the address.
    """
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise InvalidValue("the address holds the character U+0000, which nothing here is called")


def _canonical(scope: AsgiScope, key: ApiKey) -> AsgiScope:
    """The request, to the address that has the organisation in it.

    Raises:
        MethodNotAllowed: such an address is read alone.
        InvalidValue: it does not say which organisation, and neither does the key.
    """
    path = scope["path"].removeprefix(PREFIX)
    if path not in OF_ONE:
        return scope
    if scope["method"] != "GET":
        raise problems.wrong_method(scope["method"], ["GET"])
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    named = [value for name, value in asked if name == "organisation"]
    slug = named[-1] if named else key.slug
    if not slug:
        raise InvalidValue(
            "the key opens every organisation: say which with ?organisation=SLUG, or read"
            f" {PREFIX}/organisations/SLUG{path}"
        )
    query = urlencode([one for one in asked if one[0] != "organisation"]).encode()
    whole = f"{PREFIX}/organisations/{quote(slug, safe='')}{path}"
    return {
        **scope,
        "path": f"{PREFIX}/organisations/{slug.replace('/', ' ')}{path}",  # one part, in any case
        "raw_path": whole.encode(),
        "query_string": query,
    }


async def _body(headers: dict[bytes, bytes], receive: Receive, largest: int) -> bytes | None:
    """The body, where there is one.

    Raises:
        TooLarge: it is longer than the server takes.
        InvalidSyntax: the connection ended before it did.
        InvalidValue: a text in it holds a NUL character.
    """
    announced = headers.get(b"content-length", b"")
    if b"transfer-encoding" not in headers and announced in {b"", b"0"}:
        return None
    too_large = TooLarge(f"the body is larger than {largest} bytes; send it in smaller parts")
    if announced.isdigit() and int(announced) > largest:
        raise too_large
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidSyntax("the connection ended before the body did")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            raise too_large
        more = message.get("more_body", False)
    whole = b"".join(parts)
    if b"\\u0000" in whole:
        raise InvalidValue("a text holds the character U+0000, which nothing here can hold")
    return whole


def _replayed(body: bytes | None, receive: Receive) -> Receive:
    """What the framework receives: a body that was read already, then whatever comes."""
    left = [] if body is None else [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
