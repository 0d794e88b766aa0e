"""Attributes that an organisation declares for itself, beside those of the RFC.

They live in the core schema, as `role` does, or in an extension under a URN of the organisation's
own (RFC 7643 section 3.3). Once declared they are like every other attribute.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from headcount.errors import InvalidValue, Taken
from headcount.scim.attributes import Attribute, ResourceType, Schema
from headcount.scim.paths import LONGEST_NAME

TYPES = ("string", "boolean", "integer", "decimal", "dateTime", "reference")
MAX_CUSTOM = 100  # of one organisation
MAX_CANONICAL = 1_000

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_$-]{0,99}")  # ATTRNAME of RFC 7643 section 2.1
_URN = re.compile(r"(?i:urn):[A-Za-z0-9][A-Za-z0-9-]{0,31}:[A-Za-z0-9_.:/-]{1,100}")
_RFC = "urn:ietf:params:scim:"


@dataclass(frozen=True, slots=True)
class CustomAttribute:
    """One attribute that an organisation declared. Compared by value: equal ones are the same."""

    name: str
    urn: str  # of the schema that it belongs to
    resource: str = "User"  # the name of the resource type
    type: str = "string"
    multi_valued: bool = False
    canonical: tuple[str, ...] = ()  # where there are some, no other value is taken
    description: str = ""

    def attribute(self) -> Attribute:
        """The attribute as a schema holds it."""
        return Attribute(
            self.name,
            self.type,
            multi_valued=self.multi_valued,
            case_exact=self.type == "reference",
            canonical=self.canonical,
            closed=bool(self.canonical),
            references=("external",) if self.type == "reference" else (),
            description=self.description,
        )


@lru_cache(maxsize=1024)
def extended(kind: ResourceType, customs: tuple[CustomAttribute, ...]) -> ResourceType:
    """The resource type with the attributes among `customs` that are declared for it.

    >>> from headcount.scim.schemas import USER_TYPE, USER_URN
    >>> extended(USER_TYPE, (CustomAttribute("badge", USER_URN),)).core["badge"].name
    'badge'
    """
    own = [one for one in customs if one.resource == kind.name]
    if not own:
        return kind
    core = tuple(one.attribute() for one in own if one.urn == kind.schema.id)
    schema = replace(kind.schema, attributes=(*kind.schema.attributes, *core))
    urns = dict.fromkeys(one.urn for one in own if one.urn != kind.schema.id)
    added = tuple(_extension(urn, own) for urn in urns)
    return replace(kind, schema=schema, extensions=(*kind.extensions, *added))


def _extension(urn: str, customs: Iterable[CustomAttribute]) -> Schema:
    attributes = tuple(one.attribute() for one in customs if one.urn == urn)
    return Schema(urn, urn.rpartition(":")[2], "Declared by the organisation.", attributes)


def check_custom(
    new: CustomAttribute, customs: tuple[CustomAttribute, ...], kinds: Iterable[ResourceType]
) -> None:
    """Refuse an attribute that cannot be declared beside `customs` and the published schemas.

    Raises:
        InvalidValue: its name, type, namespace or canonical values are none.
        Taken: there is one of this name.
    """
    if not _NAME.fullmatch(new.name):
        raise InvalidValue(
            f"the name {new.name[:100]!r} must be letters, digits, _, $ or -, and begin with a"
            " letter"
        )
    if new.type not in TYPES:
        raise InvalidValue(f"the type {new.type!r} must be one of: {', '.join(TYPES)}")
    if len(customs) >= MAX_CUSTOM:
        raise InvalidValue(f"an organisation declares at most {MAX_CUSTOM} attributes")
    _check_canonical(new)
    kind = next((one for one in kinds if one.name == new.resource), None)
    if kind is None:
        raise InvalidValue(f"there is no resource type {new.resource!r}")
    _check_urn(new, customs, kind)
    _check_free(new, extended(kind, customs))


def _check_canonical(new: CustomAttribute) -> None:
    values = new.canonical
    if values and new.type != "string":
        raise InvalidValue("only a text can be held against a list of canonical values")
    if len(values) > MAX_CANONICAL or not all(value.strip() for value in values):
        raise InvalidValue(f"canonical values are at most {MAX_CANONICAL} texts that say something")
    if len({value.casefold() for value in values}) < len(values):
        raise InvalidValue("canonical values are compared without case, and two of them are equal")


def _check_urn(
    new: CustomAttribute, customs: tuple[CustomAttribute, ...], kind: ResourceType
) -> None:
    if new.urn == kind.schema.id:
        return
    if not _URN.fullmatch(new.urn) or new.urn.lower().startswith(_RFC):
        raise InvalidValue(
            f"the namespace {new.urn[:150]!r} must be {kind.schema.id} or a URN of your own, such"
            " as urn:example:acme:2.0:User"
        )
    for other in customs:
        folded = new.urn.lower() == other.urn.lower()
        if folded and (other.urn != new.urn or other.resource != new.resource):
            raise InvalidValue(
                f"the namespace {other.urn} is that of another {other.resource} attribute already"
            )


def _check_free(new: CustomAttribute, kind: ResourceType) -> None:
    known = kind.core
    if new.urn != kind.schema.id:
        extension = kind.extension_by_urn.get(new.urn.lower())
        known = extension.by_name if extension else {}
    if new.name.lower() in known:
        raise Taken(f"a {kind.name} has an attribute {new.name} there already")
    if len(new.urn) + len(new.name) >= LONGEST_NAME:
        raise InvalidValue(f"namespace and name together exceed {LONGEST_NAME} characters")
