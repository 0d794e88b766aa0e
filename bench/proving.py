"""Before anything is measured, one answer is taken apart, and what it claims is looked up."""

import asyncio
import time
from dataclasses import dataclass

from bench.operations import Operation
from bench.running import processor_time
from bench.stage import Server, Stage
from bench.wire import Asked, Talk, body, connect, is_right, read_json

_LOOKS_EVERY = 0.5  # seconds
_IDLE = 0.02  # seconds of a processor between two looks: systems count them by hundredths


@dataclass(frozen=True)
class Proof:
    """What an answer was like that was taken apart."""

    length: int  # bytes of its body
    seconds: float


class WrongError(Exception):
    """A server answered something else than was asked for."""


async def prove(stage: Stage, operation: Operation, patience: float) -> Proof:
    """Ask once, look at all of the answer, and undo it where the next request does.

    Raises:
        WrongError: the answer is not right, or what it claims is not so.
    """
    talk = await connect(stage.server.port)
    try:
        async with asyncio.timeout(4 * patience):
            return await _prove(talk, operation)
    except TimeoutError:
        raise WrongError(f"no answer within {4 * patience:g} s") from None
    finally:
        await talk.close()


async def _prove(talk: Talk, operation: Operation) -> Proof:
    sends = operation.requests(0, 1)
    asked = next(sends)
    began = time.monotonic()
    answer = await _right(talk, asked)
    proof = Proof(len(body(answer)), time.monotonic() - began)
    if operation.shape and not operation.shape(read_json(answer)):
        raise WrongError(f"something is missing in {_shown(answer)}")
    if operation.witness:
        seen = operation.witness(asked)
        await _right(talk, seen)
        undone = next(sends)
        if not undone.counted:
            await _right(talk, undone)
            if is_right(seen, await talk.ask(seen.raw)):
                raise WrongError("what was undone is still there")
    return proof


async def _right(talk: Talk, asked: Asked) -> bytes:
    answer = await talk.ask(asked.raw)
    if not is_right(asked, answer):
        line = asked.raw.split(b"\r\n", 1)[0].decode()
        wanted = b" ".join(one for one in (asked.begins, asked.first, asked.last) if one).decode()
        raise WrongError(f"{line} should have answered {wanted}, not {_shown(answer)}")
    return answer


def _shown(answer: bytes) -> str:
    return answer[:400].decode(errors="replace").replace("\r\n", " ")


async def settle(server: Server, seconds: float) -> None:
    """Wait until a server has nothing more to do for clients that have gone, or so long."""
    until = time.monotonic() + seconds
    spent = processor_time(server.pids)
    while time.monotonic() < until:
        await asyncio.sleep(_LOOKS_EVERY)
        before, spent = spent, processor_time(server.pids)
        if spent - before < _IDLE:
            return
