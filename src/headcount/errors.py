"""Every refusal a client can see, with its status and scimType (RFC 7644 section 3.12).

The tree:

    ScimError
      InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, NoTarget, Mutability, TooMany,
      InvalidCursor, ExpiredCursor, InvalidCount         400
      Unauthorized                                       401
      Forbidden (OrganisationDisabled, ReadOnlyToken, SeatsTaken)  403
      NotFound                                           404
      Expired                                            410
      MethodNotAllowed                                   405
      Taken, InUse, LastOwner                             409
      VersionMismatch                                    412
      TooLarge                                           413
      UnsupportedMediaType                               415
      TooManyRequests                                    429
      NotImplementedHere                                 501
      ProviderFailed                                     502
      Unavailable                                        503
"""

from typing import Any, ClassVar

ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A refusal the client must be told about. A bug of ours is never one of these."""

    status: ClassVar[int] = 400
    scim_type: ClassVar[str | None] = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """The error message of RFC 7644 section 3.12; `status` is text there."""
        message: dict[str, Any] = {"schemas": [ERROR_URN], "status": str(self.status)}
        if self.scim_type:
            message["scimType"] = self.scim_type
        message["detail"] = self.detail
        return message

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers that belong to this refusal alone."""
        return []


class InvalidFilter(ScimError):
    """The filter does not parse, or names what no schema has."""

    scim_type = "invalidFilter"


class InvalidPath(ScimError):
    """The path of a PATCH operation does not parse."""

    scim_type = "invalidPath"


class InvalidSyntax(ScimError):
    """The request is not JSON, or not the message that belongs here."""

    scim_type = "invalidSyntax"


class InvalidValue(ScimError):
    """A value is missing, or does not fit its attribute."""

    scim_type = "invalidValue"


class InvalidCursor(ScimError):
    """The cursor opens no page of this list (RFC 9865 section 2.1)."""

    scim_type = "invalidCursor"


class ExpiredCursor(ScimError):
    """The cursor was good once (RFC 9865 section 2.1)."""

    scim_type = "expiredCursor"


class InvalidCount(ScimError):
    """The size of a page that is read with a cursor is none (RFC 9865 section 2.1)."""

    scim_type = "invalidCount"


class NoTarget(ScimError):
    """A PATCH operation points at nothing."""

    scim_type = "noTarget"


class Mutability(ScimError):
    """The attribute cannot be changed in this way."""

    scim_type = "mutability"


class TooMany(ScimError):
    """More operations, or more text, than the server takes at once."""

    scim_type = "tooMany"


class Unauthorized(ScimError):
    """No token, or one that opens nothing here."""

    status = 401

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The challenge that RFC 6750 section 3 asks for."""
        return [(b"www-authenticate", b'Bearer realm="SCIM"')]


class Forbidden(ScimError):
    """The token is right and may not do this."""

    status = 403


class OrganisationDisabled(Forbidden):
    """The organisation was disabled by the operator."""


class ReadOnlyToken(Forbidden):
    """A read-only token asked for a change."""


class SeatsTaken(Forbidden):
    """Every seat of the organisation is taken."""


class NotFound(ScimError):
    """No such resource in the caller's organisation. Another organisation's looks the same."""

    status = 404


class Expired(ScimError):
    """What was asked for was there once, and is kept no longer."""

    status = 410


class MethodNotAllowed(ScimError):
    """The address exists and does not take this method."""

    status = 405

    def __init__(self, detail: str, allow: str) -> None:
        super().__init__(detail)
        self.allow = allow

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The methods that do work here."""
        return [(b"allow", self.allow.encode())]


class Conflict(ScimError):
    """What stands forbids the change."""

    status = 409


class Taken(Conflict):
    """A unique attribute already holds one of the values."""

    scim_type = "uniqueness"


class InUse(Conflict):
    """What shall be taken away is still needed."""


class LastOwner(Conflict):
    """The change would leave the organisation without an active owner."""


class VersionMismatch(ScimError):
    """The resource is no longer the version that the change was decided from."""

    status = 412


class TooLarge(ScimError):
    """The body is larger than the server takes."""

    status = 413


class UnsupportedMediaType(ScimError):
    """The body is not said to be JSON, and the token wants that."""

    status = 415


class TooManyRequests(ScimError):
    """Somebody tries too often (RFC 6585 section 4)."""

    status = 429

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait  # seconds

    def headers(self) -> list[tuple[bytes, bytes]]:
        """When to try again."""
        return [(b"retry-after", b"%d" % self.wait)]


class NotImplementedHere(ScimError):
    """A part of the protocol that this server does not offer."""

    status = 501


class ProviderFailed(ScimError):
    """Whoever signs people in for us said what cannot be used, or cannot be trusted."""

    status = 502


class Unavailable(ScimError):
    """The server cannot answer at the moment; the same request will succeed later."""

    status = 503

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Whole seconds: Okta ignores the date form."""
        return [(b"retry-after", b"5")]
