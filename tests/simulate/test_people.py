import pytest

from headcount.simulate.people import FEWEST, Person, cast, moved, promoted


def test_everybody_has_a_name_of_their_own() -> None:
    people = cast(100)
    names = {person.user_name for person in people} | {moved(people[1]).user_name}
    assert len(names) == 101
    assert len({person.external_id for person in people}) == 100


def test_the_first_five_hold_the_five_roles_and_the_rest_are_members() -> None:
    roles = [person.role for person in cast(7)]
    assert roles == ["owner", "administrator", "moderator", "member", "guest", "member", "member"]


def test_the_same_people_come_every_time_in_the_domain_asked_for() -> None:
    assert cast(30, "rival.test") == cast(30, "rival.test")
    assert all(person.user_name.endswith("@rival.test") for person in cast(30, "rival.test"))


def test_moving_keeps_the_id_that_okta_has_of_the_person() -> None:
    grace = cast(2)[1]
    assert moved(grace).external_id == grace.external_id
    assert moved(grace).user_name != grace.user_name


@pytest.mark.parametrize("person", cast(6))
def test_promoting_always_changes_the_role(person: Person) -> None:
    assert promoted(person).role != person.role


def test_one_person_alone_cannot_be_the_story() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        cast(FEWEST - 1)
