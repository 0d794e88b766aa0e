"""Who may come in: django-scim2 leaves that to the project."""

import os
from collections.abc import Callable
from typing import Any

_ACCEPTED = f"Bearer {os.environ.get('BENCH_TOKEN', '')}"


class _Client:
    """Somebody who showed the token."""

    is_authenticated = True


_CLIENT = _Client()


class TokenMiddleware:
    """Lets in whoever shows the token, without a look into the database."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        if request.headers.get("Authorization") == _ACCEPTED:
            request.user = _CLIENT
        return self._get_response(request)
