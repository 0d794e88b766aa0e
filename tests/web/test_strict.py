"""A strict token takes what the RFC allows and nothing else; any other takes both."""

from typing import Any

import pytest

from headcount.scim.operations import PATCH_URN
from headcount.scim.schemas import USER_URN
from tests.serving import Site
from tests.web.client import Client, refused

JSON = {"Content-Type": "application/scim+json"}
ADA = {"schemas": [USER_URN], "userName": "ada"}
RENAME = {"op": "replace", "path": "displayName", "value": "Ada"}


@pytest.fixture
def strict(site: Site) -> Client:
    """A client with a strict token."""
    return Client(site.base_url, site.issue(strict=True), JSON)


@pytest.fixture
def tolerant(site: Site) -> Client:
    """A client with any other token."""
    return Client(site.base_url, site.token, JSON)


def patching(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_URN], "Operations": list(operations), **more}


def test_what_the_rfc_allows_works(strict: Client) -> None:
    ada = strict.create("ada", schemas=[USER_URN], emails=[{"value": "a@x.test"}], active=False)
    assert strict("PATCH", f"/Users/{ada}", patching(RENAME)).json()["displayName"] == "Ada"
    assert strict("PUT", f"/Users/{ada}", ADA).status == 200
    found = strict("GET", '/Users?filter=USERNAME%20Eq%20"ADA"').json()
    assert found["totalResults"] == 1
    assert strict("DELETE", f"/Users/{ada}").status == 204


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"userName": "bob"}, "schemas"),
        ({"schemas": USER_URN, "userName": "bob"}, "schemas"),
        ({"schemas": ["urn:example"], "userName": "bob"}, "schemas"),
        ({**ADA, "active": "True"}, "active"),
        ({**ADA, "emails": {"value": "a@x.test"}}, "emails"),
        ({**ADA, "title": 7}, "title"),
    ],
)
def test_a_body_that_the_rfc_does_not_allow(
    strict: Client, tolerant: Client, body: dict[str, Any], why: str
) -> None:
    assert why in refused(strict("POST", "/Users", body), 400, "invalidValue")
    assert tolerant("POST", "/Users", body).status == 201


@pytest.mark.parametrize(
    "body",
    [
        {"Operations": [RENAME]},
        {"schemas": [PATCH_URN], "operations": [RENAME]},
        patching({**RENAME, "op": "Replace"}),
        patching({**RENAME, "path": "manager.value"}),
        patching({"op": "add", "path": "nickname2", "value": "x"}),
        patching({"op": "replace", "path": "active", "value": "True"}),
        patching({"op": "replace", "value": '{"active": true}'}),
    ],
)
def test_a_patch_that_the_rfc_does_not_allow(
    strict: Client, tolerant: Client, body: dict[str, Any]
) -> None:
    ada = tolerant.create("ada")
    answer = strict("PATCH", f"/Users/{ada}", body)
    refused(answer, 400, answer.json()["scimType"])
    assert tolerant("PATCH", f"/Users/{ada}", body).status == 200


@pytest.mark.parametrize("stated", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_media_type_that_is_no_json(strict: Client, tolerant: Client, stated: str) -> None:
    said = refused(strict("POST", "/Users", ADA, Content_Type=stated), 415)
    assert "application/scim+json" in said
    assert tolerant("POST", "/Users", ADA, Content_Type=stated).status == 201


def test_a_filter_in_plain_words(strict: Client, tolerant: Client) -> None:
    refused(strict("GET", "/Users?filter=userName%20eq%20ada"), 400, "invalidFilter")
    assert tolerant("GET", "/Users?filter=userName%20eq%20ada").status == 200
