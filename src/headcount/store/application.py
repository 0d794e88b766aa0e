"""What a store keeps for the application behind Headcount: rows, whichever store it is."""

from headcount.store.connectors import Connectors
from headcount.store.followers import Followers
from headcount.store.hooks import Webhooks
from headcount.store.keys import ApiKeys
from headcount.store.links import AccountLinks
from headcount.store.steps import Rows


class ForApplication:
    """The part of a store's promise that is written once.

    Args:
        rows: of the store.
        moving: the same, where who may come in is changed.
    """

    def __init__(self, rows: Rows, moving: Rows) -> None:
        self.followers = Followers(rows)
        self.webhooks = Webhooks(rows)
        self.keys = ApiKeys(rows, moving)
        self.account_links = AccountLinks(rows)
        self.connectors = Connectors(rows)
