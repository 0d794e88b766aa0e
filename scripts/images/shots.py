"""Which pages are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headcount.store.visitors import Reach

Scheme = Literal["light", "dark"]

_WIDE, _NARROW = (1280, 860), (390, 844)
_ACME = "/o/acme"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    name: str  # of the file, behind `console-`
    path: str  # behind the prefix; `{ida}` is the id of somebody
    reach: Reach | None = Reach.ORGANISATION  # who looks
    scheme: Scheme = "light"
    size: tuple[int, int] = _WIDE


SHOTS: Sequence[Shot] = (
    Shot("sign-in", "/sign-in", None),
    Shot("enter", "/enter/{link}", None),
    Shot("connect", f"{_ACME}/connect", Reach.SET_UP),
    Shot("connect-okta", f"{_ACME}/connect?provider=okta", Reach.SET_UP),
    Shot("connect-narrow", f"{_ACME}/connect?provider=okta", Reach.SET_UP, size=_NARROW),
    Shot("overview", f"{_ACME}/"),
    Shot("overview-dark", f"{_ACME}/", scheme="dark"),
    Shot("overview-narrow", f"{_ACME}/", size=_NARROW),
    Shot("accounts", f"{_ACME}/accounts"),
    Shot("account", f"{_ACME}/accounts/{{ida}}"),
    Shot("account-narrow", f"{_ACME}/accounts/{{ida}}", scheme="dark", size=_NARROW),
    Shot("groups", f"{_ACME}/groups"),
    Shot("group", f"{_ACME}/groups/{{Engineering}}"),
    Shot("roles", f"{_ACME}/roles"),
    Shot("activity", f"{_ACME}/activity"),
    Shot("activity-dark", f"{_ACME}/activity", scheme="dark"),
    Shot("request", f"{_ACME}/activity/{{refused}}"),
    Shot("tokens", f"{_ACME}/tokens"),
    Shot("settings", f"{_ACME}/settings"),
    Shot("webhooks", f"{_ACME}/webhooks", Reach.SERVER),
    Shot("webhook", f"{_ACME}/webhooks/{{webhook}}", Reach.SERVER),
    Shot("attempt", f"{_ACME}/webhooks/{{webhook}}/attempts/{{attempt}}", Reach.SERVER),
    Shot("keys", f"{_ACME}/keys", Reach.SERVER),
    Shot("connectors", f"{_ACME}/connectors", Reach.SERVER),
    Shot("connector", f"{_ACME}/connectors/chat", Reach.SERVER),
    Shot("organisations", "/organisations", Reach.SERVER),
    Shot("new-organisation", "/organisations/new", Reach.SERVER),
    Shot("unclaimed", "/unclaimed", Reach.SERVER),
    Shot("administrators", "/administrators", Reach.SERVER),
    Shot("audit", "/audit", Reach.SERVER),
)
