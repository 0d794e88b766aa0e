"""The OpenAPI document: made from the routes, with what FastAPI cannot know of them."""

from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from headcount import __version__
from headcount.api.examples import add_examples
from headcount.api.problems import MEDIA_TYPE
from headcount.api.resources import JSON
from headcount.api.routes import OF_ONE, ORGANISATION, PREFIX, Route
from headcount.api.shapes import Problem

_DESCRIPTION = """How the application behind Headcount reads accounts and groups, links them to its
own, and follows what happens to them. Issue a key with `headcount api-key issue`, and send it as
`Authorization: Bearer KEY`."""

_EVERYWHERE = (400, 401, 403, 404, 503)

_SENTENCES = {
    400: "limit should be less than or equal to 200, not '1000'",
    401: "the key is not known here: check that it was copied whole",
    403: (
        "the key 'chat' lacks the scope events:read: issue one with"
        " `headcount api-key issue --label LABEL --scope events:read`"
    ),
    404: "there is no organisation 'acme'; `headcount org list` shows all",
    409: "the id 'user-17' is linked to another account of this organisation: take that link away",
    410: (
        "events up to position 41 are kept no longer, so 12 is too old to go on from: take a"
        " snapshot, and go on from its position"
    ),
    413: "the body is larger than 10485760 bytes; send it in smaller parts",
    503: "the server is stopping; send the request again",
}
"""A refusal of each kind, as an example."""

_LINES = {
    "/events/stream": (
        'id: 1\nevent: account.created\ndata: {"organisation":"acme","position":1,...}\n\n'
    ),
    "/snapshot": (
        '{"type":"snapshot","organisation":"acme","position":7}\n'
        '{"type":"account","resource":{"id":"01a20b6e-81b7-7575-a723-3200be819d1c",...}}\n'
        '{"type":"end","accounts":1,"groups":0}\n'
    ),
}
"""What comes line by line, as an example."""


def responses_of(route: Route) -> dict[int | str, dict[str, Any]]:
    """The answers of an address: what it gives, and each refusal."""
    title = HTTPStatus(route.status).phrase
    told: dict[int | str, dict[str, Any]] = {
        status: _refusal(status) for status in sorted({*_EVERYWHERE, *route.refusals})
    }
    path = route.path.removeprefix(ORGANISATION)
    if route.gives is not None:
        told[route.status] = {"description": title, "model": route.gives}
    elif path in _LINES:
        content = {"schema": {"type": "string"}, "example": _LINES[path]}
        told[route.status] = {"description": title, "content": {route.media_type: content}}
    return told


def _refusal(status: int) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    example = {"type": "about:blank", "title": title, "status": status}
    content = {
        "schema": {"$ref": f"#/components/schemas/{Problem.__name__}"},
        "example": {**example, "detail": _SENTENCES[status]},
    }
    return {"description": title, "content": {MEDIA_TYPE: content}}


def describe(inner: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if inner.openapi_schema is None:
        inner.openapi_schema = _described(inner)
    return inner.openapi_schema


def _described(inner: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=inner.title, version=__version__, description=_DESCRIPTION, routes=inner.routes
    )
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            _mend(operation)
            add_examples(operation, schemas)
    for path in OF_ONE:
        document["paths"][PREFIX + path] = {
            "get": _without_slug(document["paths"][f"{PREFIX}{ORGANISATION}{path}"]["get"])
        }
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas[Problem.__name__] = Problem.model_json_schema()
    schemes = {"key": {"type": "http", "scheme": "bearer", "description": "A key."}}
    document["components"]["securitySchemes"] = schemes
    return document


def _mend(operation: dict[str, Any]) -> None:
    """Leave out what FastAPI would answer and we do not."""
    operation["responses"].pop("422", None)
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if len(content) > 1:
            content.pop(JSON, None)
        if status == "204":
            answer.pop("content", None)


def _without_slug(operation: dict[str, Any]) -> dict[str, Any]:
    """The same where the organisation is that of the key, or is asked for."""
    short: dict[str, Any] = deepcopy(operation)
    short["operationId"] += "_of_the_key"
    short["summary"] += ", of the organisation of the key"
    others = [one for one in short["parameters"] if one["in"] != "path"]
    organisation = {
        "name": "organisation",
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": "Its slug; needed where the key opens every organisation.",
    }
    short["parameters"] = [*others, organisation]
    return short


def queries_of(inner: FastAPI, method: str, path: str) -> frozenset[str]:
    """The names of the parameters behind the question mark that an address knows."""
    operation = describe(inner)["paths"][PREFIX + path][method.lower()]
    return frozenset(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")
