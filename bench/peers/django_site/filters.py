"""Groups are found by `displayName`, which django-scim2 leaves to the project."""

from typing import ClassVar

from django_scim.filters import GroupFilterQuery


class GroupFilter(GroupFilterQuery):
    """Which column holds an attribute."""

    attr_map: ClassVar[dict[tuple[str, str | None, str | None], str]] = {
        ("displayName", None, None): "name"
    }
