"""The schemas that this server speaks, attribute by attribute (RFC 7643 sections 3.1, 4, 8.7).

`role` is ours: the part an account plays in the application, in the core User schema because that
is the external namespace in which identity providers send it.
"""

from headcount.scim.attributes import Attribute, Mutability, ResourceType, Returned, Schema

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
USER_URN = CORE + "User"
GROUP_URN = CORE + "Group"
ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

ROLES = ("owner", "administrator", "moderator", "member", "guest")
OWNER, DEFAULT_ROLE = "owner", "member"

_READ_ONLY = Mutability.READ_ONLY

COMMON = (
    Attribute(
        "schemas",
        "reference",
        multi_valued=True,
        required=True,
        case_exact=True,
        mutability=_READ_ONLY,
        returned=Returned.ALWAYS,
        references=("uri",),
        description="The URNs of the schemas whose attributes the resource holds.",
    ),
    Attribute(
        "id",
        case_exact=True,
        mutability=_READ_ONLY,
        returned=Returned.ALWAYS,
        unique=True,
        description="The identifier that the server gave the resource; it never changes.",
    ),
    Attribute(
        "externalId",
        case_exact=True,
        description="The identifier of the resource at the identity provider.",
    ),
    Attribute(
        "meta",
        "complex",
        mutability=_READ_ONLY,
        description="What the server knows about the resource itself.",
        sub=(
            Attribute("resourceType", case_exact=True, mutability=_READ_ONLY),
            Attribute("created", "dateTime", mutability=_READ_ONLY),
            Attribute("lastModified", "dateTime", mutability=_READ_ONLY),
            Attribute(
                "location", "reference", case_exact=True, mutability=_READ_ONLY, references=("uri",)
            ),
            Attribute("version", case_exact=True, mutability=_READ_ONLY),
        ),
    ),
)


def _plural(name: str, description: str, *types: str, value: Attribute | None = None) -> Attribute:
    """A multi-valued attribute with the sub-attributes of RFC 7643 section 2.4."""
    return Attribute(
        name,
        "complex",
        multi_valued=True,
        description=description,
        sub=(
            value or Attribute("value", description="The value itself."),
            Attribute("display", description="A name for people to read."),
            Attribute("type", canonical=types, description="What the value is used for."),
            Attribute("primary", "boolean", description="Whether this is the preferred value."),
        ),
    )


MEMBER_OF = Attribute(
    "groups",
    "complex",
    multi_valued=True,
    mutability=_READ_ONLY,
    description="The groups that the account is in, directly or through another group.",
    sub=(
        Attribute(
            "value", mutability=_READ_ONLY, case_exact=True, description="The id of the group."
        ),
        Attribute(
            "$ref",
            "reference",
            case_exact=True,
            mutability=_READ_ONLY,
            references=("Group",),
            description="The address of the group.",
        ),
        Attribute("display", mutability=_READ_ONLY, description="The name of the group."),
        Attribute(
            "type",
            mutability=_READ_ONLY,
            canonical=("direct", "indirect"),
            description="Whether the account is a member itself, or through a group that is.",
        ),
    ),
)

ROLE = Attribute(
    "role",
    canonical=ROLES,
    closed=True,
    description="What the account may do in the application: one of the five canonical values.",
)

USER = Schema(
    USER_URN,
    "User",
    "User Account",
    (
        Attribute(
            "userName",
            required=True,
            unique=True,
            description="The name that the person signs in with, unique without regard to case.",
        ),
        Attribute(
            "name",
            "complex",
            description="The parts of the person's name.",
            sub=(
                Attribute("formatted", description="The whole name as it is written."),
                Attribute("familyName", description="The family name."),
                Attribute("givenName", description="The given name."),
                Attribute("middleName", description="The middle names."),
                Attribute("honorificPrefix", description="The title before the name."),
                Attribute("honorificSuffix", description="The suffix after the name."),
            ),
        ),
        Attribute("displayName", description="The name to show for the person."),
        Attribute("nickName", description="What the person is called casually."),
        Attribute(
            "profileUrl",
            "reference",
            case_exact=True,
            references=("external",),
            description="A page about the person.",
        ),
        Attribute("title", description="The person's job title."),
        Attribute("userType", description="How the person relates to the organisation."),
        Attribute("preferredLanguage", description="The language to write to the person in."),
        Attribute("locale", description="How to write dates, numbers and currencies."),
        Attribute("timezone", description="The person's time zone, by its IANA name."),
        Attribute("active", "boolean", description="Whether the account may be used."),
        Attribute(
            "password",
            case_exact=True,
            mutability=Mutability.WRITE_ONLY,
            returned=Returned.NEVER,
            description="Accepted from identity providers that send one, and never kept.",
        ),
        _plural("emails", "E-mail addresses.", "work", "home", "other"),
        _plural(
            "phoneNumbers", "Telephone numbers.", "work", "home", "mobile", "fax", "pager", "other"
        ),
        _plural(
            "ims",
            "Addresses for instant messages.",
            "aim",
            "gtalk",
            "icq",
            "xmpp",
            "msn",
            "skype",
            "qq",
            "yahoo",
        ),
        _plural(
            "photos",
            "Pictures of the person.",
            "photo",
            "thumbnail",
            value=Attribute(
                "value",
                "reference",
                case_exact=True,
                references=("external",),
                description="The address of the picture.",
            ),
        ),
        Attribute(
            "addresses",
            "complex",
            multi_valued=True,
            description="Postal addresses.",
            sub=(
                Attribute("formatted", description="The whole address as it is written."),
                Attribute("streetAddress", description="Street and house number."),
                Attribute("locality", description="The town."),
                Attribute("region", description="The state or region."),
                Attribute("postalCode", description="The postal code."),
                Attribute("country", description="The country, in two letters (ISO 3166-1)."),
                Attribute(
                    "type",
                    canonical=("work", "home", "other"),
                    description="What the address is used for.",
                ),
                Attribute(
                    "primary", "boolean", description="Whether this is the preferred address."
                ),
            ),
        ),
        MEMBER_OF,
        _plural("entitlements", "What the person is entitled to."),
        _plural(
            "roles", "Roles at the identity provider. A value that is one of ours sets `role`."
        ),
        _plural(
            "x509Certificates",
            "Certificates of the person.",
            value=Attribute(
                "value", "binary", case_exact=True, description="The certificate, DER in base64."
            ),
        ),
        ROLE,
    ),
)

ENTERPRISE = Schema(
    ENTERPRISE_URN,
    "EnterpriseUser",
    "What an employer knows about the person.",
    (
        Attribute("employeeNumber", description="The number that the employer gave the person."),
        Attribute("costCenter", description="The cost centre."),
        Attribute("organization", description="The name of the organisation."),
        Attribute("division", description="The division."),
        Attribute("department", description="The department."),
        Attribute(
            "manager",
            "complex",
            description="The person's manager.",
            sub=(
                Attribute("value", case_exact=True, description="The id of the manager's account."),
                Attribute(
                    "$ref",
                    "reference",
                    case_exact=True,
                    references=("User",),
                    description="The address of the manager's account.",
                ),
                Attribute("displayName", mutability=_READ_ONLY, description="The manager's name."),
            ),
        ),
    ),
)

MEMBERS = Attribute(
    "members",
    "complex",
    multi_valued=True,
    most=None,
    description="The accounts and groups that are in the group.",
    sub=(
        Attribute(
            "value",
            case_exact=True,
            mutability=Mutability.IMMUTABLE,
            description="The id of the member.",
        ),
        Attribute(
            "$ref",
            "reference",
            case_exact=True,
            mutability=Mutability.IMMUTABLE,
            references=("User", "Group"),
            description="The address of the member.",
        ),
        Attribute(
            "display",
            mutability=Mutability.IMMUTABLE,
            description="The name of the member, as the identity provider sent it.",
        ),
        Attribute(
            "type",
            mutability=Mutability.IMMUTABLE,
            canonical=("User", "Group"),
            description="Whether the member is an account or a group.",
        ),
    ),
)

GROUP = Schema(
    GROUP_URN,
    "Group",
    "A group of accounts.",
    (
        Attribute(
            "displayName",
            required=True,
            unique=True,
            description="The name of the group, unique without regard to case.",
        ),
        MEMBERS,
    ),
)

USER_TYPE = ResourceType("User", "/Users", "An account of a person.", USER, COMMON, (ENTERPRISE,))
GROUP_TYPE = ResourceType("Group", "/Groups", "A group of accounts.", GROUP, COMMON)
RESOURCE_TYPES = (USER_TYPE, GROUP_TYPE)
