"""Google Workspace: plain JSON, and people who are suspended when they are created."""

from headcount.simulate.acting import ENTERPRISE, Actor, Provider, named, new_user, patch
from headcount.simulate.lookup import path_of
from headcount.simulate.shapes import USER


def _perform(google: Actor) -> None:
    eva = google.somebody("Eva", "Tardos")
    google.nobody(eva.user_name, named(eva))
    body = new_user(eva, emails=eva.emails(type="work", primary=True), active=False)
    person = google.create(f"{eva.user_name}, suspended,", body, {"active": False})
    path = path_of("Users", person)
    google.change(
        "resumed -> active",
        f"PATCH {path}",
        patch({"op": "replace", "path": "active", "value": True}),
        {"active": True},
    )
    google.change(
        "department and title by PUT -> changed",
        f"PUT {path}",
        {
            **body,
            "schemas": [USER, ENTERPRISE],
            "active": True,
            "title": "Fellow",
            ENTERPRISE: {"department": "Graphs"},
        },
        {"title": "Fellow", ENTERPRISE: {"department": "Graphs"}},
    )
    google.refused(
        "an operation without op -> refused",
        f"PATCH {path}",
        patch({"path": "active", "value": False}),
        400,
    )
    google.remove(eva.user_name, path)


GOOGLE = Provider(
    "google",
    "Google Workspace",
    {"Accept": "application/json", "Content-Type": "application/json; charset=UTF-8"},
    _perform,
)
