"""Steps that are clicks in the dashboard: words that our pages must have, with our values."""

from collections.abc import Mapping

from tests.okta_procedure.app import USER

CLICKS: Mapping[str, tuple[str, ...]] = {
    "open Applications and browse the catalogue": ("**Applications**", "**Browse App Catalog**"),
    "find SCIM and take the test app with header auth": (
        "Search for **SCIM**",
        "**SCIM 2.0 Test App (Header Auth)**",
    ),
    "add it and choose a label": ("**Add**", "**Application label**", "`Headcount SCIM`"),
    "leave SAML under the sign-on options": ("**Sign-On Options**", "leave the **SAML** settings"),
    "this app signs nobody in; SAML is another app": ("cannot sign anybody in", "separate app"),
    "application username format is Email": ("**Application username format**: `Email`",),
    "update the username on create and update": (
        "**Update application username on**: `Create and update`",
    ),
    "configure and enable the API integration": (
        "**Provisioning** tab",
        "**Configure API Integration**",
        "**Enable API integration**",
    ),
    "the base URL is the organisation's own": (
        "**Base URL**: `https://yourorganisation.example.com/scim/v2`",
    ),
    "the API token is the word Bearer and the token": ("**API token**: `Bearer TOKEN`",),
    "enable Create Users": ("**Provisioning to App**", "**Create Users**"),
    "enable Update User Attributes": ("**Update User Attributes**",),
    "enable Deactivate Users": ("**Deactivate Users**",),
    "map userName, givenName and familyName alone": (
        "**Attribute Mappings**",
        "`userName`",
        "`givenName`",
        "`familyName`",
    ),
    "the role may be synced by a custom attribute": ("**Profile Editor**", "**Add Attribute**"),
    "the attribute is a text called role in the core namespace": (
        "**Data type**: `string`",
        "**Variable name**: `role`",
        "**External name**: `role`",
        f"**External namespace**: `{USER}`",
    ),
    "the attribute is set for one person or by a mapping": (
        "for each person",
        "**Attribute mapping**",
    ),
    "assign people, now that it is ready": ("**Assign** people",),
    "consider SAML once it is done": ("consider SAML",),
}
