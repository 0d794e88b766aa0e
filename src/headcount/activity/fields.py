"""What identity providers call the places where an administrator corrects something."""

from typing import NamedTuple

from headcount.activity.providers import provider_of, real


class Fields(NamedTuple):
    """Places in the console of one provider."""

    provider: str
    base: str  # where the address of this server is typed
    token: str  # where the token is
    mapping: str  # where attributes are mapped
    username: str  # where the userName is chosen
    leave: str  # how somebody loses the account
    again: str  # how one person is sent again


_ANY = Fields(
    "your identity provider",
    "the base URL of the SCIM connection",
    "the token of the SCIM connection",
    "the attribute mapping",
    "the attribute that is mapped to userName",
    "take the application from somebody",
    "let the provider send that person again",
)
_FIELDS = {
    "Okta": Fields(
        "Okta",
        "Base URL (Provisioning, Integration)",
        "API Token (Provisioning, Integration)",
        "Attribute Mappings (Provisioning, To App)",
        "Application username format (Sign On)",
        "unassign somebody from the app",
        "retry the task under Dashboard, Tasks",
    ),
    "Microsoft Entra ID": Fields(
        "Entra",
        "Tenant URL (Provisioning, Admin Credentials)",
        "Secret Token (Provisioning, Admin Credentials)",
        "Provisioning, Mappings",
        "the mapping to userName (Provisioning, Mappings)",
        "take somebody from Users and groups",
        "use Provision on demand for that person",
    ),
    "OneLogin": Fields(
        "OneLogin",
        "SCIM Base URL (Configuration)",
        "SCIM Bearer Token (Configuration)",
        "Parameters",
        "SCIM Username (Parameters)",
        "take the app from somebody",
        "retry the person under Users of the app",
    ),
    "JumpCloud": Fields(
        "JumpCloud",
        "Base URL (Identity Management)",
        "Token Key (Identity Management)",
        "the attribute mapping (Identity Management)",
        "the attribute that is mapped to userName (Identity Management)",
        "take somebody from the group of the application",
        "take the person from the group of the application and put them back",
    ),
    "Google Workspace": Fields(
        "Google",
        "Endpoint URL (Autoprovisioning)",
        "App authorization (Autoprovisioning)",
        "the attribute mapping (Autoprovisioning)",
        "the attribute that is mapped to userName (Autoprovisioning)",
        "take somebody from the provisioning scope",
        "let the next synchronisation send that person again",
    ),
    "Keycloak": Fields(
        "Keycloak",
        "SCIM 2.0 endpoint (User federation)",
        "Auth password/token (User federation)",
        "the mappers of the extension",
        "the username of the person in the realm",
        "disable or delete somebody in the realm",
        "choose Sync all users under User federation",
    ),
    "authentik": Fields(
        "authentik",
        "URL (SCIM Provider)",
        "Token (SCIM Provider)",
        "User Property Mappings (SCIM Provider)",
        "userName in the User Property Mappings",
        "take somebody from the group of User filtering",
        "run the synchronisation of the SCIM Provider again",
    ),
    "PingFederate": Fields(
        "PingFederate",
        "SCIM URL (Outbound Provisioning, Target)",
        "Access Token (Outbound Provisioning, Target)",
        "Attribute Mapping (Outbound Provisioning, Channel)",
        "the attribute that is mapped to userName (Outbound Provisioning, Channel)",
        "take somebody from the channel's source",
        "let the channel send that person again",
    ),
}
_FIELDS["PingOne"] = _FIELDS["PingFederate"]._replace(
    provider="PingOne",
    base="SCIM URL (Provisioning, Connections)",
    token="Access Token (Provisioning, Connections)",  # noqa: S106 - the name of a field
    mapping="Attribute Mapping (Provisioning, Rules)",
    username="the attribute that is mapped to userName (Provisioning, Rules)",
    leave="take somebody from the rule",
    again="let the rule send that person again",
)


def fields_of(client: str) -> Fields:
    """The places in the console of whoever sends this User-Agent.

    >>> fields_of("Okta SCIM Client 1.0.0").provider, fields_of("curl/8").provider
    ('Okta', 'your identity provider')
    """
    return _FIELDS.get(real(provider_of(client)), _ANY)
