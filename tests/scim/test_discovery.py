"""What the server says of itself (RFC 7644 section 4)."""

from typing import Any

import pytest

from headcount.scim import discovery
from headcount.scim.messages import MAX_PAGE
from headcount.scim.schemas import (
    ENTERPRISE_URN as E,
    GROUP_URN as G,
    RESOURCE_TYPES,
    USER_URN as U,
)

pytestmark = pytest.mark.shows("F7", "F115", "RFC 7643 5", "RFC 7643 6", "RFC 7643 7")

BASE = "https://acme.example.com/scim/v2"


def test_every_feature_is_stated_with_its_exact_type() -> None:
    """RFC 7643 section 5; authentik falls back to PUT where one of them is missing."""
    config = discovery.service_provider_config(BASE, 1_000_000)
    for name in ("patch", "filter", "sort", "etag"):
        assert config[name]["supported"] is True
    assert config["changePassword"] == {"supported": False}
    assert config["filter"]["maxResults"] == MAX_PAGE
    bulk = config["bulk"]
    assert isinstance(bulk["supported"], bool)
    assert [type(bulk[name]) for name in ("maxOperations", "maxPayloadSize")] == [int, int]
    for scheme in config["authenticationSchemes"]:
        assert {"type", "name", "description"} <= {*scheme}
    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    assert config["meta"]["location"] == f"{BASE}/ServiceProviderConfig"


def test_resource_types() -> None:
    found = discovery.resource_types(RESOURCE_TYPES, BASE)
    assert list(found) == ["User", "Group"]
    assert found["User"] == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "An account of a person.",
        "schema": U,
        "schemaExtensions": [{"schema": E, "required": False}],
        "meta": {"resourceType": "ResourceType", "location": f"{BASE}/ResourceTypes/User"},
    }
    assert found["Group"]["schema"] == G
    assert "schemaExtensions" not in found["Group"]


def test_schemas_are_found_by_their_urns() -> None:
    found = discovery.schemas(RESOURCE_TYPES, BASE)
    assert list(found) == [U, E, G]
    for urn, schema in found.items():
        assert schema["id"] == urn
        assert schema["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:Schema"]
        assert schema["meta"] == {"resourceType": "Schema", "location": f"{BASE}/Schemas/{urn}"}


def test_role_is_listed_with_its_values() -> None:
    user = discovery.schemas(RESOURCE_TYPES, BASE)[U]
    (role,) = [one for one in user["attributes"] if one["name"] == "role"]
    assert role["canonicalValues"] == ["owner", "administrator", "moderator", "member", "guest"]


@pytest.mark.parametrize(
    "found",
    [discovery.schemas(RESOURCE_TYPES, BASE), discovery.resource_types(RESOURCE_TYPES, BASE)],
)
def test_there_are_no_nulls(found: Any) -> None:
    """Entra's validator refuses them."""

    def check(value: Any) -> None:
        assert value is not None
        if isinstance(value, list | dict):
            for inner in value.values() if isinstance(value, dict) else value:
                check(inner)

    check(found)


def test_a_list_says_how_much_it_holds() -> None:
    resources = list(discovery.schemas(RESOURCE_TYPES, BASE).values())
    assert discovery.listed(resources) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 3,
        "startIndex": 1,
        "itemsPerPage": 3,
        "Resources": resources,
    }
    assert discovery.listed([])["Resources"] == []
