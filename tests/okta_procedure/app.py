"""The app that an administrator sets up in Okta: what it sends when something is done there.

It is the kind "SCIM 2.0 Test App (Header Auth)": profiles go by PUT, everything else by PATCH. This
is apart from `headcount simulate`, so that one mistake is not made on both sides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: Json


@dataclass(frozen=True)
class App:
    """What was typed into "Configure API Integration", and the connection that it makes."""

    base_url: str
    api_token: str  # sent as it is typed
    headers: Mapping[str, str] = field(default_factory=dict)  # of the proxy on the way

    def send(self, method: str, path: str, body: Json | None = None, **query: str | int) -> Answer:
        """One request, with Okta's headers."""
        answer = urllib3.request(
            method,
            self.base_url + path + ("?" + urlencode(query) if query else ""),
            body=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": self.api_token,
                "User-Agent": "Okta SCIM Client 1.0.0",
                "Accept": "application/scim+json",
                "Accept-Charset": "utf-8",
                "Content-Type": "application/scim+json; charset=utf-8",
                **self.headers,
            },
            retries=False,
            timeout=30,
        )
        return Answer(answer.status, answer.json() if answer.data else {})

    def verify(self) -> Answer:
        """What happens when the administrator goes on from the API details."""
        return self.send("GET", "/Users", startIndex=1, count=2)

    def find(self, user_name: str) -> Json | None:
        """The account of that name, as the look-up of an assignment finds it."""
        wanted = f"userName eq {json.dumps(user_name)}"
        answer = self.send("GET", "/Users", filter=wanted, startIndex=1, count=100)
        assert answer.status == 200
        found: list[Json] = answer.body["Resources"]
        assert len(found) <= 1
        return found[0] if found else None

    def create(self, profile: Json) -> Answer:
        """An account with the attributes that are mapped, and what Okta adds unasked."""
        return self.send(
            "POST", "/Users", {"schemas": [USER], **profile, "groups": [], "active": True}
        )

    def push(self, user_id: str, profile: Json) -> Answer:
        """A changed profile: what is there is read, what is mapped is put over it."""
        before = self.send("GET", f"/Users/{user_id}")
        assert before.status == 200
        return self.send("PUT", f"/Users/{user_id}", {**before.body, **profile})

    def set_active(self, user_id: str, *, active: bool) -> Answer:
        """Unassign, or the first half of assigning again."""
        return self.patch(f"/Users/{user_id}", {"op": "replace", "value": {"active": active}})

    def patch(self, path: str, *operations: Json) -> Answer:
        """One PATCH."""
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def assign(self, profile: Json) -> str:
        """Look up, then take over or create; the id of the account that Okta keeps."""
        found = self.find(profile["userName"])
        if found is None:
            answer = self.create(profile)
            assert answer.status == 201, answer.body
            return str(answer.body["id"])
        if not found["active"]:
            assert self.set_active(found["id"], active=True).status in {200, 204}
        assert self.push(found["id"], profile).status == 200
        return str(found["id"])

    def read(self, user_id: str) -> Json:
        """The account as it stands."""
        answer = self.send("GET", f"/Users/{user_id}")
        assert answer.status == 200
        return answer.body


def person(user_name: str, given: str = "Grace", family: str = "Hopper", **custom: str) -> Json:
    """The attributes that the procedure leaves mapped, and custom ones beside them."""
    return {
        "userName": user_name,
        "name": {"givenName": given, "familyName": family},
        **custom,
    }
