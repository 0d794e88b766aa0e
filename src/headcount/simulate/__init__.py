"""Identity providers, played at any SCIM server.

`providers` holds a short module for each, in the vocabulary of `acting`. Okta has a longer story:
`people` says who is assigned, `address` and `conversation` speak HTTP, `shapes` holds what Okta
sends, `expected` holds what an answer must show, `okta` is what Okta does, `story` is the order
in which it happens, `report` is the outcome and `telling` prints it.
"""

from headcount.simulate.acting import Provider, perform
from headcount.simulate.people import DOMAIN, FEWEST
from headcount.simulate.providers import PROVIDERS
from headcount.simulate.report import Account, Report, Step
from headcount.simulate.story import play
from headcount.simulate.telling import as_json, tell_provider, tell_story

__all__ = [
    "DOMAIN",
    "FEWEST",
    "PROVIDERS",
    "Account",
    "Provider",
    "Report",
    "Step",
    "as_json",
    "perform",
    "play",
    "tell_provider",
    "tell_story",
]
