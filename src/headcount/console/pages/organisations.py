"""Organisations of the server: those that are there, and a new one."""

from collections.abc import Sequence

from starlette.responses import Response

from headcount.console.pages.settings import policy_in
from headcount.console.visits import SERVER, Page, Visit, redirect
from headcount.errors import ScimError
from headcount.store.activity import Sought

MOST_UNCLAIMED = 100
"""How many requests of nobody are counted."""


async def organisations(visit: Visit) -> Response:
    """GET /organisations: all of them."""
    store = visit.services.store
    unclaimed = await store.exchanges(None, Sought(), MOST_UNCLAIMED + 1)
    return visit.page(
        "organisations.html",
        all=await store.organisations(),
        unclaimed=min(len(unclaimed), MOST_UNCLAIMED),
        more=len(unclaimed) > MOST_UNCLAIMED,
    )


async def new(visit: Visit) -> Response:
    """GET /organisations/new: a form."""
    return visit.page("new-organisation.html", form={}, error_text="")


async def create(visit: Visit) -> Response:
    """POST /organisations/new: there is one more."""
    form = visit.form
    try:
        made = await visit.services.organisations.create(
            form.get("slug", "").strip(),
            form.get("name", "").strip(),
            policy_in(form),
            actor=visit.who.actor,
        )
    except ScimError as refused:
        return visit.page(
            "new-organisation.html", status=refused.status, form=form, error_text=refused.detail
        )
    return redirect(f"/o/{made.slug}/connect")


PAGES: Sequence[Page] = (
    Page("GET", "/organisations", organisations, SERVER),
    Page("GET", "/organisations/new", new, SERVER),
    Page("POST", "/organisations/new", create, SERVER),
)
