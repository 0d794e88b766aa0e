"""Answers are put together from whatever pieces they arrive in, and looked at."""

import pytest
from bench.wire import Asked, Assembler, body, is_right, read_json

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
ANSWERS = [
    pytest.param(HEAD + b'{"a": 1}', {"a": 1}, id="a length"),
    pytest.param(
        HEAD.lower().replace(b"http", b"HTTP") + b'{"a": 1}', {"a": 1}, id="small letters"
    ),
    pytest.param(CHUNKED + b'3\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n', {"a": 1}, id="chunks"),
    pytest.param(b"HTTP/1.1 204 No Content\r\netag: 7\r\n\r\n", None, id="no body"),
]


@pytest.mark.parametrize(("answer", "told"), ANSWERS)
@pytest.mark.parametrize("size", [1, 2, 7, 40, 500])
def test_an_answer_is_whole_when_its_last_piece_has_come(
    answer: bytes, told: object, size: int
) -> None:
    assembler = Assembler()
    for _ in range(2):  # the second answer on the same connection
        pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
        whole = [assembler.feed(piece) for piece in pieces]
        assert whole == [None] * (len(pieces) - 1) + [answer]
    assert read_json(answer) == told


def test_a_body_of_chunks_is_put_together() -> None:
    assert body(CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n") == b"abc"


@pytest.mark.parametrize(
    ("asked", "is_so"),
    [
        pytest.param(Asked(b"", first=b'"a"', last=b"1}"), True, id="as asked"),
        pytest.param(Asked(b"", b"HTTP/1.1 201"), False, id="another status"),
        pytest.param(Asked(b"", first=b'"b"'), False, id="about something else"),
        pytest.param(Asked(b"", last=b"2}"), False, id="another value"),
    ],
)
def test_an_answer_is_right_when_it_is_about_what_was_asked(asked: Asked, *, is_so: bool) -> None:
    assert is_right(asked, HEAD + b'{"a": 1}') is is_so
