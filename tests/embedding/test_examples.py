"""Each example project works as its README says, and has the people that Headcount has."""

import json
from pathlib import Path

import pytest
import urllib3

from tests.docs.pages import ROOT
from tests.embedding.examples import Project
from tests.embedding.serving import Client
from tests.waiting import until
from tests.ways.pair import WAYS

FRAMEWORKS = sorted({one.name for one in (ROOT / "examples").iterdir() if one.is_dir()} - set(WAYS))
BASES = {"starlette": "/acme/scim/v2"}
TABLES = {"django": "people_person"}
PAGES = {"starlette": "/acme/users", "litestar": "/users", "django": "/users"}


@pytest.fixture(params=FRAMEWORKS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    name = str(request.param)
    made = Project(name, tmp_path / name, TABLES.get(name, "users"))
    made.prepare()
    made.token = made.token or "acme-key-of-the-example"
    return made


def live_on(client: Client) -> None:
    """What an organisation goes through after its first day."""
    found = client.send("GET", "/Users?count=5").json()["Resources"]
    first, second, third, *_ = [one["id"] for one in found]
    client.patch(f"/Users/{first}", {"displayName": "Somebody Else", "userName": "else@acme.test"})
    client.patch(f"/Users/{second}", {"active": False})
    client.patch(f"/Users/{third}", {"active": False})
    client.patch(f"/Users/{third}", {"active": True})
    new = client.create("new@acme.test")
    group = client.group("Newcomers", new, first)
    client.patch(f"/Groups/{group}", [{"value": second}], "add", "members")
    client.patch(f"/Groups/{group}", None, "remove", f'members[value eq "{first}"]')
    gone = client.group("Gone", new)
    assert client.send("DELETE", f"/Groups/{gone}").status == 204
    assert client.send("DELETE", f"/Users/{second}").status == 204


def test_the_people_of_the_application_are_those_of_the_provider(project: Project) -> None:
    base = BASES.get(project.name, "/scim/v2")
    with project.served() as address:
        printed = project.try_out(address)
        assert "did what they should" in printed
        listing = project.blocks[-1].splitlines()[-1]
        until(lambda: "keep_" in project.run(listing))  # who is new to an organisation, soon
        client = Client(address + base, project.token)
        until(lambda: project.people() == project.ours()[0])
        live_on(client)
        people, teams = project.ours()
        until(lambda: project.people() == people)
        if project.name == "fastapi":
            until(lambda: project.teams() == teams)
        else:
            told = json.loads(urllib3.request("GET", address + PAGES[project.name]).data)
            assert told == {"active": sum(one[4] for one in people)}
    assert not [line for line in project.said if "Traceback" in line or "WARNING" in line]
