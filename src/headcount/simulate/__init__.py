"""Identity providers, played: the conversation that Okta has with any SCIM server.

`people` says who is assigned, `address` and `conversation` speak HTTP, `shapes` holds what Okta
sends, `expected` holds what an answer must show, `okta` is what Okta does, `story` is the order
in which it happens, `report` is the outcome and `telling` prints it.
"""

from headcount.simulate.people import DOMAIN, FEWEST
from headcount.simulate.report import Account, Report, Step
from headcount.simulate.story import play
from headcount.simulate.telling import as_json, tell_story

__all__ = ["DOMAIN", "FEWEST", "Account", "Report", "Step", "as_json", "play", "tell_story"]
