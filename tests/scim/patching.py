"""PATCH messages as the tests write them: a document, then operations as they arrive."""

from copy import deepcopy
from typing import Any

from headcount import tolerance
from headcount.scim.attributes import ResourceType
from headcount.scim.dialect import BY_THE_BOOK
from headcount.scim.operations import read_operations
from headcount.scim.patch import apply
from headcount.scim.resources import Document
from headcount.scim.schemas import USER_TYPE


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
