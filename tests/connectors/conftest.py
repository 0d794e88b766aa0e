"""A played Zulip, and an organisation that is written into it."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from headcount.connectors.calls import Calls, Pace
from headcount.connectors.zulip import Zulip
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
        pair = base64.b64encode(f"{email}:{key or KEYS[email]}".encode()).decode()
        hasty = Pace(a_minute=60_000, burst=1_000)
        calls = Calls(self.site, {"Authorization": f"Basic {pair}"}, hasty)
        return Side(Zulip(calls), *protected)

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
