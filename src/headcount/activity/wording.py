"""What happened, in the past tense and for people: "deactivated grace@acme.test"."""

from headcount.activity.deeds import Seen, deed_of
from headcount.activity.finding import json_in
from headcount.activity.memory import Known
from headcount.store.activity import Exchange


def words(exchange: Exchange) -> str:
    """What the client did to whom; of a refused request, what it tried to do.

    Whoever recorded the exchange knew more than is kept of it, so what they said comes first.
    """
    refused = exchange.status >= 400
    if exchange.detail and not refused:
        return exchange.detail
    seen = Seen(
        exchange.method,
        exchange.path,
        exchange.query,
        exchange.status,
        json_in(exchange.request),
        json_in(exchange.answer),
        Known(exchange.person),
    )
    return deed_of(seen).phrase.told(refused=refused)
