"""The kinds of targets that there are, and how one is reached with what was kept of it."""

import base64
from collections.abc import Mapping
from typing import Any

from headcount.connectors.calls import Calls, Pace
from headcount.connectors.synapse import Synapse
from headcount.connectors.target import Target
from headcount.connectors.zulip import PACE as ZULIP_PACE, Zulip
from headcount.errors import InvalidValue

ZULIP, SYNAPSE = "zulip", "synapse"
KINDS = (ZULIP, SYNAPSE)

_UNHURRIED = Pace(a_minute=1_200, burst=50)


def reach(kind: str, settings: Mapping[str, Any], secret: str) -> Target:
    """A target, which is not asked anything yet.

    Args:
        kind: one of `KINDS`.
        settings: `site`, and what belongs to the kind: `email` of Zulip; `server_name` and `admins`
            of Synapse. `ca_file` names certificates.
        secret: the key.

    Raises:
        InvalidValue: there is no such kind.
        Refused: the file of certificates cannot be read.
    """
    site, ca_file = settings["site"], settings.get("ca_file")
    if kind == ZULIP:
        pair = base64.b64encode(f"{settings['email']}:{secret}".encode()).decode()
        return Zulip(Calls(site, {"Authorization": f"Basic {pair}"}, ZULIP_PACE, ca_file))
    if kind == SYNAPSE:
        calls = Calls(site, {"Authorization": f"Bearer {secret}"}, _UNHURRIED, ca_file)
        return Synapse(calls, settings["server_name"], admins=bool(settings.get("admins")))
    raise InvalidValue(f"there are no connectors of the kind {kind[:100]!r}")
