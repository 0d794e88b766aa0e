"""A played Zulip, and an organisation that is written into it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from headcount.connectors.catalogue import ZULIP, reach
from tests.connectors.keeping import Side
from tests.connectors.zulip_server import Realm, User, zulip

KEYS = {"iago@zulip.test": "human-key", "sync-bot@zulip.test": "bot-key"}


@dataclass
class Chat:
    """A realm that answers at a site."""

    realm: Realm
    site: str

    def side(self, *protected: str, email: str = "iago@zulip.test", key: str = "") -> Side:
        """An organisation, to be written with the key of somebody."""
        settings: dict[str, Any] = {"site": self.site, "email": email}
        return Side(reach(ZULIP, settings, key or KEYS[email]), *protected)

    def user(self, email: str) -> User:
        """The one with this address."""
        return self.realm.called(email)

    def members(self, group: str) -> set[str]:
        """The addresses of the active members of a group."""
        ids = self.realm.group(group).members
        return {self.realm.users[id_].email for id_ in ids if self.realm.users[id_].active}


@pytest.fixture
def chat() -> Iterator[Chat]:
    realm = Realm()
    with zulip(realm) as site:
        yield Chat(realm, site)
