"""The order in which everything happens, and who notes how each step went."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from headcount.simulate.address import ConversationError
from headcount.simulate.conversation import HEADERS, Conversation
from headcount.simulate.expected import AnswerError
from headcount.simulate.okta import GROUP, Okta
from headcount.simulate.people import DOMAIN, Person, cast, moved
from headcount.simulate.report import Account, Report, Step, Tell

OKTA = "Okta"


def count_steps(users: int) -> int:
    """How many steps a conversation about so many people has when nothing ends it early."""
    return users + 9


def play(
    base_url: str,
    token: str,
    users: int = 5,
    tell: Tell = lambda _step: None,
    *,
    domain: str = DOMAIN,
) -> Report:
    """Play Okta's conversation at a SCIM server, and tell each step as soon as it is done.

    It may be played again at the same server: who is there is found, and only who is missing is
    created. Accounts of the same names in `domain` are taken over, so take a domain for tests.
    Nothing that the server or the network does raises; it becomes a step that went wrong.

    Raises:
        ValueError: `users` is below `FEWEST`.
    """
    people = cast(users, domain)
    story = Story(tell)
    with suppress(ConversationError), story.begun(base_url, token) as server:
        _perform(story, Okta(server), people)
    return Report(tuple(story.steps), story.accounts)


@dataclass(slots=True)
class Story:
    """What has happened so far."""

    tell: Tell
    steps: list[Step] = field(default_factory=list)
    accounts: tuple[Account, ...] = ()

    @contextmanager
    def begun(
        self, base_url: str, token: str, headers: Mapping[str, str] = HEADERS, who: str = OKTA
    ) -> Iterator[Conversation]:
        """A conversation; an address or token that cannot be used is told as a step."""
        began = time.perf_counter()
        try:
            server = Conversation.begin(base_url, token, headers)
        except ConversationError as error:
            self._note(who, f"{who} could not test the connection", began, str(error))
            raise
        with server:
            yield server

    def step(self, who: str, attempt: str, act: Callable[[], str]) -> bool:
        """Do one thing and tell it: in the words of `act`, or of `attempt` if it went wrong.

        Raises:
            ConversationError: nothing that follows could work either. It is told already.
        """
        began = time.perf_counter()
        try:
            what = act()
        except AnswerError as error:
            self._note(who, attempt, began, str(error))
            return False
        except ConversationError as error:
            self._note(who, attempt, began, str(error))
            raise
        self._note(who, what, began)
        return True

    def _note(self, who: str, what: str, began: float, detail: str = "") -> None:
        duration = timedelta(seconds=time.perf_counter() - began)
        step = Step(who, what, ok=not detail, duration=duration, detail=detail)
        self.steps.append(step)
        self.tell(step)

    def read_accounts(self, okta: Okta) -> str:
        """The last step: see how the accounts stand."""
        self.accounts = okta.accounts()
        missing = len(okta.links) - len(self.accounts)
        if missing:
            raise AnswerError(f"{missing} of {len(okta.links)} accounts are not found any more.")
        return f"the accounts are read again -> all {len(self.accounts)} are there"


def _perform(story: Story, okta: Okta, people: list[Person]) -> None:
    if not story.step(OKTA, "Okta could not test the connection", okta.test_connection):
        return  # Okta does not save the settings then
    story.step(OKTA, "the schemas could not be read", okta.ask_for_role)
    _assign_everybody(story, okta, people)
    _change_people(story, okta, people)
    _push_group(story, okta)
    _leave_and_return(story, okta, people[-1])
    story.step(OKTA, "the accounts could not be read", partial(story.read_accounts, okta))


def _assign_everybody(story: Story, okta: Okta, people: list[Person]) -> None:
    for person in people:
        known_as = (person, moved(person)) if person is _mover(people) else (person,)
        attempt = f"{person.user_name} could not be assigned"
        story.step(person.user_name, attempt, partial(okta.assign, *known_as))


def _change_people(story: Story, okta: Okta, people: list[Person]) -> None:
    mover, climber = _mover(people), people[min(3, len(people) - 1)]
    if mover.external_id in okta.links:
        attempt = f"e-mail and name of {mover.user_name} could not be changed"
        story.step(mover.user_name, attempt, partial(okta.change_profile, mover))
    if okta.sends_role and climber.external_id in okta.links:
        attempt = f"the role of {climber.user_name} could not be changed"
        story.step(climber.user_name, attempt, partial(okta.change_role, climber))


def _mover(people: list[Person]) -> Person:
    return people[1]


def _push_group(story: Story, okta: Okta) -> None:
    if story.step(GROUP, f"the group {GROUP} could not be pushed", okta.push_group):
        story.step(GROUP, f"members of {GROUP} could not be pushed", okta.push_members)


def _leave_and_return(story: Story, okta: Okta, person: Person) -> None:
    if person.external_id not in okta.links:
        return
    name = person.user_name
    if story.step(name, f"{name} could not be unassigned", partial(okta.unassign, person)):
        attempt = f"{name} could not be assigned again"
        story.step(name, attempt, partial(okta.assign_again, person))
