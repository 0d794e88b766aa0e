"""What each method does at each address: who calls, what was sent, one operation, one answer."""

from headcount.errors import NotFound, NotImplementedHere
from headcount.scim import discovery
from headcount.store.model import RELATIONS, Kind, Outcome, Seen, Stored
from headcount.web import answers, wire
from headcount.web.answers import Answer
from headcount.web.call import Call


async def list_resources(call: Call) -> Answer:
    """GET /{kind} (RFC 7644 section 3.4.2)."""
    query = wire.query(call.request.query_string, call.type, call.reading)
    found = await call.directory.find(call.caller, call.kind, query, base=call.base)
    return answers.page(found, call.base, call.type, query)


async def search_resources(call: Call) -> Answer:
    """POST /{kind}/.search (RFC 7644 section 3.4.3)."""
    query = wire.search(await call.json(), call.type, call.reading)
    found = await call.directory.find(call.caller, call.kind, query, base=call.base)
    return answers.page(found, call.base, call.type, query)


async def create_resource(call: Call) -> Answer:
    """POST /{kind} (RFC 7644 section 3.3)."""
    sent = await call.resource()
    outcome = await call.directory.create(call.caller, call.kind, sent, call.reading.dialect)
    return await _outcome(call, 201, outcome)


async def read_resource(call: Call) -> Answer:
    """GET /{kind}/{id} (RFC 7644 section 3.4.1)."""
    projection = call.projection()
    relations = projection.shows(RELATIONS[call.kind])
    known = call.request.if_none_match
    if known is not None and call.kind is Kind.GROUP:  # its version tells all of it
        seen = await call.directory.get(
            call.caller, call.kind, call.id, base=call.base, relations=False
        )
        if _is_known(answers.version(seen), known):
            return _not_modified(seen)
    seen = await call.directory.get(
        call.caller, call.kind, call.id, base=call.base, relations=relations
    )
    if known is not None and call.kind is Kind.USER and _is_known(answers.version(seen), known):
        return _not_modified(seen)
    return answers.resource(200, seen, call.base, call.type, projection)


def _not_modified(seen: Seen) -> Answer:
    return Answer(304, headers=[(b"etag", answers.version(seen).encode())])


def _is_known(tag: str, if_none_match: str) -> bool:
    tags = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags


async def replace_resource(call: Call) -> Answer:
    """PUT /{kind}/{id} (RFC 7644 section 3.5.1)."""
    sent = await call.resource()
    outcome = await call.directory.replace(
        call.caller,
        call.kind,
        call.id,
        sent,
        dialect=call.reading.dialect,
        if_match=call.if_match,
        base=call.base,
    )
    return await _outcome(call, 200, outcome)


async def patch_resource(call: Call) -> Answer:
    """PATCH /{kind}/{id} (RFC 7644 section 3.5.2).

    A large group is not sent back: adding one member must not cost as much as reading them all.
    """
    operations = await call.operations()
    outcome = await call.directory.patch(
        call.caller,
        call.kind,
        call.id,
        operations,
        dialect=call.reading.dialect,
        if_match=call.if_match,
        base=call.base,
    )
    if outcome.member_count > call.limits.group_answer and call.projection().is_whole:
        return Answer(204, headers=[(b"etag", answers.version(Seen(outcome.stored)).encode())])
    return await _outcome(call, 200, outcome)


async def delete_resource(call: Call) -> Answer:
    """DELETE /{kind}/{id} (RFC 7644 section 3.6)."""
    await call.directory.delete(call.caller, call.kind, call.id, if_match=call.if_match)
    return Answer(204)


async def _outcome(call: Call, status: int, outcome: Outcome) -> Answer:
    """What was written, with its relations as they are now."""
    projection = call.projection()
    seen = Seen(outcome.stored)
    is_fresh_account = status == 201 and call.kind is Kind.USER
    if projection.shows(RELATIONS[call.kind]) and not is_fresh_account:
        told = outcome.groups
        seen = Seen(seen.stored, told) if told else await _seen_again(call, outcome.stored)
    return answers.resource(status, seen, call.base, call.type, projection)


async def _seen_again(call: Call, stored: Stored) -> Seen:
    try:
        return await call.directory.get(call.caller, stored.kind, stored.id, base=call.base)
    except NotFound:  # written, and deleted by somebody else since
        return Seen(stored)


async def search_everything(call: Call) -> Answer:
    """POST /.search: accounts first, then groups, as one list (RFC 7644 section 3.4.3)."""
    body = await call.json()
    types = call.caller.types
    queries = {kind: wire.search(body, types[kind], call.reading) for kind in Kind}
    found = await call.directory.find_everything(call.caller, queries, base=call.base)
    resources = [
        answers.pieces(seen, call.base, types[kind], queries[kind].projection)
        for seen in found.resources
        for kind in (seen.stored.kind,)
    ]
    return answers.listed(found, queries[Kind.USER], resources)


async def service_provider_config(call: Call) -> Answer:
    """GET /ServiceProviderConfig (RFC 7644 section 4)."""
    return answers.message(discovery.service_provider_config(call.base, call.limits.body))


async def resource_types(call: Call) -> Answer:
    """GET /ResourceTypes and /ResourceTypes/{name}."""
    return _discovered(discovery.resource_types(call.types, call.base), call.id, "resource type")


async def schemas(call: Call) -> Answer:
    """GET /Schemas and /Schemas/{urn}."""
    return _discovered(discovery.schemas(call.types, call.base), call.id, "schema")


def _discovered(known: dict[str, dict[str, object]], name: str, what: str) -> Answer:
    if not name:
        return answers.message(discovery.listed(list(known.values())))
    for key, one in known.items():
        if key.lower() == name.lower():
            return answers.message(one)
    raise NotFound(f"there is no {what} {name[:200]!r}; there are: {', '.join(known)}")


async def me(_: Call) -> Answer:
    """/Me (RFC 7644 section 3.11), which is nobody's here."""
    raise NotImplementedHere(
        "there is no /Me here: a token speaks for an organisation, not for one of its people;"
        " ask for an account by its id, or look it up by userName"
    )
