"""The base URL and the token as they are typed, and what is wrong with them."""

from urllib.parse import SplitResult, urlsplit


class ConversationError(Exception):
    """The conversation cannot go on. The text says why, and what to do."""


def clean_base_url(typed: str) -> str:
    """The address without what hands leave behind, with https where no scheme was typed.

    >>> clean_base_url(" acme.example.com/scim/v2/ ")
    'https://acme.example.com/scim/v2'
    >>> clean_base_url("http://127.0.0.1:8000/scim/v2?from=okta")
    'http://127.0.0.1:8000/scim/v2'

    Raises:
        ConversationError: it is not the address of a server.
    """
    typed = typed.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        _check(parts)
    except ValueError:
        raise ConversationError("The base URL cannot be read. " + _EXAMPLE) from None
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


_EXAMPLE = "It should look like https://acme.example.com/scim/v2."


def _check(parts: SplitResult) -> None:
    if parts.scheme not in {"http", "https"}:
        raise ConversationError("The base URL must begin with https:// or http://. " + _EXAMPLE)
    if not parts.hostname or parts.port == 0:
        raise ConversationError("The base URL names no host and port to call. " + _EXAMPLE)
    if parts.username is not None or parts.password is not None:
        raise ConversationError("Leave name and password out of the base URL. " + _EXAMPLE)


def clean_token(typed: str) -> str:
    """The token alone, also where it was copied together with the word Bearer.

    >>> clean_token("Bearer abc123 ")
    'abc123'

    Raises:
        ConversationError: it is empty, or could not be sent in a header.
    """
    token = typed.strip()
    word, _, rest = token.partition(" ")
    if word.lower() == "bearer":
        token = rest.strip()
    if not token:
        raise ConversationError("There is no token. Issue one and give the whole text of it.")
    if not all("!" <= letter <= "~" for letter in token):
        # The token itself is not repeated here: messages end up in logs.
        raise ConversationError(
            "The token has characters that no token has, such as blanks. Copy it again."
        )
    return token
