"""The resource types of an organisation: those of the RFC, with the attributes it declared."""

from collections.abc import Mapping

from headcount.scim.attributes import ResourceType
from headcount.scim.custom import CustomAttribute, extended
from headcount.scim.schemas import GROUP_TYPE, USER_TYPE
from headcount.store.model import Kind

Types = Mapping[Kind, ResourceType]

RESOURCE_TYPES: Types = {Kind.USER: USER_TYPE, Kind.GROUP: GROUP_TYPE}
"""Those of an organisation that declared nothing."""


def types_of(customs: tuple[CustomAttribute, ...]) -> Types:
    """The resource types of an organisation that declared `customs`."""
    if not customs:
        return RESOURCE_TYPES
    return {kind: extended(one, customs) for kind, one in RESOURCE_TYPES.items()}
