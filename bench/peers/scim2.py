"""scim2-server's own ASGI application on its own storage, which is in memory."""

import os

from scim2_models import UnauthorizedException
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage
from scim2_server.requests import ScimRequest
from scim2_server.utils import load_default_provider

_ACCEPTED = f"Bearer {os.environ.get('BENCH_TOKEN', '')}"


class TokenApplication(ASGIApplication):
    """Lets in whoever shows the token."""

    def check_auth(self, request: ScimRequest) -> None:
        """Refuse a request without the token."""
        if request.header("Authorization") != _ACCEPTED:
            raise UnauthorizedException


application = TokenApplication(AsyncInMemoryStorage(), load_default_provider())
