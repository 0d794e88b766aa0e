"""What an attribute, a schema and a resource type are (RFC 7643 sections 2, 6 and 7).

Schemas are data: validation, filters, PATCH, projection, indexes and `/Schemas` all read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class Mutability(StrEnum):
    """Who may write an attribute, and when."""

    READ_WRITE = "readWrite"
    READ_ONLY = "readOnly"
    IMMUTABLE = "immutable"
    WRITE_ONLY = "writeOnly"


class Returned(StrEnum):
    """When an attribute is part of an answer."""

    ALWAYS = "always"
    NEVER = "never"
    DEFAULT = "default"
    REQUEST = "request"


@dataclass(frozen=True, eq=False)
class Attribute:
    """One attribute. The defaults are those of RFC 7643 section 2.2, so most need only a name."""

    name: str
    type: str = "string"
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = Mutability.READ_WRITE
    returned: Returned = Returned.DEFAULT
    unique: bool = False
    canonical: tuple[str, ...] = ()
    closed: bool = False  # `canonical` is all there is: any other value is refused
    references: tuple[str, ...] = ()
    most: int | None = 1_000  # values, where it is multi-valued; None: as many as one likes
    description: str = ""
    sub: tuple["Attribute", ...] = ()

    @cached_property
    def folded(self) -> str:
        """The name in the form in which names are compared."""
        return self.name.lower()

    @cached_property
    def subs(self) -> dict[str, "Attribute"]:
        """Sub-attributes by folded name."""
        return {sub.folded: sub for sub in self.sub}

    @cached_property
    def is_complex(self) -> bool:
        """Whether values are objects of sub-attributes."""
        return self.type == "complex"

    @cached_property
    def is_text(self) -> bool:
        """Whether values are JSON texts."""
        return self.type in {"string", "reference", "dateTime", "binary"}

    @cached_property
    def is_free_text(self) -> bool:
        """Whether any single text is a value: it has no form, and no list that it must be in."""
        has_form = self.type == "dateTime" or self.closed
        return self.is_text and not has_form and not self.multi_valued

    @cached_property
    def is_folded(self) -> bool:
        """Whether texts are compared without their letter case."""
        return self.is_text and self.type != "dateTime" and not self.case_exact

    @cached_property
    def named(self) -> dict[str, "Attribute"]:
        """Sub-attributes by name as the schema spells it."""
        return {sub.name: sub for sub in self.sub}

    @cached_property
    def value(self) -> "Attribute | None":
        """The sub-attribute that stands for the whole entry, where there is one (section 2.4)."""
        return self.subs.get("value")

    def definition(self) -> dict[str, Any]:
        """The attribute as `/Schemas` shows it (RFC 7643 section 7)."""
        shown: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi_valued,
            "description": self.description or f"The {self.name} of the resource.",
            "required": self.required,
        }
        if self.is_text:
            shown["caseExact"] = self.case_exact
        if self.canonical:
            shown["canonicalValues"] = list(self.canonical)
        shown["mutability"] = self.mutability.value
        shown["returned"] = self.returned.value
        shown["uniqueness"] = "server" if self.unique else "none"
        if self.references:
            shown["referenceTypes"] = list(self.references)
        if self.sub:
            shown["subAttributes"] = [sub.definition() for sub in self.sub]
        return shown


@dataclass(frozen=True, eq=False)
class Schema:
    """A named set of attributes, known by its URN."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def by_name(self) -> dict[str, Attribute]:
        """Attributes by folded name."""
        return {attribute.folded: attribute for attribute in self.attributes}

    @cached_property
    def required(self) -> tuple[Attribute, ...]:
        """The attributes that a resource must have."""
        return tuple(attribute for attribute in self.attributes if attribute.required)

    @cached_property
    def attribute(self) -> Attribute:
        """The schema as the complex attribute that an extension is in the JSON (section 3.3)."""
        return Attribute(self.id, "complex", description=self.description, sub=self.attributes)

    @cached_property
    def folded(self) -> str:
        """The URN in the form in which URNs are compared (RFC 8141: without case)."""
        return self.id.lower()


@dataclass(frozen=True, eq=False)
class ResourceType:
    """A kind of resource: its address, its schema, and what extends it (RFC 7643 section 6)."""

    name: str
    endpoint: str
    description: str
    schema: Schema
    common: tuple[Attribute, ...]
    extensions: tuple[Schema, ...] = field(default=())

    @cached_property
    def core(self) -> dict[str, Attribute]:
        """Attributes of the core schema and the common ones, by folded name."""
        return {a.folded: a for a in (*self.common, *self.schema.attributes)}

    @cached_property
    def extension_by_urn(self) -> dict[str, Schema]:
        """Extensions by folded URN."""
        return {extension.folded: extension for extension in self.extensions}

    @cached_property
    def schemas(self) -> tuple[Schema, ...]:
        """Every schema of the type, the longest URN first."""
        return tuple(sorted((self.schema, *self.extensions), key=lambda s: -len(s.id)))

    def everything(self) -> Iterator[tuple[Schema | None, Attribute]]:
        """Each attribute, with the extension that it belongs to (None: the core)."""
        for attribute in self.core.values():
            yield None, attribute
        for extension in self.extensions:
            for attribute in extension.attributes:
                yield extension, attribute
