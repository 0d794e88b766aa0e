"""The OpenAPI document is one, and says all of what the server does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from headcount.api.routes import OF_ONE, PREFIX, ROUTES
from tests.api.client import ALL, at, issue
from tests.databases import POSTGRES, SQLITE
from tests.serving import Site
from tests.web.client import client as scim_client

CONFIGURATION = """
[parameters]
"query.wait" = 0
"path.slug" = "{slug}"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 410]
"""  # a filter, a cursor or a position is refused for what no schema can say


@pytest.fixture
def document(site: Site) -> Any:
    return urllib3.request("GET", at(site, None).base_url + "/openapi.json", timeout=60).json()


def test_the_document_is_open_api_3_1(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


def test_the_document_names_each_address_its_scope_and_each_refusal(document: Any) -> None:
    named = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    routes = {(route.method, PREFIX + route.path): route for route in ROUTES}
    assert set(named) == set(routes) | {("GET", PREFIX + path) for path in OF_ONE}
    for place, operation in named.items():
        assert operation["summary"]
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "404", "503"} < statuses
        if route := routes.get(place):
            assert operation["security"] == [{"key": [route.scope]}]
            assert {str(status) for status in (route.status, *route.refusals)} < statuses


def test_each_answer_that_has_a_body_has_an_example(document: Any) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    assert "example" in content, (path, status)


def test_the_document_loads_nothing_from_elsewhere(site: Site) -> None:
    key, _ = issue(site)
    for path in ("/docs", "/redoc", "/openapi"):
        assert at(site, key)("GET", path).status == 404


PHASES = {SQLITE: "examples,fuzzing,stateful", POSTGRES: "coverage,fuzzing"}
"""What is tried where: each of it once is enough, and drawing goes on on both."""


def test_schemathesis_finds_nothing_wrong(site: Site, store_name: str, tmp_path: Path) -> None:
    """All but the stream of events, which does not end: that has tests of its own."""
    scim = scim_client(site)
    scim.create_group("Pioneers", scim.create("ada@acme.test"), scim.create("bob@acme.test"))
    key, _ = issue(site, *ALL, everywhere=True)
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(slug=site.slug), encoding="utf-8")
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(configuration)),
        *("run", at(site, None).base_url + "/openapi.json", "--exclude-path-regex", "stream$"),
        *("--header", f"Authorization: Bearer {key}", "--max-examples", "3", "--seed", "7"),
        *("--phases", PHASES[store_name], "--no-color", "--continue-on-failure"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "Selected: 21/23" in done.stdout
