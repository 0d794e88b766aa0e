"""What a recorded request meant, once tolerance had read it."""

import json
from typing import Any

import pytest

from headcount.directory.types import RESOURCE_TYPES
from headcount.web.understood import understood
from tests.activity.test_wording import exchange, op, patch

FILTER = "filter=USERNAME%20EQ%20%22ada%22&startIndex=11&count=10"

MEANT = [
    ("GET /Users?" + FILTER, None,
     {"query": {"filter": 'userName eq "ada"', "startIndex": 11, "count": 10}}),
    ("POST /users/.search", {"filter": 'userName eq "ada"', "count": "5"},
     {"query": {"filter": 'userName eq "ada"', "startIndex": 1, "count": 5}}),
    ("POST /Users", {"USERNAME": "ada", "active": "True", "unheard": 1},
     {"resource": {"userName": "ada", "active": True}}),
    ("PUT /Groups/7", {"displayName": "Engineering"}, {"resource": {"displayName": "Engineering"}}),
    ("PATCH /Users/7", patch(op("Replace", "ACTIVE", "False")),
     {"operations": [{"op": "replace", "path": "active", "value": False}]}),
    ("PATCH /Users/7", patch(op("Explode", "active", "False")), "the op 'explode'"),
    ("PATCH /Users/7", patch(op("Replace", "active", "perhaps")), "active must be true or false"),
    ("POST /Bulk", {"Operations": [{"method": "post", "path": "/Users", "bulkId": "a"}]},
     {"bulk": [{"method": "POST", "path": "/Users", "bulkId": "a"}]}),
    ("GET /Users?filter=(", None, "filter"),
    ("GET /Users", None, None),
    ("GET /Users/7", None, None),
    ("DELETE /Users/7", None, None),
    ("GET /Schemas", None, None),
    ("POST /Usres", {"userName": "ada"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "request_", "meant"), MEANT)
def test_a_request_is_shown_as_it_was_understood(line: str, request_: Any, meant: Any) -> None:
    found = understood(exchange(line, 200, request_), RESOURCE_TYPES)
    if isinstance(meant, str):
        assert found is not None
        assert meant in found["refusal"]
    else:
        assert meant is None or found is not None
        assert json.loads(json.dumps(found, default=dict)) == meant


def test_what_is_read_by_the_book_is_shown_so() -> None:
    sent = exchange("POST /Users", 400, {"userName": "ada", "active": "True"})
    found = understood(sent, RESOURCE_TYPES, strict=True)
    assert found is not None
    assert "schemas" in found["refusal"]


def test_a_request_that_was_cut_is_not_read() -> None:
    found = understood(exchange("PUT /Users/7", 200, {"userName": "a"}, cut=True), RESOURCE_TYPES)
    assert found == {"refusal": "the request was not kept whole, so it cannot be read again"}
