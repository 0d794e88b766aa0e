"""An attribute that the organisation declared is like every other one, from the next request on."""

from collections.abc import Callable
from typing import Any

import pytest

from headcount.errors import InUse, NotFound
from headcount.scim.custom import CustomAttribute
from headcount.scim.schemas import GROUP_URN, USER_URN
from headcount.store.model import Policy
from tests.serving import Site
from tests.web.client import Client, client, patch, refused

pytestmark = pytest.mark.shows("RFC 7643 3.3", "RFC 7643 7")

OWN = "urn:example:acme:2.0:User"
BADGE = CustomAttribute("badge", USER_URN, description="The number on the badge.")
LEVEL = CustomAttribute("level", USER_URN, type="integer")
TAGS = CustomAttribute("tags", USER_URN, multi_valued=True)
PLACE = CustomAttribute("place", OWN, canonical=("Oslo", "Lima"))
SINCE = CustomAttribute("since", OWN, type="dateTime")
COLOUR = CustomAttribute("colour", GROUP_URN, resource="Group")


@pytest.fixture
def declared(site: Site) -> Site:
    """An organisation that knows more of people than the standard."""
    site.declare(BADGE, LEVEL, TAGS, PLACE, SINCE, COLOUR)
    return site


ADA: dict[str, Any] = {
    "userName": "ada",
    "Badge": "B-7",
    "level": "3",
    "tags": ["blue", "Green"],
    OWN: {"place": "lima", "since": "2026-01-31T12:00:00Z"},
}


def created(ask: Client, body: dict[str, Any]) -> str:
    answer = ask("POST", "/Users", body)
    assert answer.status == 201, answer.data
    return str(answer.json()["id"])


def test_it_is_published(declared: Site) -> None:
    ask = client(declared)
    user = ask("GET", f"/Schemas/{USER_URN}").json()
    (badge,) = [one for one in user["attributes"] if one["name"] == "badge"]
    assert badge["description"] == "The number on the badge."
    own = ask("GET", f"/Schemas/{OWN}").json()
    assert [one["name"] for one in own["attributes"]] == ["place", "since"]
    assert own["attributes"][0]["canonicalValues"] == ["Oslo", "Lima"]
    kind = ask("GET", "/ResourceTypes/User").json()
    assert {"schema": OWN, "required": False} in kind["schemaExtensions"]


def test_it_is_kept_and_shown(declared: Site) -> None:
    ask = client(declared)
    ada = ask("GET", "/Users/" + created(ask, ADA)).json()
    assert (ada["badge"], ada["level"], ada["tags"]) == ("B-7", 3, ["blue", "Green"])
    assert ada[OWN] == {"place": "Lima", "since": "2026-01-31T12:00:00Z"}
    assert ada["schemas"] == [USER_URN, OWN]


@pytest.mark.parametrize(
    "where",
    [
        'badge eq "b-7"',
        "level gt 2",
        'tags eq "green"',
        'tags co "lu"',
        "tags pr",
        f'{OWN}:place eq "LIMA"',
        f'{OWN}:since lt "2026-02-01T00:00:00Z"',
        f"{OWN} pr",
        f'{USER_URN}:badge sw "B"',
    ],
)
def test_it_is_found(declared: Site, where: str) -> None:
    ask = client(declared)
    ada = created(ask, ADA)
    ask.create("bob", badge="X", level=1)
    found = ask("POST", "/Users/.search", {"filter": where}).json()
    assert [one["id"] for one in found["Resources"]] == [ada]


def test_it_is_sorted_by(declared: Site) -> None:
    ask = client(declared)
    for name, level in (("a", 10), ("b", 9), ("c", None)):
        ask.create(name, level=level)
    found = ask("GET", "/Users?sortBy=level").json()
    assert [one["userName"] for one in found["Resources"]] == ["b", "a", "c"]


def test_it_is_patched(declared: Site) -> None:
    ask = client(declared)
    ada = created(ask, ADA)
    answer = ask(
        "PATCH",
        f"/Users/{ada}",
        patch(
            {"op": "replace", "path": "badge", "value": "B-8"},
            {"op": "add", "path": "tags", "value": ["red"]},
            {"op": "remove", "path": f"{OWN}:since"},
            {"op": "replace", "value": {f"{OWN}:place": "Oslo"}},
        ),
    ).json()
    assert (answer["badge"], answer["tags"]) == ("B-8", ["blue", "Green", "red"])
    assert answer[OWN] == {"place": "Oslo"}


def test_it_is_projected(declared: Site) -> None:
    ask = client(declared)
    ada = created(ask, ADA)
    shown = ask("GET", f"/Users/{ada}?attributes=badge,{OWN}:place").json()
    assert {key for key in shown if key not in {"schemas", "id", "meta"}} == {"badge", OWN}
    assert shown[OWN] == {"place": "Lima"}
    assert OWN not in ask("GET", f"/Users/{ada}?excludedAttributes={OWN}").json()


@pytest.mark.parametrize(
    "more",
    [{"level": "high"}, {OWN: {"place": "Rome"}}, {OWN: {"since": "once"}}, {"badge": {"a": 1}}],
)
def test_a_wrong_value_is_refused(declared: Site, more: dict[str, Any]) -> None:
    answer = client(declared)("POST", "/Users", {"userName": "ada", **more})
    refused(answer, 400, "invalidValue")


def test_a_group_may_have_one_too(declared: Site) -> None:
    ask = client(declared)
    made = ask("POST", "/Groups", {"displayName": "Pioneers", "colour": "blue"}).json()
    assert made["colour"] == "blue"
    assert ask("GET", "/Groups?filter=colour%20eq%20%22BLUE%22").json()["totalResults"] == 1


def test_no_other_organisation_knows_it(declared: Site, settled: Callable[[Policy], Site]) -> None:
    assert declared.organisation.attributes
    ask = client(settled(Policy()))
    assert "badge" not in ask("POST", "/Users", ADA).json()
    refused(ask("GET", "/Users?filter=badge%20eq%20%22B-7%22"), 400, "invalidFilter")
    refused(ask("GET", f"/Schemas/{OWN}"), 404)


def test_it_goes_once_nobody_has_a_value(declared: Site) -> None:
    ask = client(declared)
    ada = created(ask, ADA)
    office, slug = declared.office, declared.slug
    with pytest.raises(InUse, match="1 User"):
        office.change(lambda runtime: runtime.organisations.withdraw(slug, OWN, "PLACE"))
    ask("PATCH", f"/Users/{ada}", patch({"op": "remove", "path": f"{OWN}:place"}))
    office.change(lambda runtime: runtime.organisations.withdraw(slug, OWN, "PLACE"))
    with pytest.raises(NotFound):
        office.change(lambda runtime: runtime.organisations.withdraw(slug, OWN, "place"))
    refused(ask("GET", f"/Users?filter={OWN}:place%20pr"), 400, "invalidFilter")
