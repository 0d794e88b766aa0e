"""The player itself: it must see what is wrong, or a conversation proves nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.exchanges.conversation import DefectiveError, Request, files, load, parse
from tests.exchanges.paper import answer, error, listed
from tests.exchanges.player import UnexpectedError, content, fill, kept, play, target
from tests.exchanges.rules import Answer


@dataclass
class Stage:
    """An organisation of paper: it answers what it was told to, and remembers what came."""

    answers: list[Answer]
    feed: list[str] = field(default_factory=list)
    base_url: str = "http://127.0.0.1:1/scim/v2"
    token: str = "secret"
    came: list[Request] = field(default_factory=list)

    def events(self) -> list[str]:
        return list(self.feed)

    def __call__(self, request: Request) -> Answer:
        self.came.append(request)
        return self.answers.pop(0)


def talk(*steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    said = {
        "what": "w",
        "why": "y",
        "source": "s",
        "shows": ["F1"],
        "steps": list(steps),
        "events": [],
    }
    return {**said, **more}


def step(expect: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"say": "a step", "send": {"method": "GET", "path": "/Users"}, "expect": expect, **more}


def perform(stage: Stage, *steps: Mapping[str, Any], **more: Any) -> None:
    play(parse(talk(*steps, **more)), stage, stage)


def test_an_answer_as_expected_is_no_news() -> None:
    perform(Stage([answer(200, {"id": "1"})]), step({"status": 200, "body": {"id": "1"}}))


@pytest.mark.parametrize(
    ("expect", "given"),
    [
        ({"status": 200}, answer(404, error(404))),
        ({"status": [200, 204]}, answer(201, {"id": "1"}, location="here")),
        ({"status": 200, "body": {"id": "1"}}, answer(200, {"id": "2"})),
        ({"status": 204, "body": {"id": "1"}}, answer(204)),
        ({"status": 400, "scim_type": "noTarget"}, answer(400, error(400))),
        ({"status": 400, "scim_type": "a"}, answer(400, error(400, scimType="b"))),
        ({"status": 204, "scim_type": "a"}, answer(204)),
        ({"status": 200, "headers": {"ETag": "1"}}, answer(200, {"id": "1"})),
        ({"status": 200, "headers": {"ETag": "1"}}, answer(200, {"id": "1"}, etag="2")),
        ({"status": 500}, answer(500, error(500))),
    ],
)
def test_an_answer_that_is_not_expected_is_told(expect: dict[str, Any], given: Answer) -> None:
    with pytest.raises(UnexpectedError, match="a step"):
        perform(Stage([given]), step(expect))


def test_what_a_step_keeps_is_sent_and_expected_later() -> None:
    stage = Stage([answer(200, {"id": "7"}), answer(200, {"id": "8"})])
    later = {"say": "later", "send": {"method": "GET", "path": "/Users/${grace}"}}
    expect = {"status": 200, "body": {"id": "${grace}"}}
    with pytest.raises(UnexpectedError, match='wanted "7", got "8"'):
        perform(stage, step({"status": 200}, keep={"grace": "id"}), {**later, "expect": expect})
    assert [request.path for request in stage.came] == ["/Users", "/Users/7"]
    assert stage.came[0].headers["Authorization"] == "Bearer secret"


def test_a_name_that_nobody_kept_is_told() -> None:
    with pytest.raises(UnexpectedError, match="no step has kept"):
        fill({"a": ["${grace}"]}, {"alan": "1"})
    for body in ({"a": "1"}, {"id": 1}):
        with pytest.raises(UnexpectedError):
            kept(body, "id")


def test_what_is_there_before_is_created_in_order() -> None:
    stage = Stage([answer(201, {"id": str(n)}, location="here") for n in range(3)])
    stage.answers.append(answer(200, {"id": "1"}))
    people = {"grace": {"title": "Admiral"}}
    groups = {"all": {"members": {"$crowd": {"value": "${person${n}}"}}}}
    perform(stage, step({"status": 200}), people=people, crowd=1, groups=groups)
    bodies = [request.body for request in stage.came[:3]]
    assert [body.get("userName", body.get("displayName")) for body in bodies] == [
        "grace@acme.test",
        "person0@acme.test",
        "all",
    ]
    assert bodies[0]["title"] == "Admiral"
    assert bodies[2]["members"] == [{"value": "1"}]


def test_a_password_that_comes_back_later_is_told() -> None:
    given = [answer(200, {"id": "1"}), answer(200, {"title": "Enigma-1940"})]
    body = {"password": "Enigma-1940"}
    send = {"method": "POST", "path": "/Users", "body": body}
    with pytest.raises(UnexpectedError, match="password"):
        perform(Stage(given), step({"status": 200}, send=send), step({"status": 200}))


def test_a_given_person_who_cannot_be_created_is_told() -> None:
    with pytest.raises(UnexpectedError, match="grace is there"):
        perform(Stage([answer(409, error(409))]), step({"status": 200}), people={"grace": {}})


@pytest.mark.parametrize(
    ("expected", "feed"),
    [
        (["account.created"], []),
        ([], ["account.created"]),
        (["account.created"], ["account.deleted"]),
        (["account.created", "account.deleted"], ["account.deleted", "account.created"]),
        (["2 account.created"], ["account.created"]),
        ([["account.created", "account.deleted"]], ["account.created", "account.created"]),
    ],
)
def test_events_that_are_not_expected_are_told(expected: list[Any], feed: list[str]) -> None:
    with pytest.raises(UnexpectedError, match="event"):
        perform(eventful(feed), step({"status": 200}), events=expected)


def eventful(feed: list[str]) -> Stage:
    """A stage whose feed holds one event from before, and `feed` after the first answer."""
    stage = Stage([answer(200, {"id": "1"})], ["account.created"])
    seen = iter([["account.created"]])
    stage.events = lambda: next(seen, ["account.created", *feed])  # type: ignore[method-assign]
    return stage


@pytest.mark.parametrize(
    "expected",
    [
        ["account.created", "2 group.member_added"],
        ["account.created", ["group.member_added", "group.member_added"]],
        [["2 group.member_added", "account.created"]],
    ],
)
def test_events_are_counted_and_may_be_in_any_order(expected: list[Any]) -> None:
    feed = ["account.created", "group.member_added", "group.member_added"]
    perform(eventful(feed), step({"status": 200}), events=expected)


def race() -> Stage:
    """Three at once: one is made, two are refused."""
    refused = answer(409, error(409))
    return Stage([answer(201, {"id": "1"}, location="here"), refused, refused])


def test_answers_to_requests_sent_together_are_counted() -> None:
    perform(race(), step({"statuses": {"201": 1, "409": 2}}, together=3))


@pytest.mark.parametrize("statuses", [{"201": 3}, {"201": 2, "409": 1}, {"201": 1, "404": 2}])
def test_answers_that_were_counted_otherwise_are_told(statuses: dict[str, int]) -> None:
    with pytest.raises(UnexpectedError, match="a step"):
        perform(race(), step({"statuses": statuses}, together=3))


def page(start: int, *ids: str, total: int = 3) -> Answer:
    resources = [{"id": one} for one in ids]
    return answer(
        200,
        listed(startIndex=start, itemsPerPage=len(ids), totalResults=total, Resources=resources),
    )


def walk(**more: Any) -> dict[str, Any]:
    return {"say": "a walk", "walk": {"path": "/Users", "total": 3, "pages": 2, "count": 2, **more}}


def test_a_walk_asks_for_page_after_page() -> None:
    stage = Stage([page(1, "a", "b"), page(3, "c")])
    perform(stage, walk())
    assert [request.query for request in stage.came] == [
        {"count": "2"},
        {"startIndex": "3", "count": "2"},
    ]


@pytest.mark.parametrize(
    "pages",
    [
        [page(1, "a", "b"), page(3, "b")],
        [page(1, "a", "b"), page(1, "c")],
        [page(1, "a", "b"), page(3, "c", total=4)],
        [page(1, "a"), page(2, "b", "c")],
        [page(1, "a", "b"), page(3)],
        [page(1, "a", "b", total=2), page(3, total=2)],
    ],
)
def test_a_walk_that_loses_or_doubles_somebody_is_told(pages: list[Answer]) -> None:
    with pytest.raises(UnexpectedError, match="a walk"):
        perform(Stage(pages), walk())


def test_a_request_goes_out_as_it_is_written() -> None:
    query = {"filter": 'userName eq "a+b"', "count": "1"}
    encoded = "filter=userName%20eq%20%22a%2Bb%22&count=1"
    assert target(Request("GET", "/Users", query)) == f"/Users?{encoded}"
    assert target(Request("GET", "/Users?flag", query)) == f"/Users?flag&{encoded}"
    assert content(Request("POST", "/Users", body=[])) == b"[]"
    assert content(Request("POST", "/Users", raw='{"a": ')) == b'{"a": '
    assert content(Request("GET", "/Users")) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw.pop("why"),
        lambda raw: raw.update(whom="x"),
        lambda raw: raw.update(steps=[]),
        lambda raw: raw.update(events=["account.renamed"]),
        lambda raw: raw["steps"][0].pop("say"),
        lambda raw: raw["steps"][0].update(together=2),
        lambda raw: raw["steps"][0].update(expect={}),
        lambda raw: raw["steps"][0].update(expect={"status": 200, "statuses": {"200": 1}}),
        lambda raw: raw["steps"][0].update(expect={"statuses": {"200": 1}}),
        lambda raw: raw["steps"][0].update(expect={"status": 200, "body": {}}),
        lambda raw: raw["steps"][0].update(expect={"status": 200, "headers": {}}),
        lambda raw: raw["steps"][0]["send"].update(method="FETCH"),
        lambda raw: raw["steps"][0]["send"].update(body={}, raw="{}"),
    ],
)
def test_a_conversation_that_says_too_little_or_too_much_is_refused(
    spoil: Callable[[dict[str, Any]], Any],
) -> None:
    raw = talk(step({"status": 200}))
    parse(raw)
    spoil(raw)
    with pytest.raises(DefectiveError):
        parse(raw)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    broken_file = tmp_path / "broken.json"
    broken_file.write_text("{")
    with pytest.raises(DefectiveError, match=r"broken\.json"):
        load(broken_file)


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_conversation_gives_its_reason_and_its_source(path: Path) -> None:
    conversation = load(path)
    assert all(len(text) > 10 for text in (conversation.why, conversation.source))
    assert conversation.why.endswith(".")
    assert path.stem == path.stem.lower().replace("_", "-").replace(" ", "-")
