"""What the server says of itself: its features, resource types and schemas (RFC 7644 section 4)."""

from collections.abc import Iterable
from typing import Any

from headcount.scim.attributes import ResourceType, Schema
from headcount.scim.bulk import MAX_OPERATIONS
from headcount.scim.cursors import TIMEOUT
from headcount.scim.messages import DEFAULT_PAGE, LIST_URN, MAX_PAGE
from headcount.scim.schemas import CORE


def service_provider_config(base: str, max_payload: int) -> dict[str, Any]:
    """What is offered, and what is not (RFC 7643 section 5). authentik reads it strictly.

    Args:
        base: what addresses begin with.
        max_payload: the most bytes of a request.
    """
    return {
        "schemas": [CORE + "ServiceProviderConfig"],
        "documentationUri": "https://www.rfc-editor.org/rfc/rfc7644",
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": MAX_OPERATIONS,
            "maxPayloadSize": max_payload,
        },
        "filter": {"supported": True, "maxResults": MAX_PAGE},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_PAGE,
            "maxPageSize": MAX_PAGE,
            "cursorTimeout": TIMEOUT,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token of the organisation, sent as: Authorization: Bearer TOKEN",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }


def resource_type(kind: ResourceType, base: str) -> dict[str, Any]:
    """A resource type as `/ResourceTypes` shows it (RFC 7643 section 6)."""
    shown: dict[str, Any] = {
        "schemas": [CORE + "ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.description,
        "schema": kind.schema.id,
    }
    if kind.extensions:
        shown["schemaExtensions"] = [
            {"schema": extension.id, "required": False} for extension in kind.extensions
        ]
    shown["meta"] = {
        "resourceType": "ResourceType",
        "location": f"{base}/ResourceTypes/{kind.name}",
    }
    return shown


def schema(one: Schema, base: str) -> dict[str, Any]:
    """A schema as `/Schemas` shows it (RFC 7643 section 7)."""
    return {
        "schemas": [CORE + "Schema"],
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "attributes": [attribute.definition() for attribute in one.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{one.id}"},
    }


def resource_types(kinds: Iterable[ResourceType], base: str) -> dict[str, dict[str, Any]]:
    """All resource types, by id."""
    return {kind.name: resource_type(kind, base) for kind in kinds}


def schemas(kinds: Iterable[ResourceType], base: str) -> dict[str, dict[str, Any]]:
    """All schemas, by URN."""
    return {one.id: schema(one, base) for kind in kinds for one in (kind.schema, *kind.extensions)}


def listed(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """A whole list in one ListResponse."""
    return {
        "schemas": [LIST_URN],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
