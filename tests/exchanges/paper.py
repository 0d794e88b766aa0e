"""Answers of paper, for the tests of the player itself."""

import json
from typing import Any

from tests.exchanges.rules import ERROR_URN, LIST_URN, Answer


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    typed = {"content-type": "application/scim+json"} if body is not None else {}
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, {**typed, **named}, raw)


def error(status: int, **more: Any) -> dict[str, Any]:
    return {"schemas": [ERROR_URN], "status": str(status), "detail": "a sentence", **more}


def listed(**parts: Any) -> dict[str, Any]:
    whole = {"totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [{"id": "1"}]}
    return {"schemas": [LIST_URN], **whole, **parts}
