"""The table of what may go wrong, on the page about Okta, against what the server really says."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from headcount.directory.tokens import Wish, new_token, written
from headcount.store.model import Policy, UsernameFormat
from tests.docs.pages import OKTA
from tests.okta_procedure.app import Answer, App, person
from tests.serving import Office, Site, serving, settle

Refused = Callable[["Stage"], Answer]


class Stage:
    """A server whose organisations have host names."""

    def __init__(self, base_url: str, office: Office) -> None:
        self.base_url = base_url
        self.office = office

    def site(self, policy: Policy | None = None) -> Site:
        """One more organisation."""
        return settle(self.base_url, self.office, policy or Policy())


def app(site: Site, token: str | None = None) -> App:
    """The app of an organisation, connected."""
    return App(site.base_url, f"Bearer {token or site.token}")


@pytest.fixture(scope="module")
def stage(another_database: Callable[[], str]) -> Iterator[Stage]:
    database = another_database()
    with serving(database, HEADCOUNT_BASE_DOMAIN="example.com") as base_url:
        office = Office(database)
        yield Stage(base_url, office)
        office.close()


def no_token(stage: Stage) -> Answer:
    return App(stage.base_url, "").verify()


def unknown_token(stage: Stage) -> Answer:
    return App(stage.base_url, f"Bearer {written(bytes(32))}").verify()


def foreign_host(stage: Stage) -> Answer:
    ours, theirs = stage.site(), stage.site()
    host = {"Host": f"{theirs.slug}.example.com"}
    return App(ours.base_url, f"Bearer {ours.token}", host).verify()


def revoked_token(stage: Stage) -> Answer:
    site = stage.site()
    tokens = stage.office.do(lambda runtime: runtime.organisations.tokens(site.slug))
    stage.office.change(lambda runtime: runtime.organisations.revoke(site.slug, tokens[0].id))
    return app(site).verify()


def expired_token(stage: Stage) -> Answer:
    site = stage.site()
    wish = Wish("old", timedelta(days=1))
    long_ago = datetime.now(UTC) - timedelta(days=2)
    token, kept = new_token(b"x" * 32, "expired", site.organisation.id, wish, long_ago)
    stage.office.do(lambda runtime: runtime.store.add_token(kept))
    return app(site, token).verify()


def disabled(stage: Stage) -> Answer:
    site = stage.site()
    stage.office.change(
        lambda runtime: runtime.organisations.set_disabled(site.slug, disabled=True)
    )
    return app(site).verify()


def no_seat(stage: Stage) -> Answer:
    return app(stage.site(Policy(seats=0))).create(person("grace@acme.test"))


def wrong_address(stage: Stage) -> Answer:
    site = stage.site()
    return App(site.base_url.removesuffix("/scim/v2"), f"Bearer {site.token}").verify()


def taken(stage: Stage) -> Answer:
    okta = app(stage.site())
    okta.create(person("grace@acme.test"))
    return okta.create(person("grace@acme.test"))


def last_owner(stage: Stage) -> Answer:
    okta = app(stage.site())
    return okta.set_active(okta.assign(person("ada@acme.test", role="owner")), active=False)


def unknown_role(stage: Stage) -> Answer:
    return app(stage.site()).create(person("grace@acme.test", role="emperor"))


def no_address(stage: Stage) -> Answer:
    strict = stage.site(Policy(username_format=UsernameFormat.EMAIL))
    return app(strict).create(person("grace"))


REFUSALS: dict[str, tuple[Refused, ...]] = {
    "401, the request carries no token": (no_token,),
    "401, the token is not known here": (unknown_token,),
    "401, the token belongs to another organisation": (foreign_host,),
    "401, the token ... was revoked; or ... has expired": (revoked_token, expired_token),
    "403, provisioning is switched off": (disabled,),
    "403, all ... seats of the organisation are taken": (no_seat,),
    "404, there is nothing at ...": (wrong_address,),
    "409, the userName ... belongs to another User": (taken,),
    "409, the last active owner": (last_owner,),
    "400, role ... does not exist; it must be one of ...": (unknown_role,),
    "400, userName must be an e-mail address": (no_address,),
}


def test_every_row_of_the_page_is_tried() -> None:
    assert [row[0] for row in OKTA.rows("What Okta says")] == list(REFUSALS)


@pytest.mark.parametrize(
    ("told", "refused"),
    [(told, one) for told, several in REFUSALS.items() for one in several],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_the_server_says_what_the_page_says(stage: Stage, told: str, refused: Refused) -> None:
    answer = refused(stage)
    status, _, sentence = told.partition(", ")
    assert (str(answer.status), answer.body["status"]) == (status, status)
    alternatives = [one.split("...") for one in re.split(r"; or ", sentence)]
    detail = answer.body["detail"]
    assert any(all(part.strip() in detail for part in one) for one in alternatives), detail
