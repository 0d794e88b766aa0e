"""Every refusal has a cause and a remedy that an administrator can act on."""

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import headcount
from headcount.activity.causes import GENERAL, cause_of
from headcount.activity.rules import BY_SENTENCE, Rule
from headcount.errors import ScimError
from headcount.store import refusals
from headcount.store.activity import Exchange
from headcount.store.model import Kind
from tests.docs.pages import ERRORS

for _module in walk_packages(headcount.__path__, "headcount."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)

OKTA = "Okta SCIM Client 1.0.0"


def failed(status: int, refusal: str = "", detail: str = "", client: str = OKTA) -> Exchange:
    """An exchange that came to nothing."""
    return Exchange(
        org=None,
        at="2026-01-02T03:04:05.000Z",
        duration=100,
        method="POST",
        path="/Users",
        status=status,
        kind=Kind.USER,
        client=client,
        refusal=refusal,
        detail=detail,
    )


def classes(above: type[ScimError] = ScimError) -> Iterator[type[ScimError]]:
    """Every class of refusal in the source."""
    for one in above.__subclasses__():
        if one.__module__.startswith("headcount."):
            yield one
            yield from classes(one)


@pytest.mark.parametrize("refusal", list(classes()))
def test_every_class_of_refusal_has_a_cause_of_its_own(refusal: type[ScimError]) -> None:
    told = cause_of(failed(refusal.status, refusal.__name__))
    assert told is not None
    assert told != GENERAL
    assert told != cause_of(failed(400))


@pytest.mark.parametrize(("status", "sentence"), [row[:2] for row in ERRORS.rows("Status")])
def test_every_sentence_of_the_documents_has_a_cause(status: str, sentence: str) -> None:
    told = cause_of(failed(int(status), detail=sentence))
    by_class = {"provisioning is switched off": "OrganisationDisabled"}
    by_class |= {"this token may only read": "ReadOnlyToken"}
    by_class |= {"seats of the organisation are taken": "SeatsTaken"}
    if sentence in by_class:
        told = cause_of(failed(int(status), by_class[sentence], sentence))
    assert told is not None
    assert told != GENERAL
    assert told != cause_of(failed(int(status)))


PLACES = [
    (401, "the token is not known here: check that it was copied whole", "API Token"),
    (404, "there is nothing at '/Users'; SCIM is at /scim/v2", "Base URL"),
    (400, "userName must be an e-mail address here, not 'grace'", "Application username format"),
    (400, "active must be true or false, not 'perhaps'", "Attribute Mappings"),
]


@pytest.mark.parametrize(("status", "detail", "place"), PLACES)
def test_a_remedy_names_the_place_in_the_console_of_the_provider(
    status: int, detail: str, place: str
) -> None:
    told = cause_of(failed(status, detail=detail))
    assert told is not None
    assert place in told.remedy


def test_each_provider_has_places_of_its_own() -> None:
    detail = "the token is not known here: check that it was copied whole"
    clients = (OKTA, "Microsoft Azure AD SCIM provisioning", "OneLogin", "JumpCloud", "curl/8")
    remedies = {cause_of(failed(401, detail=detail, client=client)) for client in clients}
    assert len(remedies) == len(clients)


QUOTED = [
    (refusals.taken(Kind.USER, "grace@acme.test"), "'grace@acme.test'"),
    (refusals.taken(Kind.GROUP, "Engineering"), "'Engineering'"),
]


@pytest.mark.parametrize(("refusal", "quoted"), QUOTED)
def test_a_cause_quotes_what_was_sent(refusal: ScimError, quoted: str) -> None:
    told = cause_of(failed(refusal.status, type(refusal).__name__, refusal.detail))
    assert told is not None
    assert quoted in told.cause


ALL = [
    *(failed(one.status, one.__name__) for one in classes()),
    *(failed(int(row[0]), detail=row[1]) for row in ERRORS.rows("Status")),
    failed(400, detail="role '{owner}' does not exist; it must be one of: owner, member"),
    failed(418),
]


@pytest.mark.parametrize("client", [OKTA, "Microsoft Azure AD", "curl/8", ""])
def test_cause_and_remedy_are_sentences(client: str) -> None:
    for exchange in ALL:
        told = cause_of(failed(exchange.status, exchange.refusal, exchange.detail, client))
        assert told is not None
        for sentence in told:
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "  " not in sentence


@pytest.mark.parametrize("rule", BY_SENTENCE, ids=lambda rule: rule.sentence.pattern)
def test_a_long_sentence_costs_no_more_than_its_length(rule: Rule) -> None:
    """Whoever sends a request chooses what its refusal quotes, and a list shows fifty of them.

    What begins with letters of any kind would be tried from each of them to the end.
    """
    assert not re.match(r"(\(\?P<\w+>)?(\[|\\[wSDsd]|\.)", rule.sentence.pattern)


def test_what_did_not_fail_has_no_cause() -> None:
    assert cause_of(failed(200)) is None
