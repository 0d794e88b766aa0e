"""Oracle Cloud: users alone, by POST, PUT and DELETE."""

from headcount.simulate.acting import Actor, Provider, named, new_user
from headcount.simulate.lookup import path_of


def _perform(oracle: Actor) -> None:
    lex = oracle.somebody("Lex", "Ora")
    body = new_user(lex, emails=lex.emails(type="work", primary=True), active=True)
    person = oracle.create(lex.user_name, body, {"userName": lex.user_name, "active": True})
    path = path_of("Users", person)
    oracle.found(lex.user_name, named(lex), person)
    oracle.ask("the account is read -> there", f"GET {path}")
    oracle.change(
        "switched off by PUT -> not active",
        f"PUT {path}",
        {**body, "id": person, "active": False, "title": "Former"},
        {"active": False, "title": "Former"},
    )
    oracle.remove(lex.user_name, path)


ORACLE = Provider(
    "oracle",
    "Oracle Cloud",
    {"Accept": "application/json", "Content-Type": "application/json;charset=UTF-8"},
    _perform,
)
