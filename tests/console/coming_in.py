"""What tests of signing in share: people with addresses of their own, and where they come in."""

from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from headcount.bootstrap import Runtime
from tests.console.browsing import Browser
from tests.console.hostile import Hostile
from tests.serving import Office

_ADDRESSES = count(1)


class Person(Browser):
    """Somebody with an address of their own, so that nobody waits for anybody else's failures."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        number = next(_ADDRESSES)
        self.address = f"10.0.{number // 250}.{number % 250}"

    def _go(
        self, method: str, url: str, body: bytes | None, *, follow: bool, **headers: str
    ) -> Browser:
        headers = {"x-forwarded-for": self.address, **headers}
        return super()._go(method, url, body, follow=follow, **headers)


@dataclass(frozen=True)
class Door:
    """A console, and the provider that says who somebody is."""

    root: str
    office: Office
    hostile: Hostile

    def begun(self, then: str = "") -> tuple[Person, str]:
        """Somebody who was sent to the provider, and where."""
        person = Person(self.root)
        query = "?" + urlencode({"then": then}) if then else ""
        person.open(f"/oidc/begin{query}", follow=False)
        assert person.status == 303, person.text
        return person, person.headers["location"]

    def signs_in(self, then: str = "", **changed: str) -> Person:
        """Somebody who did what the provider wanted, and came back."""
        person, location = self.begun(then)
        came = {**self.hostile.allow(location), **changed}
        person.open(f"/oidc/callback?{urlencode(came)}", follow=False)
        return person


def settings_of(issuer: str, client_id: str, client_secret: str) -> dict[str, str]:
    """The settings for this provider."""
    return {
        "HEADCOUNT_OIDC_ISSUER": issuer,
        "HEADCOUNT_OIDC_CLIENT_ID": client_id,
        "HEADCOUNT_OIDC_CLIENT_SECRET": client_secret,
        "HEADCOUNT_OIDC_NAME": "Acme & Co",
    }


def invite(office: Office, *emails: str) -> None:
    """Let people in as administrators of the server."""

    async def invited(runtime: Runtime) -> None:
        for email in emails:
            await runtime.visiting.invite(email, None, "cli")

    office.do(invited)


def refused(person: Browser, status: int, sentence: str) -> None:
    """Nobody came in, and the page says why."""
    assert person.status == status, person.text
    assert sentence in person.text
    assert "Traceback" not in person.text
    assert "headcount" not in person.cookies
