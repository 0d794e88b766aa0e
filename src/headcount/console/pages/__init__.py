"""The pages behind the door, by what they are about."""

from collections.abc import Sequence

from headcount.console.pages import (
    accounts,
    activity,
    administrators,
    connect,
    connectors,
    exchange,
    groups,
    keys,
    organisations,
    overview,
    roles,
    settings,
    tokens,
    webhooks,
)
from headcount.console.visits import Page

PAGES: Sequence[Page] = (
    *organisations.PAGES,
    *administrators.PAGES,
    *overview.PAGES,
    *connect.PAGES,
    *accounts.PAGES,
    *groups.PAGES,
    *roles.PAGES,
    *activity.PAGES,
    *exchange.PAGES,
    *tokens.PAGES,
    *webhooks.PAGES,
    *keys.PAGES,
    *connectors.PAGES,
    *settings.PAGES,
)
