"""What an operator does with connectors: add, list, give another key, switch off, remove."""

import configparser
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from headcount.connectors.calls import clean_site
from headcount.connectors.catalogue import SYNAPSE, ZULIP
from headcount.connectors.running import follower_name
from headcount.connectors.wanted import is_address
from headcount.errors import InvalidValue
from headcount.store.connectors import Connector
from headcount.store.model import Organisation
from headcount.store.promise import Store
from headcount.store.visitors import Audited

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_BY = "cli"

APPLYING = "applying:"
"""How the name of the follower begins that is held while a connector is applied from a page."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A connector as it was asked for."""

    kind: str
    site: str
    secret: str
    name: str = ""  # the kind, where nothing is given
    email: str = ""
    server_name: str = ""
    admins: bool = False
    protected: Sequence[str] = ()
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Managing:
    """Connectors of organisations. Whatever is done to them goes into the audit trail."""

    store: Store
    clock: Callable[[], datetime]
    actor: str = _BY

    async def add(self, slug: str, wish: Wish) -> Connector:
        """A new connector; nothing is asked of its target yet.

        Raises:
            InvalidValue: something about it makes no sense.
            Taken: there is one of this name.
        """
        organisation = await self.store.organisation(slug)
        name = wish.name or wish.kind
        if not _NAME.fullmatch(name):
            raise InvalidValue(
                f"the name {name[:100]!r} must be lower-case letters, digits and hyphens, at most"
                " 63"
            )
        secret = clean_key(wish.secret)
        made = Connector(organisation.id, name, wish.kind, settings_of(wish), secret, self.clock())
        await self.store.connectors.add(made)
        await self._note("connector.added", organisation, name, kind=wish.kind, site=wish.site)
        return made

    async def list(self, slug: str) -> list[Connector]:
        """All connectors of an organisation."""
        organisation = await self.store.organisation(slug)
        return await self.store.connectors.all(organisation.id)

    async def get(self, slug: str, name: str) -> Connector:
        """One of them, or `NotFound`."""
        organisation = await self.store.organisation(slug)
        return await self.store.connectors.get(organisation.id, name)

    async def change_key(self, slug: str, name: str, secret: str) -> Connector:
        """Put another key in place of the one that it has."""
        key = clean_key(secret)
        return await self._change(
            "connector.key_changed", slug, name, lambda one: replace(one, secret=key)
        )

    async def switch(self, slug: str, name: str, *, on: bool) -> Connector:
        """Whether it follows the events by itself."""
        action = "connector.enabled" if on else "connector.disabled"
        return await self._change(action, slug, name, lambda one: replace(one, enabled=on))

    async def remove(self, slug: str, name: str) -> None:
        """Forget a connector, its key, and who is who; at the target everything stays."""
        organisation = await self.store.organisation(slug)
        await self.store.connectors.remove(organisation.id, name)
        await self.store.followers.remove(organisation.id, follower_name(name))
        await self.store.followers.remove(organisation.id, APPLYING + name)
        await self._note("connector.removed", organisation, name)

    async def _change(
        self, action: str, slug: str, name: str, change: Callable[[Connector], Connector]
    ) -> Connector:
        organisation = await self.store.organisation(slug)
        changed = await self.store.connectors.change(organisation.id, name, change)
        await self._note(action, organisation, name)
        return changed

    async def _note(self, action: str, organisation: Organisation, name: str, **more: Any) -> None:
        told = {"connector": name, **more}
        await self.store.audit(Audited(self.clock(), self.actor, action, organisation.id, told))


def settings_of(wish: Wish) -> Mapping[str, Any]:
    """What is kept of a wish, beside the key.

    Raises:
        InvalidValue: something is missing, or does not belong to the kind.
    """
    needed = {ZULIP: "email", SYNAPSE: "server_name"}
    options = {"email": wish.email, "server_name": wish.server_name, "admins": wish.admins}
    own = {ZULIP: {"email"}, SYNAPSE: {"server_name", "admins"}}[wish.kind]
    if not options[needed[wish.kind]]:
        option = needed[wish.kind].replace("_", "-")
        raise InvalidValue(f"a connector of the kind {wish.kind} needs --{option}")
    for name, value in options.items():
        if value and name not in own:
            option = name.replace("_", "-")
            raise InvalidValue(f"--{option} does not belong to the kind {wish.kind}")
    if wish.email and not is_address(wish.email):
        raise InvalidValue(f"--email {wish.email[:100]!r} is no e-mail address")
    kept: dict[str, Any] = {"site": clean_site(wish.site)}
    kept |= {name: value for name, value in options.items() if name in own}
    kept |= {"protected": [one.strip() for one in wish.protected]}
    return kept | ({"ca_file": wish.ca_file} if wish.ca_file else {})


def clean_key(text: str) -> str:
    """The key in a file that holds nothing else, or in a `zuliprc` as Zulip gives it out.

    >>> clean_key(" abc123 "), clean_key("[api]" + chr(10) + "key=abc123")
    ('abc123', 'abc123')

    Raises:
        InvalidValue: there is none in it.
    """
    key = text.strip()
    if key.startswith("["):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(key)
            key = parser.get("api", "key", fallback="")
        except configparser.Error:
            key = ""
    if not key or not all("!" <= letter <= "~" for letter in key):
        # It is not repeated here: messages end up in logs.
        raise InvalidValue(
            "the file has no key in it: it should hold the key and nothing else, or be a zuliprc"
        )
    return key
