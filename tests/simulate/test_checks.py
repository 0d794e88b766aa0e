"""The checks find nothing here, leave nothing, and find what is wrong elsewhere."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.serving import Site
from tests.simulate.test_wrong_servers import TOKEN, Reply, SmallServer, running
from tests.web.client import client

from headcount.cli import main
from headcount.simulate.checks import CHECKS, Outcome, Result, run_checks
from headcount.simulate.checks.report import as_html, as_json, summary

Bend = Callable[[str, str, Reply], Reply]


def bent(site: Site, bend: Bend) -> SmallServer:
    """A server that is right as this one is, but for what `bend` makes of its answers."""
    server = SmallServer()

    def flaw(method: str, target: str, body: object) -> Reply:
        answer = client(site)(method, target, body)
        told = answer.json() if answer.data else None
        return bend(method, target, Reply(answer.status, told))

    server.flaw = flaw
    return server


def checked(site: Site, bend: Bend) -> dict[str, Result]:
    with running(bent(site, bend)) as server:
        return {one.check.rule: one for one in run_checks(server.base_url, TOKEN)}


def as_it_is(_: str, __: str, reply: Reply) -> Reply:
    return reply


@pytest.fixture
def wrong(site: Site) -> list[Result]:
    """What is found at a server that refuses in its own way."""

    def bend(_: str, __: str, reply: Reply) -> Reply:
        return Reply(reply.status, {"error": "<b>no</b>"}) if reply.status >= 400 else reply

    return list(checked(site, bend).values())


def test_this_server_passes_every_check_and_nothing_is_left(site: Site) -> None:
    results = run_checks(site.base_url, site.token)
    assert [
        (one.check.rule, one.came) for one in results if one.outcome is not Outcome.PASSED
    ] == []
    assert len(results) == len(CHECKS) >= 35
    ask = client(site)
    assert ask("GET", "/Users").json()["totalResults"] == 0
    assert ask("GET", "/Groups").json()["totalResults"] == 0


def test_every_check_has_a_section_a_rule_and_a_remedy() -> None:
    assert len({check.rule for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.section.startswith("RFC ")
        assert check.remedy.endswith(".")


def test_a_server_that_refuses_in_its_own_way_is_told_so(wrong: list[Result]) -> None:
    failed = {one.check.rule: one.came for one in wrong if one.outcome is Outcome.FAILED}
    assert "An address that leads nowhere is a 404 in SCIM's shape" in failed
    assert all(failed.values())


def without(name: str) -> Bend:
    def bend(_: str, __: str, reply: Reply) -> Reply:
        if isinstance(reply.body, dict):
            for shown in [reply.body, *reply.body.get("Resources", [])]:
                shown.pop(name, None)
        return reply

    return bend


def hiding_inactive(_: str, target: str, reply: Reply) -> Reply:
    if "/Users?" in target and isinstance(reply.body, dict):
        shown = [one for one in reply.body.get("Resources", []) if one.get("active") is not False]
        return Reply(reply.status, {**reply.body, "Resources": shown})
    return reply


def finding_nothing(_: str, target: str, reply: Reply) -> Reply:
    return Reply(200, {"totalResults": 0, "Resources": []}) if reply.status == 400 else reply


@pytest.mark.parametrize(
    ("bend", "rule"),
    [
        (hiding_inactive, "A deactivated account is still found, with active false"),
        (without("groups"), "An account shows the groups that it is in"),
        (finding_nothing, "A filter that does not parse is a 400 invalidFilter"),
    ],
)
def test_a_check_sees_the_one_thing_that_is_wrong(site: Site, bend: Bend, rule: str) -> None:
    before, after = checked(site, as_it_is), checked(site, bend)
    changed = [name for name, one in after.items() if one.outcome is not before[name].outcome]
    assert any(name.startswith(rule) for name in changed), changed


def test_what_is_not_offered_is_not_held_against_a_server(site: Site) -> None:
    config = {name: {"supported": False} for name in ("patch", "bulk", "filter", "sort", "etag")}

    def bend(_: str, target: str, reply: Reply) -> Reply:
        return Reply(200, config) if "/ServiceProviderConfig" in target else reply

    found = checked(site, bend).values()
    assert sum(one.outcome is Outcome.NOT_OFFERED for one in found) >= 10


def test_the_page_shows_everything_and_runs_nothing(wrong: list[Result]) -> None:
    seen = Seen()
    seen.feed(as_html(wrong, "https://<b>evil</b>.test"))
    assert "script" not in seen.tags
    assert "b" not in seen.tags
    assert seen.tags.count("tr") == len(wrong) + 1
    assert summary(wrong) in seen.text
    assert "<b>evil</b>" in seen.text


def test_json_counts(wrong: list[Result]) -> None:
    body = json.loads(as_json(wrong))
    assert sum(body["summary"].values()) == len(body["checks"]) == len(CHECKS)


class Seen(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_command_writes_each_form(site: Site, tmp_path: Path, form: str) -> None:
    words = ["check", "--base-url", site.base_url, "--token", site.token, "--format", form]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "0 failed" in done.output or '"failed": 0' in done.output
    path = tmp_path / "report"
    if form != "text":
        done = CliRunner().invoke(main, [*words, "--output", str(path)])
        assert path.read_text(encoding="utf-8")
        assert str(path) in done.output


def test_the_command_tells_why_nothing_can_be_checked(site: Site) -> None:
    done = CliRunner().invoke(main, ["check", "--base-url", site.base_url, "--token", "wrong"])
    assert done.exit_code == 1
    assert "refuses the token" in done.output
