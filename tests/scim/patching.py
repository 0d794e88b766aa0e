"""PATCH messages as the tests write them: a document, then operations as they arrive."""

from copy import deepcopy
from typing import Any

from headcount import tolerance
from headcount.scim.attributes import ResourceType
from headcount.scim.dialect import BY_THE_BOOK
from headcount.scim.operations import read_operations
from headcount.scim.patch import apply
from headcount.scim.resources import Document
from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE

WORK = {"value": "ada@acme.test", "type": "work", "primary": True}
HOME = {"value": "ada@home.test", "type": "home"}
ADA: Document = {
    "userName": "ada",
    "title": "Countess",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [WORK, HOME],
    ENTERPRISE_URN: {"department": "Engines", "manager": {"value": "7"}},
}
MEMBERS: Document = {"displayName": "Staff", "members": [{"value": "1"}, {"value": "2"}]}


def by_the_book(
    document: Document, *operations: dict[str, Any], kind: ResourceType = USER_TYPE
) -> Document:
    """A copy of `document` after `operations`, as the RFC reads them."""
    after = deepcopy(document)
    for operation in read_operations({"Operations": list(operations)}, kind, BY_THE_BOOK):
        apply(after, operation, BY_THE_BOOK)
    return after


def as_sent(document: Document, *operations: Any, kind: ResourceType = USER_TYPE) -> Document:
    """A copy of `document` after `operations`, as the server reads what really arrives."""
    after = deepcopy(document)
    message = tolerance.patch({"Operations": list(operations)})
    for operation in read_operations(message, kind, tolerance.TOLERANT):
        apply(after, operation, tolerance.TOLERANT)
    return after


def changed(before: Document, after: Document) -> dict[str, Any]:
    """The top-level attributes that differ, as they are afterwards; None where they are gone."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def add(path: str | None, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def replace(path: str | None, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str, *value: Any) -> dict[str, Any]:
    return {"op": "remove", "path": path, **({"value": value[0]} if value else {})}
