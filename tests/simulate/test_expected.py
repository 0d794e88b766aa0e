from typing import Any

import pytest

from headcount.simulate.expected import AnswerError, check_shown, differences


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        pytest.param({"active": True}, {"active": True, "id": "1"}, id="more is shown"),
        pytest.param({"userName": "Ada"}, {"userName": "ada"}, id="userName without case"),
        pytest.param(
            {"emails": [{"value": "a@x"}]},
            {"emails": [{"value": "b@x"}, {"value": "A@x", "type": "work"}]},
            id="one of several entries",
        ),
        pytest.param({}, {}, id="nothing wanted"),
    ],
)
def test_is_content(wanted: dict[str, Any], shown: dict[str, Any]) -> None:
    assert list(differences(wanted, shown)) == []


@pytest.mark.parametrize(
    ("wanted", "shown", "told"),
    [
        ({"active": True}, {}, "active is missing and should be true"),
        ({"active": True}, {"active": "true"}, 'active is "true" and should be true'),
        ({"active": True}, {"active": 1}, "active is 1 and should be true"),
        ({"role": "guest"}, {"role": "Guest"}, 'role is "Guest" and should be "guest"'),
        ({"name": {"givenName": "Ada"}}, {"name": {}}, "name.givenName is missing"),
        ({"name": {"givenName": "Ada"}}, {"name": "Ada"}, 'name is "Ada" and should be'),
        ({"emails": [{"value": "a@x"}]}, {"emails": []}, 'emails does not hold "a@x"'),
        ({"emails": [{"value": "a@x"}]}, {}, "emails is missing"),
        ({"emails": [{"value": "a@x"}]}, {"emails": ["a@x"]}, 'emails does not hold "a@x"'),
    ],
)
def test_tells_the_difference(wanted: dict[str, Any], shown: dict[str, Any], told: str) -> None:
    (phrase,) = differences(wanted, shown)
    assert told in phrase


def test_a_password_is_never_shown() -> None:
    with pytest.raises(AnswerError, match="never be shown") as refused:
        check_shown("POST /Users", {}, {"password": "1mz050nq"})
    assert "1mz050nq" not in str(refused.value)
