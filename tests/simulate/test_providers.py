"""Every provider that is played is content here, leaves nothing, and sees what is wrong."""

import pytest
from tests.serving import Site
from tests.simulate.test_wrong_servers import TOKEN, Reply, SmallServer, running
from tests.web.client import client

from headcount.simulate import PROVIDERS, perform


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_has_nothing_to_say_against_this_server(site: Site, name: str) -> None:
    ask = client(site)
    ada = ask.create("ada", role="owner")
    report = perform(PROVIDERS[name], site.base_url, site.token)
    assert [(step.what, step.detail) for step in report.steps if not step.ok] == []
    assert len(report.steps) >= 5
    assert report.exit_status == 0
    left = ask("GET", "/Users").json()["Resources"] + ask("GET", "/Groups").json()["Resources"]
    assert [one["id"] for one in left] == [ada]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_wrong_token_is_told(site: Site, name: str) -> None:
    report = perform(PROVIDERS[name], site.base_url, "nobody-knows-this-one")
    assert report.exit_status == 1
    assert "refuses the token" in report.steps[0].detail


def test_what_is_wrong_is_told_with_the_step(site: Site) -> None:
    ask = client(site)
    site.office.change(lambda runtime: runtime.organisations.set_disabled(site.slug, disabled=True))
    report = perform(PROVIDERS["entra"], site.base_url, site.token)
    assert report.exit_status == 1
    assert "403" in report.steps[0].detail
    site.office.change(
        lambda runtime: runtime.organisations.set_disabled(site.slug, disabled=False)
    )
    assert ask("GET", "/Users").json()["totalResults"] == 0


def test_a_server_that_does_not_know_who_leaves_is_found_out() -> None:
    def flaw(method: str, target: str, _: object) -> Reply | None:
        return Reply(204) if method == "PATCH" and "/Groups" in target else None

    server = SmallServer()
    server.flaw = flaw
    with running(server):
        report = perform(PROVIDERS["salesforce"], server.base_url, TOKEN)
    (wrong,) = [step for step in report.steps if step.what.startswith("one leaves")]
    assert not wrong.ok
    assert "3 are in the group afterwards, and 2 should be" in wrong.detail
