"""What every page works with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from headcount.console.connecting import Connecting
from headcount.console.rendering import Renderer
from headcount.directory.directory import Directory
from headcount.directory.endpoints import Endpoints
from headcount.directory.keys import Keys
from headcount.directory.organisations import Organisations
from headcount.directory.ruling import RoleRules
from headcount.directory.types import Types
from headcount.directory.visiting import Visiting
from headcount.scim.paths import Names
from headcount.settings import Settings
from headcount.store.activity import Exchange
from headcount.store.model import OrgId
from headcount.store.promise import Store
from headcount.store.webhooks import Attempt

PREFIX = "/console"


class Understanding(Protocol):
    """Reads a recorded request once more."""

    def __call__(
        self, exchange: Exchange, types: Types, *, strict: bool = False
    ) -> Mapping[str, Any] | None:
        """What it meant after tolerance, or None where it said nothing beside its address."""


def _none(org: OrgId | None) -> int:  # noqa: ARG001 - as it is asked
    return 0


class Recognition(Protocol):
    """Recognises people by what somebody else says of them."""

    async def begin(self, redirect_uri: str, then: str) -> tuple[str, str]:
        """The address to send a browser to, and what it has to keep until it comes back.

        Args:
            redirect_uri: where it shall come back.
            then: where its user wants to go, for `finish`.

        Raises:
            ProviderFailed: the provider says nothing that can be used.
            Unavailable: it cannot be reached.
        """

    async def finish(
        self, redirect_uri: str, kept: str, came: Mapping[str, str]
    ) -> tuple[str, str]:
        """The e-mail address of whoever comes back, and where they wanted to go.

        Args:
            redirect_uri: as it was at the beginning.
            kept: by the browser, since the beginning.
            came: the parameters of the address at which the browser came back.

        Raises:
            InvalidValue: this is not what was begun in this browser, or it is too late.
            Forbidden: the provider does not let them in, or does not say who they are.
            ProviderFailed: the provider says nothing that can be used or trusted.
            Unavailable: it cannot be reached.
        """


def _nothing(
    exchange: Exchange,  # noqa: ARG001 - as the protocol names it
    types: Types,  # noqa: ARG001
    *,
    strict: bool = False,  # noqa: ARG001
) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """The operations, and how a page is drawn."""

    store: Store
    directory: Directory
    organisations: Organisations
    visiting: Visiting
    role_rules: RoleRules
    endpoints: Endpoints
    keys: Keys
    connecting: Connecting
    try_webhook: Callable[[str, str], Awaitable[Attempt]]  # slug and id; sends a test event now
    settings: Settings
    clock: Callable[[], datetime]
    renderer: Renderer
    names: Names  # which attribute a name means that an identity provider sends
    stopping: Callable[[], bool]  # whether the server ends, and open streams with it
    recognition: Recognition | None = None  # where OpenID Connect is set up
    understood: Understanding = _nothing
    dropped: Callable[[OrgId | None], int] = _none
    """Requests of an organisation, or of nobody, that this process answered and did not record."""
