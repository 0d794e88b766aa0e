"""The whole conversation, at the real server."""

from io import BytesIO, StringIO, TextIOWrapper
from typing import Protocol

import orjson
import pytest
from rich.console import Console

from headcount.simulate import Report, Step, as_json, play, tell_story
from headcount.simulate.story import count_steps


class Site(Protocol):
    """A running server, and a token that opens it."""

    base_url: str
    token: str


def details(report: Report) -> list[str]:
    return [f"{step.what}: {step.detail}" for step in report.steps if not step.ok]


def whats(report: Report) -> list[str]:
    return [step.what for step in report.steps]


def test_plays_the_whole_story(site: Site) -> None:
    told: list[Step] = []
    report = play(site.base_url, site.token, 5, told.append)
    assert details(report) == []
    assert report.exit_status == 0
    assert list(report.steps) == told
    assert len(told) == count_steps(5)
    assert whats(report)[1:] == [
        "Okta looks for the attribute role -> it is there",
        "ada@acme.test is not there yet -> created",
        "grace@acme.test is not there yet -> created",
        "barbara@acme.test is not there yet -> created",
        "katherine@acme.test is not there yet -> created",
        "alan@acme.test is not there yet -> created",
        "grace@acme.test moves to grace.hopper@acme.test, Grace Murray Hopper -> changed",
        "katherine@acme.test shall be moderator, not member -> changed",
        "the group Pioneers is not there yet -> created",
        "5 of 5 people join Pioneers -> it has 5 members",
        "alan@acme.test is unassigned -> deactivated, still in Pioneers",
        "alan@acme.test is assigned again -> same account, still in Pioneers",
        "the accounts are read again -> all 5 are there",
    ]


def test_shows_the_accounts_as_the_server_has_them(site: Site) -> None:
    report = play(site.base_url, site.token)
    assert [(account.user_name, account.role) for account in report.accounts] == [
        ("ada@acme.test", "owner"),
        ("grace.hopper@acme.test", "administrator"),
        ("barbara@acme.test", "moderator"),
        ("katherine@acme.test", "moderator"),
        ("alan@acme.test", "guest"),
    ]
    assert all(account.active for account in report.accounts)
    assert all(account.groups == ("Pioneers",) for account in report.accounts)


def test_played_again_creates_nobody_twice(site: Site) -> None:
    first, second, third = (play(site.base_url, site.token, 4) for _ in range(3))
    assert details(first) + details(second) + details(third) == []
    assert "grace.hopper@acme.test is there already -> updated" in whats(second)
    assert "nobody new joins Pioneers -> it has 4 members" in whats(second)
    ids = [{account.id for account in report.accounts} for report in (first, second, third)]
    assert ids[0] == ids[1] == ids[2]


def test_more_people_than_names_and_than_one_request_takes(site: Site) -> None:
    report = play(site.base_url, site.token, 270)
    assert details(report) == []
    assert "270 of 270 people join Pioneers -> it has 270 members" in whats(report)


def test_the_fewest_people_and_another_domain(site: Site) -> None:
    report = play(site.base_url, site.token, 2, domain="rival.test")
    assert details(report) == []
    assert {account.user_name for account in report.accounts} == {
        "ada@rival.test",
        "grace.hopper@rival.test",
    }


def test_reads_base_url_and_token_as_hands_type_them(site: Site) -> None:
    report = play(f" {site.base_url}/ ", f"Bearer {site.token}\n", 2)
    assert details(report) == []


def test_a_wrong_token_is_one_clear_step(site: Site) -> None:
    report = play(site.base_url, "wrong-token")
    (step,) = report.steps
    assert not step.ok
    assert "refuses the token" in step.detail
    assert "wrong-token" not in repr(report)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_fits_eighty_columns_without_colour(site: Site, encoding: str) -> None:
    out = TextIOWrapper(BytesIO(), encoding)
    console = Console(file=out, width=80, color_system=None)
    assert tell_story(console, site.base_url, site.token) == 0
    out.seek(0)
    text = out.read()
    assert "grace@acme.test is not there yet -> created" in text
    assert "All 14 steps did what they should" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert text.isascii() == (encoding == "ascii")
    assert site.token not in text


def test_prints_json_for_programs(site: Site) -> None:
    told = orjson.loads(as_json(play(site.base_url, site.token, 2)))
    assert told["ok"] is True
    assert told["failed"] == 0
    assert told["steps"][2].keys() == {"who", "what", "ok", "detail", "milliseconds"}
    assert told["accounts"][0]["user_name"] == "ada@acme.test"


def test_more_accounts_than_a_table_takes_are_counted(site: Site) -> None:
    out = StringIO()
    assert tell_story(Console(file=out, width=80), site.base_url, site.token, 30) == 0
    assert "... and 5 more." in out.getvalue()
