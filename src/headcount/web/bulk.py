"""POST /Bulk: the operations of a bulk request, each as the request that it stands for."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from headcount.directory.access import check_write
from headcount.directory.bulk import Bulk
from headcount.directory.directory import Directory
from headcount.errors import Conflict, InvalidSyntax, InvalidValue, NotFound, ScimError
from headcount.scim.bulk import (
    METHODS,
    RESPONSE_URN,
    BulkOperation,
    BulkRequest,
    Step,
    in_order,
    resolved,
)
from headcount.store.model import Kind, Seen, Stored
from headcount.web import answers, wire
from headcount.web.answers import Answer, ServerFault
from headcount.web.call import Call
from headcount.web.places import KINDS, parts_of

_LOG = logging.getLogger(__name__)


class Done(NamedTuple):
    """An operation that was carried out."""

    status: int
    stored: Stored | None = None  # what stands now; None: nothing any more


async def bulk(call: Call) -> Answer:
    """POST /Bulk (RFC 7644 section 3.7)."""
    request = wire.bulk(await call.body(), call.reading)
    check_write(call.caller)
    job = _Job(call, _planned(call, request))
    steps = in_order(request.operations)
    completed = [step for step in steps if step[1] and _is_new_group(step[0])]
    work = [partial(job.carry_out, step) for step in steps]
    work += [partial(job.complete, step) for step in completed]
    carried_out: Bulk[Done] = Bulk(call.services.store, call.directory, _fault)
    results = await carried_out.run(work, request.fail_on_errors)
    told = dict(zip((one.number for one, _ in steps), results, strict=False))
    for (one, _), result in zip(completed, results[len(steps) :], strict=False):
        if isinstance(told[one.number], Done):
            told[one.number] = result
    shown = [job.told(one, told[one.number]) for one in request.operations if one.number in told]
    return answers.message({"schemas": [RESPONSE_URN], "Operations": shown})


def _planned(call: Call, request: BulkRequest) -> dict[str, str]:
    """The ids of what will be created, by `bulkId`: so that others can speak of it beforehand."""
    return {
        one.bulk_id: call.directory.new_id()
        for one in request.operations
        if one.bulk_id is not None and one.method == "POST"
    }


def _fault(_: Exception) -> ScimError:
    _LOG.exception("a bulk request failed")
    return ServerFault(
        "the server failed at one of these operations; its log tells the operator why."
        " None of those with this answer was carried out"
    )


def _is_new_group(operation: BulkOperation) -> bool:
    parts = parts_of(operation.path) if isinstance(operation.path, str) else []
    return operation.method == "POST" and [KINDS.get(p.lower()) for p in parts] == [Kind.GROUP]


@dataclass(slots=True)
class _Job:
    """One bulk request while it is carried out."""

    call: Call
    ids: dict[str, str]  # of what is created, by `bulkId`
    refused: dict[str, int] = field(default_factory=dict)  # `bulkId` -> number of the operation

    async def carry_out(self, step: Step, directory: Directory) -> Done:
        """One operation, as the request that it stands for.

        Raises:
            ScimError: it is refused, and nothing of it was done.
        """
        operation, later = step
        try:
            self._check_references(operation)
            return await self._do(operation, later, directory)
        except ScimError:
            if operation.bulk_id is not None:
                self.refused[operation.bulk_id] = operation.number
            raise

    async def _do(
        self, operation: BulkOperation, later: frozenset[str], directory: Directory
    ) -> Done:
        kind, resource_id = self._place(operation)
        data = operation.data
        if operation.references:
            data = resolved(without_members(data, later), self.ids)
        caller, reading = self.call.caller, self.call.reading
        resource_type = caller.types[kind]
        dialect, if_match = reading.dialect, _if_match(operation)
        match operation.method:
            case "POST":
                sent = wire.resource(data, resource_type, reading)
                planned = self.ids.get(operation.bulk_id or "")
                made = await directory.create(caller, kind, sent, dialect, resource_id=planned)
                return Done(201, made.stored)
            case "PUT":
                sent = wire.resource(data, resource_type, reading)
                outcome = await directory.replace(
                    caller, kind, resource_id, sent, dialect=dialect, if_match=if_match
                )
            case "PATCH":
                operations = wire.operations(data, resource_type, reading)
                outcome = await directory.patch(
                    caller, kind, resource_id, operations, dialect=dialect, if_match=if_match
                )
            case _:
                await directory.delete(caller, kind, resource_id, if_match=if_match)
                return Done(204)
        return Done(200, outcome.stored)

    async def complete(self, step: Step, directory: Directory) -> Done:
        """Let into a group those groups that speak of it themselves, and were not there yet.

        Raises:
            ScimError: one of them was refused, so the group is taken back.
        """
        operation, later = step
        caller, group = self.call.caller, self.ids[operation.bulk_id or ""]
        if operation.bulk_id in self.refused:
            raise Conflict("its first half was refused")
        joining = [{"value": self.ids[name]} for name in sorted(later)]
        message = {"Operations": [{"op": "add", "path": "members", "value": joining}]}
        try:
            self._check_references(operation)
            operations = wire.operations(message, caller.types[Kind.GROUP])
            joined = await directory.patch(caller, Kind.GROUP, group, operations)
        except ScimError:
            await directory.delete(caller, Kind.GROUP, group)
            raise
        return Done(201, joined.stored)

    def _check_references(self, operation: BulkOperation) -> None:
        """Refuse what speaks of a resource that this request did not create."""
        for name in sorted(operation.references):
            if name not in self.ids:
                raise InvalidValue(f"no operation of this request creates bulkId:{name[:100]}")
            if name in self.refused:
                raise Conflict(
                    f"it speaks of bulkId:{name[:100]}, and operation {self.refused[name]},"
                    " which should have created that, was refused"
                )

    def _place(self, operation: BulkOperation) -> tuple[Kind, str]:
        """What the operation is about: a kind, and the id of one resource unless it creates one."""
        number, method = operation.number, operation.method
        if method not in METHODS:
            raise InvalidSyntax(
                f"the method of operation {number} must be one of: {', '.join(METHODS)}"
            )
        if not isinstance(operation.path, str):
            raise InvalidSyntax(f"operation {number} has no path, such as /Users")
        parts = [resolved(part, self.ids) for part in parts_of(operation.path)]
        kind = KINDS.get(parts[0].lower()) if parts else None
        if kind is None or len(parts) != (1 if method == "POST" else 2):
            raise NotFound(
                f"operation {number}: {method} does not go to {operation.path[:200]!r};"
                " a new resource is sent to /Users or /Groups, a change to one of them by its id"
            )
        return kind, parts[-1]

    def told(self, operation: BulkOperation, result: Done | ScimError) -> dict[str, Any]:
        """What became of an operation (RFC 7644 section 3.7.3)."""
        told: dict[str, Any] = {"method": str(operation.method)[:40]}
        if operation.bulk_id is not None:
            told["bulkId"] = operation.bulk_id
        if isinstance(result, ScimError):
            if (place := self._location(operation)) is not None:
                told["location"] = place
            response = answers.error_body(result)
            return {**told, "status": str(result.status), "response": response}
        if result.stored is None:
            told["location"] = self._location(operation)
        else:
            told["location"] = answers.location(result.stored, self.call.base)
            told["version"] = answers.version(Seen(result.stored))
        return {**told, "status": str(result.status)}

    def _location(self, operation: BulkOperation) -> str | None:
        """The address of what was to be changed; of what was to be created there is none."""
        try:
            kind, resource_id = self._place(operation)
        except ScimError:
            return None
        if operation.method == "POST":
            return None
        return f"{self.call.base}/{kind}s/{resource_id}"


def without_members(data: Any, later: frozenset[str]) -> Any:
    """A group without those members that are created after it.

    >>> without_members({"members": [{"value": "bulkId:b"}, {"value": "7"}]}, frozenset({"b"}))
    {'members': [{'value': '7'}]}
    """
    if not later or not isinstance(data, Mapping):
        return data
    names = {f"bulkId:{name}" for name in later}
    return {
        key: [one for one in value if not _is_one_of(one, names)]
        if key.lower() == "members" and isinstance(value, list)
        else value
        for key, value in data.items()
    }


def _is_one_of(member: Any, names: set[str]) -> bool:
    return isinstance(member, Mapping) and member.get("value") in names


def _if_match(operation: BulkOperation) -> str | None:
    if operation.version is None or isinstance(operation.version, str):
        return operation.version or None
    raise InvalidValue(f"the version of operation {operation.number} is not a text")
