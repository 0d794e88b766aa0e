"""An identity provider that never stops, at a server that may be gone at any moment."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from urllib3.exceptions import HTTPError

from tests.embedding.serving import Client

_NUMBERS = count(1)


class Traffic:
    """Changes accounts and groups at random, in a thread, until it is told to end.

    A request without an answer may have been done or not, and is left at that.
    """

    def __init__(self, client: Client, chance: random.Random) -> None:
        self.answered = 0
        self._client = client
        self._chance = chance
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Send nothing more."""
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        with suppress(HTTPError):  # the server is gone
            accounts = self._ids("/Users?count=40")
            groups = self._ids("/Groups?count=10")
            while not self._ends.is_set():
                self._act(accounts, groups)
                self.answered += 1

    def _ids(self, path: str) -> list[str]:
        return [one["id"] for one in self._client.send("GET", path).json()["Resources"]]

    def _act(self, accounts: list[str], groups: list[str]) -> None:
        if len(accounts) < 3 or self._chance.random() < 0.2:
            accounts.append(self._client.create(f"user{next(_NUMBERS)}.{id(self)}@acme.test"))
            return
        if not groups or self._chance.random() < 0.05:
            groups.append(self._client.group(f"group{next(_NUMBERS)}.{id(self)}", accounts[0]))
            return
        account, group = self._chance.choice(accounts), self._chance.choice(groups)
        acts: list[Callable[[], None]] = [
            lambda: self._client.patch(f"/Users/{account}", {"displayName": f"Name {account}"}),
            lambda: self._client.patch(f"/Users/{account}", {"title": f"{self._chance.random()}"}),
            lambda: self._client.patch(f"/Users/{account}", {"active": True}),
            lambda: self._client.patch(f"/Users/{account}", {"active": False}),
            lambda: self._client.patch(f"/Groups/{group}", [{"value": account}], "add", "members"),
            lambda: self._client.patch(
                f"/Groups/{group}", None, "remove", f'members[value eq "{account}"]'
            ),
            lambda: self._delete(f"/Users/{account}", accounts, account),
            lambda: self._delete(f"/Groups/{group}", groups, group),
        ]
        self._chance.choices(acts, [4, 4, 4, 4, 6, 3, 1, 1])[0]()

    def _delete(self, path: str, known: list[str], one: str) -> None:
        known.remove(one)
        assert self._client.send("DELETE", path).status == 204
