import pytest

from headcount.simulate.address import ConversationError, clean_base_url, clean_token


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://acme.example.com/scim/v2", "https://acme.example.com/scim/v2"),
        ("https://acme.example.com/scim/v2/", "https://acme.example.com/scim/v2"),
        ("  acme.example.com/scim/v2//\n", "https://acme.example.com/scim/v2"),
        ("127.0.0.1:8000", "https://127.0.0.1:8000"),
        ("HTTP://localhost:8000/scim", "http://localhost:8000/scim"),
        ("http://[::1]:8000/scim/v2", "http://[::1]:8000/scim/v2"),
        ("https://acme.example.com/scim/v2?x=1#y", "https://acme.example.com/scim/v2"),
    ],
)
def test_reads_a_base_url_typed_by_hand(typed: str, meant: str) -> None:
    assert clean_base_url(typed) == meant


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "names no host"),
        ("https://", "names no host"),
        ("https://:8000/scim", "names no host"),
        ("ftp://acme.example.com", "must begin with"),
        ("https://acme.example.com:port/scim", "cannot be read"),
        ("https://[acme/scim", "cannot be read"),
        ("https://ada:hunter2@acme.example.com", "Leave name and password out"),
    ],
)
def test_says_what_is_wrong_with_a_base_url(typed: str, told: str) -> None:
    with pytest.raises(ConversationError, match=told) as refused:
        clean_base_url(typed)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("typed", ["abc", " abc\n", "Bearer abc", "bearer  abc "])
def test_reads_a_token_copied_with_and_without_its_word(typed: str) -> None:
    assert clean_token(typed) == "abc"


@pytest.mark.parametrize("typed", ["", "  ", "Bearer ", "zwei worte", "tökën", "a\x00b", "a\r\nb"])
def test_refuses_what_cannot_be_a_token_without_repeating_it(typed: str) -> None:
    with pytest.raises(ConversationError) as refused:
        clean_token(typed)
    assert not typed.strip() or typed not in str(refused.value)
