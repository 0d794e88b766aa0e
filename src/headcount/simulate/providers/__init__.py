"""The identity providers that are played, by the name that is typed."""

from headcount.simulate.acting import Provider
from headcount.simulate.providers.authentik import AUTHENTIK
from headcount.simulate.providers.aws_sync import AWS_SYNC
from headcount.simulate.providers.entra import ENTRA
from headcount.simulate.providers.generic import GENERIC
from headcount.simulate.providers.google import GOOGLE
from headcount.simulate.providers.jumpcloud import JUMPCLOUD
from headcount.simulate.providers.keycloak import KEYCLOAK
from headcount.simulate.providers.onelogin import ONELOGIN
from headcount.simulate.providers.oracle import ORACLE
from headcount.simulate.providers.ping import PING
from headcount.simulate.providers.sailpoint import SAILPOINT
from headcount.simulate.providers.salesforce import SALESFORCE

PROVIDERS: dict[str, Provider] = {
    one.name: one
    for one in (
        ENTRA,
        ONELOGIN,
        JUMPCLOUD,
        GOOGLE,
        PING,
        KEYCLOAK,
        AUTHENTIK,
        AWS_SYNC,
        SAILPOINT,
        SALESFORCE,
        ORACLE,
        GENERIC,
    )
}
"""Okta is not among them: its story has people who stay, and is told in `headcount demo` too."""
