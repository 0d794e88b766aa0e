"""Which provider a User-Agent is that of."""

import pytest

from headcount.activity.fields import fields_of
from headcount.activity.providers import SIMULATED, provider_of
from headcount.simulate.conversation import HEADERS
from headcount.simulate.providers import PROVIDERS

CLIENTS = {
    "Okta SCIM Client 1.0.0": "Okta",
    "Microsoft Azure AD SCIM provisioning 1.0.0": "Microsoft Entra ID",
    "OneLogin": "OneLogin",
    "JumpCloud/1.0": "JumpCloud",
    "Google-Auto-Provisioning": "Google Workspace",
    "ssosync/2.1.3": "ssosync",
    "PingOne/1": "PingOne",
    "PingFederate/12.0": "PingFederate",
    "authentik@2024.10.4": "authentik",
    "goauthentik.io/2024.10.4": "authentik",
    "Keycloak SCIM/1.0": "Keycloak",
    "SailPoint SCIM 2.0": "SailPoint",
    f"{SIMULATED}/0.1.0 (Microsoft Entra ID)": "Microsoft Entra ID, simulated",
    "Go-http-client/1.1": "Go-http-client",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)": "Apache-HttpClient",
    "python-urllib3/2.2.1": "python-urllib3",
    "curl/8.5.0": "curl",
    "": "an unnamed client",
    "(nothing)": "an unnamed client",
}


@pytest.mark.parametrize(("client", "name"), CLIENTS.items())
def test_a_provider_is_recognised_by_what_it_calls_itself(client: str, name: str) -> None:
    assert provider_of(client) == name


def test_okta_is_recognised_when_it_is_played() -> None:
    assert provider_of(HEADERS["User-Agent"]) == "Okta"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_is_played_says_which_it_is(name: str) -> None:
    provider = PROVIDERS[name]
    assert provider_of(provider.sent["User-Agent"]) == f"{provider.title}, simulated"


def test_a_provider_that_is_played_has_the_places_of_the_real_one() -> None:
    assert fields_of(PROVIDERS["entra"].sent["User-Agent"]).provider == "Entra"
