"""What answers are looked at for when they are taken apart, once before each is measured."""

from collections.abc import Callable
from typing import Any

from bench.stage import Stage

Shape = Callable[[Any], bool]


def is_one_account(answer: Any) -> bool:
    """Whether a list holds one resource, and says so."""
    return len(answer["Resources"]) == int(answer["totalResults"]) == 1


def is_one_real(stage: Stage) -> Shape:
    """Whether a list holds one account with all its data."""
    is_whole = is_real(stage)
    return lambda answer: is_one_account(answer) and is_whole(answer["Resources"][0])


def is_real(stage: Stage) -> Shape:
    """Whether an account is told with its department, by both ways that the server has."""
    departments = set(stage.departments)

    def shape(account: Any) -> bool:
        has_enterprise = "costCenter" in str(account)
        has_group = any(group["value"] in departments for group in account.get("groups", ()))
        return (has_enterprise or not stage.manners.keeps_enterprise) and (
            has_group or not stage.manners.tells_groups
        )

    return shape


def is_page(stage: Stage) -> Shape:
    """Whether a list has as many different people as were asked for."""

    def shape(answer: Any) -> bool:
        people = {account["userName"] for account in answer["Resources"]}
        return len(people) == len(answer["Resources"]) == min(100, len(stage.ids))

    return shape


def is_group_of(size: int) -> Shape:
    """Whether a group is told with all its members, each once."""

    def shape(group: Any) -> bool:
        members = [str(member["value"]) for member in group["members"]]
        return len(members) == len(set(members)) == size

    return shape


def is_one_group(stage: Stage) -> Shape:
    """Whether a list holds one group, without its members where the server can leave them out."""

    def shape(answer: Any) -> bool:
        bare = "members" not in answer["Resources"][0]
        return is_one_account(answer) and (bare or not stage.manners.leaves_out_members)

    return shape


def are_all_created(answer: Any) -> bool:
    """Whether every operation of a bulk request made something."""
    return {one["status"] for one in answer["Operations"]} == {"201"}
