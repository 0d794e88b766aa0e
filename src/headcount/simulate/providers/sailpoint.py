"""SailPoint: five addresses of discovery, then aggregation from both sides."""

from headcount.simulate.acting import Actor, Provider, new_group, new_user
from headcount.simulate.conversation import Answer
from headcount.simulate.expected import AnswerError
from headcount.simulate.lookup import path_of
from headcount.simulate.shapes import USER


def _perform(sailpoint: Actor) -> None:
    for path in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
        sailpoint.ask(f"/{path} is read -> there", f"GET /{path}")
    sailpoint.ask("/ResourceTypes/User is read -> there", "GET /ResourceTypes/User", check=_is_user)
    sailpoint.ask("the schema of users is read -> there", f"GET /Schemas/{USER}", check=_is_schema)
    amy = sailpoint.somebody("Amy", "Pond")
    person = sailpoint.create(
        amy.user_name,
        new_user(amy, emails=amy.emails(type="work", primary=True), active=True),
        {"userName": amy.user_name},
    )
    name = sailpoint.group_name("Entitlement")
    group = sailpoint.create(
        f"the group {name}", new_group(name, members=[]), {"displayName": name}, "Groups"
    )
    for path in ("/Users", "/Groups"):
        sailpoint.ask(
            f"{path} are aggregated -> a page", f"GET {path}", query={"startIndex": 1, "count": 50}
        )
    sailpoint.members(
        "access is granted -> is in",
        group,
        {"op": "add", "path": "members", "value": [{"value": person}]},
        expected={person},
    )
    sailpoint.ask(
        "the account shows its group -> there",
        f"GET {path_of('Users', person)}",
        check=lambda answer: _shows(answer, group),
    )


def _is_user(answer: Answer) -> None:
    if answer.body.get("endpoint") != "/Users":
        raise AnswerError("The resource type User must have the endpoint /Users.")


def _is_schema(answer: Answer) -> None:
    if answer.body.get("id") != USER or not answer.body.get("attributes"):
        raise AnswerError("The schema of users must be there by its URN, with its attributes.")


def _shows(answer: Answer, group: str) -> None:
    groups = answer.body.get("groups") or []
    if group not in [one.get("value") for one in groups if isinstance(one, dict)]:
        raise AnswerError("The account does not show the group that it is in, under `groups`.")


SAILPOINT = Provider(
    "sailpoint",
    "SailPoint",
    {"Accept": "application/scim+json", "Content-Type": "application/scim+json"},
    _perform,
)
