"""Our own conformance checks, at any SCIM server."""

from collections.abc import Callable
from contextlib import suppress

from headcount.simulate.address import ConversationError
from headcount.simulate.checks.ground import Check, Ground, NotOfferedError, Outcome, Result
from headcount.simulate.checks.rules import CHECKS
from headcount.simulate.conversation import Conversation
from headcount.simulate.expected import AnswerError
from headcount.simulate.people import DOMAIN

HEADERS = {"Accept": "application/scim+json", "Content-Type": "application/scim+json"}

__all__ = ["CHECKS", "Check", "Outcome", "Result", "run_checks"]


def run_checks(
    base_url: str,
    token: str,
    tell: Callable[[Result], None] = lambda _: None,
    *,
    domain: str = DOMAIN,
) -> list[Result]:
    """Try every rule at a server, with resources that are taken away again.

    Raises:
        ConversationError: nothing can be checked, for the server does not answer or the token is
            refused.
    """
    results = []
    with Conversation.begin(base_url, token, HEADERS) as server:
        config = server.get("/ServiceProviderConfig")
        ground = Ground(server, domain, config.body if config.status == 200 else {})
        for check in CHECKS:
            result = _tried(check, ground)
            results.append(result)
            tell(result)
    return results


def _tried(check: Check, ground: Ground) -> Result:
    try:
        check.run(ground)
    except NotOfferedError:
        return Result(check, Outcome.NOT_OFFERED)
    except (AnswerError, ConversationError) as wrong:
        return Result(check, Outcome.FAILED, str(wrong))
    except (KeyError, TypeError, AttributeError, IndexError):
        return Result(check, Outcome.FAILED, "The answer has not the shape of SCIM.")
    finally:
        with suppress(ConversationError):
            ground.tidy()
    return Result(check, Outcome.PASSED)
