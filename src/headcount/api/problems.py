"""Refusals as RFC 9457 wants them: one sentence that tells what to do."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from headcount.errors import InvalidSyntax, InvalidValue, MethodNotAllowed, NotFound, ScimError

MEDIA_TYPE = "application/problem+json"

_LOG = logging.getLogger(__name__)


class ServerFault(ScimError):
    """A bug of ours, told without its insides."""

    status: ClassVar[int] = 500


def problem_of(refused: ScimError) -> dict[str, Any]:
    """The members of a problem (RFC 9457 section 3.1)."""
    detail = refused.detail.encode("utf-8", "backslashreplace").decode()
    title = HTTPStatus(refused.status).phrase
    return {"type": "about:blank", "title": title, "status": refused.status, "detail": detail}


def answer(refused: ScimError) -> Response:
    """A refusal as an answer."""
    headers = {name.decode(): value.decode() for name, value in refused.headers()}
    body = orjson.dumps(problem_of(refused))
    return Response(body, refused.status, headers=headers, media_type=MEDIA_TYPE)


async def refused(_: Request, error: Exception) -> Response:
    """The answer to a request that was refused."""
    assert isinstance(error, ScimError)
    return answer(error)


async def invalid(_: Request, error: Exception) -> Response:
    """The answer to a request that does not say what belongs into it."""
    assert isinstance(error, RequestValidationError)
    return answer(_first(error.errors()))


async def astray(request: Request, error: Exception) -> Response:
    """The answer where there is nothing, or nothing for this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return answer(wrong_method(request.method, _allowed(request)))
    if error.status_code == HTTPStatus.NOT_FOUND:
        there = "/api/v1/openapi.json names all addresses"
        return answer(NotFound(f"there is nothing at {request.url.path[:200]!r}; {there}"))
    return answer(InvalidSyntax(str(error.detail)))


def _allowed(request: Request) -> list[str]:
    """The methods of all routes with this address; the framework tells those of the first alone."""
    found: set[str] = set()
    for route in request.app.routes:
        matched, _ = route.matches(request.scope)
        if matched is not Match.NONE:
            found |= route.methods
    return sorted(found)


def wrong_method(method: str, allowed: Sequence[str]) -> MethodNotAllowed:
    """The refusal of a method that an address does not take."""
    told = ", ".join(allowed)
    return MethodNotAllowed(f"{method[:40]} does not work here; what does: {told}", told)


async def failed(_: Request, __: Exception) -> Response:
    """The answer where the server failed; what raised it is logged by the server."""
    return answer(ServerFault("the server failed; its log tells the operator why"))


def _first(errors: Sequence[Mapping[str, Any]]) -> ScimError:
    """The first of what is wrong, in a sentence."""
    first = errors[0]
    place, *names = [str(part) for part in first["loc"]]
    if first["type"] == "json_invalid":
        return InvalidSyntax("the body is not JSON")
    name = ".".join(names)
    if place == "body" and not name:
        return InvalidSyntax("the body must be one JSON object, with Content-Type application/json")
    if first["type"] == "missing":
        return InvalidValue(f"{name} is missing in the {_PLACES.get(place, place)}")
    if first["type"] == "extra_forbidden":
        return InvalidValue(f"{name[:100]!r} is nothing that belongs into the body")
    said = str(first["msg"]).removeprefix("Input ").removeprefix("Value error, ")
    return InvalidValue(f"{name} {said}, not {str(first.get('input'))[:100]!r}")


_PLACES = {"query": "address, behind the question mark", "path": "address"}
