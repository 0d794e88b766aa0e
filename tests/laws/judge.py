"""The judge: what `scim2-models` makes of the same account, filter, PATCH or projection.

It is as strict as the RFC but where our tolerance is on the wire: an entry is made where a path
filter matches none, and a `remove` may carry values.
"""

from copy import deepcopy
from typing import Any

from scim2_models import (
    Context,
    EnterpriseUser,
    PatchOp,
    ResponseParameters,
    SCIMException,
    ScimFilter,
    ScimPolicy,
    User,
)

from headcount.scim.operations import PATCH_URN
from headcount.scim.resources import Document, with_schemas
from headcount.scim.schemas import ENTERPRISE_URN, USER_TYPE

NAMES = ("title", "nickName", "name", "roles", "active", "externalId", ENTERPRISE_URN)
"""Attributes of every shape whose texts are any texts: the judge reads e-mail addresses closely."""

_MODEL = User[EnterpriseUser]
_ADDED = frozenset({"schemas", "id", "meta"})

POLICY = ScimPolicy(
    comparison_key=lambda binding, text: text if binding.case_exact else text.casefold(),
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class RefusedError(Exception):
    """The judge takes the operation for one that cannot be applied."""


def _read(user: Document) -> Any:
    return _MODEL.model_validate(with_schemas(user, USER_TYPE))


def _plain(shown: Any) -> Any:
    """Without what is empty: for us that is the same as absent (RFC 7643 section 2.5)."""
    if isinstance(shown, dict):
        parts = {key: _plain(value) for key, value in shown.items() if key not in _ADDED}
        return {key: value for key, value in parts.items() if value not in (None, {}, [])}
    return [_plain(one) for one in shown] if isinstance(shown, list) else shown


def holds(where: str, user: Document) -> bool:
    """Whether the filter holds of the account."""
    with POLICY:
        return bool(ScimFilter[_MODEL](where).match(_read(user)))


def patched(user: Document, operations: list[dict[str, Any]]) -> Document:
    """The account after the operations.

    Raises:
        RefusedError: they cannot be applied.
    """
    message = {"schemas": [PATCH_URN], "Operations": deepcopy(operations)}
    with POLICY:
        resource = _read(user)
        try:
            read = PatchOp[_MODEL].model_validate(message, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
            read.patch(resource)
        except (ValueError, SCIMException) as refused:
            raise RefusedError(str(refused)) from None
        shown: Document = _plain(resource.model_dump(scim_ctx=Context.DEFAULT))
        return shown


def projected(
    user: Document, attributes: list[str] | None = None, excluded: list[str] | None = None
) -> Document:
    """What of the account an answer shows."""
    with POLICY:
        shown: Document = _plain(
            _read({**user, "id": "7"}).model_dump(
                scim_ctx=Context.RESOURCE_QUERY_RESPONSE,
                response_parameters=ResponseParameters[_MODEL].model_validate(
                    {"attributes": attributes, "excludedAttributes": excluded}
                ),
            )
        )
        return shown
