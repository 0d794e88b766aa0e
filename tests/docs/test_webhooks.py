"""What the page about webhooks says is what is sent, and when."""

import json
import re

from headcount.directory.endpoints import MOST_ENDPOINTS
from headcount.feed.webhooks.courier import KEPT
from headcount.feed.webhooks.lane import MOST_WAITING
from headcount.feed.webhooks.messages import message_of
from headcount.feed.webhooks.planning import MOST_AT_ONCE, WHILE_FAILING
from headcount.feed.webhooks.posting import MOST_KEPT, MOST_READ, MOST_SOCKETS, Patience
from headcount.feed.webhooks.retrying import DEAD, LONGEST_WAIT, SCHEDULE
from headcount.store.hooks import MOST_ATTEMPTS
from headcount.store.model import EventType, Recorded
from tests.docs.pages import page

WEBHOOKS = page("docs/webhooks.md")
UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def test_the_example_is_what_is_sent() -> None:
    (block,) = WEBHOOKS.blocks("json")
    example = json.loads(block.text)
    recorded = Recorded(
        example["position"],
        EventType(example["type"]),
        example["at"],
        example["actor"],
        example["subject"],
        example["data"],
        json.dumps(example["resource"]).encode(),
    )
    assert list(example) == list(json.loads(message_of(recorded, "acme").body))
    assert example == json.loads(message_of(recorded, "acme").body)


def seconds(text: str) -> float:
    """`30 minutes` as a number."""
    amount, unit = text.split(" ")
    return float(amount) * UNITS[unit.rstrip("s")]


def test_the_schedule_is_that_of_the_page() -> None:
    rows = WEBHOOKS.rows("Try")
    assert [int(row[0]) for row in rows] == list(range(2, len(SCHEDULE) + 2))
    assert [seconds(row[1]) for row in rows] == list(SCHEDULE)
    for number, row in enumerate(rows, start=1):
        since = sum(SCHEDULE[:number])
        assert abs(seconds(row[2]) - since) <= 0.05 * since + 5, row


def test_the_limits_are_those_of_the_page() -> None:
    text = re.sub(r"\s+", " ", WEBHOOKS.prose)
    patience = Patience()
    for sentence in (
        f"within {patience.connect:.0f} seconds, and the whole answer within {patience.whole:.0f}",
        f"{MOST_READ // 1024} KiB are read and {MOST_KEPT // 1024} KiB is kept",
        f"{MOST_SOCKETS} connections open at most",
        f"| Endpoints of an organisation | {MOST_ENDPOINTS} |",
        f"| Requests to an endpoint at once | {MOST_AT_ONCE}; {WHILE_FAILING} while it fails |",
        f"| Events that wait for an endpoint outside the feed | {MOST_WAITING:,};",
        f"the newest {MOST_ATTEMPTS:,} of each endpoint, for {KEPT.days} days",
    ):
        assert sentence in text, sentence
    assert DEAD.days == 3
    assert UNITS["day"] == LONGEST_WAIT
