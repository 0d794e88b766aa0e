"""Which identity provider a User-Agent is that of.

Only Okta's is documented and Entra's is known from a server that tells providers apart by it; the
others are recognised by their own names, should they say them.
"""

import re
from functools import lru_cache

SIMULATED = "Headcount-Simulate"
"""How `headcount simulate` calls itself, with the provider that it plays in brackets."""

UNNAMED = "an unnamed client"

_KNOWN = (
    ("okta", "Okta"),
    ("azure", "Microsoft Entra ID"),
    ("entra", "Microsoft Entra ID"),
    ("microsoft", "Microsoft Entra ID"),
    ("onelogin", "OneLogin"),
    ("jumpcloud", "JumpCloud"),
    ("ssosync", "ssosync"),
    ("idp-scim-sync", "idp-scim-sync"),
    ("google", "Google Workspace"),
    ("pingone", "PingOne"),
    ("pingfederate", "PingFederate"),
    ("ping identity", "PingFederate"),
    ("pingidentity", "PingFederate"),
    ("keycloak", "Keycloak"),
    ("authentik", "authentik"),
    ("sailpoint", "SailPoint"),
    ("salesforce", "Salesforce"),
    ("servicenow", "ServiceNow"),
    ("oracle", "Oracle Cloud"),
    ("rippling", "Rippling"),
    ("cyberark", "CyberArk"),
    ("cloudflare", "Cloudflare"),
)
_PLAYED = re.compile(rf"{SIMULATED}\S* \(([^()]{{1,60}})\)", re.IGNORECASE)
_PRODUCT = re.compile(r"[\w!#$%&'*+.^`|~-]{1,60}")


@lru_cache(maxsize=256)
def provider_of(client: str) -> str:
    """The name of the provider; of one that nobody knows, what it calls itself.

    >>> provider_of("Okta SCIM Client 1.0.0"), provider_of("curl/8.5.0"), provider_of("")
    ('Okta', 'curl', 'an unnamed client')
    """
    if played := _PLAYED.match(client):
        return f"{played[1]}, simulated"
    folded = client.lower()
    for mark, name in _KNOWN:
        if mark in folded:
            return name
    product = _PRODUCT.match(client.strip())
    return product[0] if product else UNNAMED


def real(provider: str) -> str:
    """The provider that a simulated one plays.

    >>> real("Okta, simulated")
    'Okta'
    """
    return provider.removesuffix(", simulated")
