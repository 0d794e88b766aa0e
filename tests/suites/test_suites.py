"""Third-party suites, from their packages, each in a process of its own, at a running server."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import urllib3

from tests.serving import Site
from tests.web.client import client

_HERE = Path(__file__).parent
_BIN = Path(sys.executable).parent


def _run(command: list[str | Path], home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | ({"HOME": str(home)} if home else {})
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_scim2_tester_finds_nothing_wrong(site: Site) -> None:
    # It draws roles by lot, and an owner that it draws must not be the last one.
    client(site).create("owner@acme.test", role="owner")
    script = _HERE / "run_scim2_tester.py"
    done = _run([sys.executable, "-W", "ignore", script, site.base_url, site.token])
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    wrong = [one for one in results if one[1] not in {"SUCCESS", "COMPLIANT", "ACCEPTABLE"}]
    assert wrong == []
    assert len(results) >= 130


def test_scim_sanity_misses_only_the_member_that_does_not_exist(site: Site) -> None:
    """It adds a member that nobody ever created; here that is an error, and says so."""
    done = _run(
        [
            _BIN / "scim-sanity",
            "probe",
            site.base_url,
            "--token",
            site.token,
            "--i-accept-side-effects",
            "--json-output",
        ]
    )
    told = json.loads(done.stdout)
    results = told.get("results") or told["tests"]
    counts = Counter(str(one["status"]).upper() for one in results)
    wrong = [str(one.get("name")) for one in results if one["status"].upper() in {"FAIL", "ERROR"}]
    assert counts["PASS"] >= 27, counts
    assert all("add member" in name for name in wrong), wrong
    assert len(wrong) <= 1


class Simulator:
    """scim-sim, an identity provider on the command line, and what the server then shows."""

    def __init__(self, site: Site, home: Path) -> None:
        self.site = site
        self.home = home
        config = {"SCIM_BASE_URL": site.base_url, "SCIM_AUTH_TOKEN": site.token}
        (home / ".scim_config.json").write_text(json.dumps(config))

    def say(self, *words: str) -> str:
        """Give one command; what it printed."""
        done = _run([_BIN / "scim-sim", *words], self.home)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> tuple[int, Any]:
        """What the server shows at a path."""
        headers = {"Authorization": f"Bearer {self.site.token}"}
        answer = urllib3.request("GET", self.site.base_url + path, headers=headers)
        return answer.status, answer.json()

    def ids(self, kind: str) -> list[str]:
        """The ids of everything of a kind."""
        return [one["id"] for one in self.get(f"/{kind}")[1]["Resources"]]

    def members(self, group: str) -> list[str]:
        """Who is in a group."""
        return sorted(one["value"] for one in self.get(f"/Groups/{group}")[1]["members"])


def test_scim_sim_lives_through_the_life_of_a_group(site: Site, tmp_path: Path) -> None:
    simulator = Simulator(site, tmp_path)
    simulator.say("add-user")
    simulator.say("add-user")
    first, second = simulator.ids("Users")
    simulator.say("create-group", "Pioneers")
    (group,) = simulator.ids("Groups")
    simulator.say("add-to-group", first, group)
    assert simulator.members(group) == [first]
    simulator.say("add-to-group", second, group)
    assert simulator.members(group) == sorted([first, second])
    assert group in simulator.say("show")
    simulator.say("remove-from-group", first, group)
    assert simulator.members(group) == [second]
    simulator.say("remove-user", first)
    assert simulator.get(f"/Users/{first}")[0] == 404
    simulator.say("delete-group", group)
    assert simulator.get(f"/Groups/{group}")[0] == 404
