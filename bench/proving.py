"""Before anything is measured, one answer is taken apart, and what it claims is looked up."""

import asyncio

from bench.operations import Operation
from bench.stage import Stage
from bench.wire import Asked, Talk, body, connect, is_right, read_json


class WrongError(Exception):
    """A server answered something else than was asked for."""


async def prove(stage: Stage, operation: Operation, patience: float) -> int:
    """Ask once, look at all of the answer, and undo it where the next request does; its length.

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


async def _prove(talk: Talk, operation: Operation) -> int:
    sends = operation.requests(0, 1)
    asked = next(sends)
    answer = await _right(talk, asked)
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
    return len(body(answer))


async def _right(talk: Talk, asked: Asked) -> bytes:
    answer = await talk.ask(asked.raw)
    if not is_right(asked, answer):
        line = asked.raw.split(b"\r\n", 1)[0].decode()
        raise WrongError(f"{line} was answered by {_shown(answer)}")
    return answer


def _shown(answer: bytes) -> str:
    return answer[:400].decode(errors="replace").replace("\r\n", " ")
