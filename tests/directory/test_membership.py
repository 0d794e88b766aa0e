"""What operations on members come to, in their order."""

from typing import Any

import pytest

from headcount.directory.membership import Delta, members_in, needs_reading
from headcount.errors import InvalidValue, Mutability
from headcount.scim.operations import Operation, read_operations
from headcount.scim.schemas import GROUP_TYPE
from headcount.store.model import Kind
from headcount.tolerance import TOLERANT

pytestmark = pytest.mark.shows("RFC 7643 4.2")

HELD = (("a", Kind.USER), ("b", Kind.USER), ("g", Kind.GROUP))


def add(*ids: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": one} for one in ids]}


def replace(*ids: str) -> dict[str, Any]:
    return {**add(*ids), "op": "replace"}


def remove(*ids: str) -> dict[str, Any]:
    return {**add(*ids), "op": "remove"}


def where(text: str, **more: Any) -> dict[str, Any]:
    return {"op": "remove", "path": f"members[{text}]", **more}


EVERYBODY = {"op": "remove", "path": "members"}


def read(*sent: dict[str, Any]) -> tuple[Operation, ...]:
    return read_operations({"Operations": list(sent)}, GROUP_TYPE, TOLERANT)


@pytest.mark.parametrize(
    ("sent", "joined", "left", "only"),
    [
        pytest.param([], "", "", False, id="nothing"),
        pytest.param([add("x", "y")], "xy", "", False, id="some join"),
        pytest.param([add("x", "x")], "x", "", False, id="nobody joins twice"),
        pytest.param([remove("a")], "", "a", False, id="those who are listed leave"),
        pytest.param(
            [{**EVERYBODY, "value": []}], "", "", False, id="an empty list: nobody leaves"
        ),
        pytest.param([EVERYBODY], "", "", True, id="no value: everybody leaves"),
        pytest.param([{**EVERYBODY, "value": None}], "", "", True, id="null: everybody leaves"),
        pytest.param([replace("x")], "x", "", True, id="replace: nobody else is in"),
        pytest.param([replace()], "", "", True, id="replace by nothing empties"),
        pytest.param([add("x"), remove("x")], "", "x", False, id="joined, then left"),
        pytest.param([remove("a"), add("a")], "a", "", False, id="left, then joined again"),
        pytest.param([add("x"), replace("y")], "y", "", True, id="replace forgets what was before"),
        pytest.param([replace("x"), remove("x")], "", "", True, id="replaced, then left"),
        pytest.param([EVERYBODY, add("x")], "x", "", True, id="everybody leaves, one joins"),
        pytest.param([where('value eq "a"')], "", "a", False, id="by a filter"),
        pytest.param([where('value eq "a" or value eq "x"')], "", "ax", False, id="by two ids"),
        pytest.param([where('type eq "User"')], "", "ab", False, id="by what they are"),
        pytest.param([where('value ne "a"')], "", "bg", False, id="all but one"),
        pytest.param(
            [add("x"), where('type eq "User"')], "", "abx", False, id="also who just joined"
        ),
        pytest.param([EVERYBODY, where("value pr")], "", "", True, id="nobody is left to leave"),
        pytest.param(
            [where('value eq "a"', op="replace", value={"value": "x"})],
            "x",
            "a",
            False,
            id="one in the place of another",
        ),
    ],
)
def test_operations_come_to(
    sent: list[dict[str, Any]], joined: str, left: str, *, only: bool
) -> None:
    delta = Delta(TOLERANT, lambda: HELD)
    for operation in read(*sent):
        delta.apply(operation)
    done = delta.done()
    assert "".join(one.id for one in done.joined) == joined
    assert sorted(done.left) == sorted(left)
    assert done.only is only


def test_only_a_filter_on_something_else_than_the_id_needs_reading() -> None:
    assert not needs_reading(read(add("x"), EVERYBODY, where('value eq "a" or value eq "b"')))
    assert needs_reading(read(add("x"), where('type eq "User"')))


@pytest.mark.parametrize("value", [[{"display": "x"}], [{"value": "a"}, {}], [{"value": ""}]])
def test_a_member_without_an_id_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue, match="every member needs a value"):
        members_in(value, TOLERANT)


def test_parts_of_a_membership_cannot_be_changed() -> None:
    (operation,) = read({"op": "replace", "path": 'members[value eq "a"].type', "value": "Group"})
    with pytest.raises(Mutability):
        Delta(TOLERANT, lambda: HELD).apply(operation)
