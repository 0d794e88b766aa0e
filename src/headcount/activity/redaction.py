"""What is kept of a request never holds a secret: passwords and tokens are taken out here.

What cannot be read well enough to be sure is not kept at all.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote_plus, unquote_plus, unquote_to_bytes

import orjson

MOST = 16 * 1024
"""How many bytes of a body are kept."""

REMOVED = "(removed)"
WITHHELD = "(not kept: it may hold a secret, and is no JSON that could be read)"

_READ = 256 * 1024  # bytes of a body up to which it is read
_LONGEST_HEADER = 1024
_DEEPEST = 64  # levels, as the server reads them

_SECRET = re.compile(r"passw|passphrase|secret|token|credential|api[-_]?key", re.IGNORECASE)
_SECRET_HEADER = re.compile(
    r"authorization|cookie|auth|token|secret|key|passw|credential|session|cert|jwt|oidc|assertion",
    re.IGNORECASE,
)
_SCHEMES = frozenset({"bearer", "basic", "token", "digest", "negotiate"})
_TOKENS = re.compile(
    r"headcount_\w+|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*|\b(?:bearer|basic)(?:\s|%20|\+)+[^\s\"'<>]{8,}",
    re.IGNORECASE,
)
_SPEAKS = re.compile(r'["{\[=]|\s(?:eq|ne|co|sw|ew|gt|ge|lt|le)\b', re.IGNORECASE)
_MARKS = (
    b"passw", b"passphrase", b"secret", b"token", b"credential", b"apikey", b"api_key", b"api-key",
    b"headcount_", b"eyj", b"bearer", b"basic", b"\\u00",
)  # fmt: skip
_LABELS = frozenset({"path", "name", "attribute", "key", "type"})  # what says what a value is
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)
_QUOTE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_OURS = re.compile(r"'urn:ietf:params:scim:[\w.:]+'")  # what a message of the protocol is called
_MISFIT = re.compile(r", not (.*)", re.DOTALL)
_SPARED = re.compile(r"\0(\d+)\0")


def _is_marked(folded: bytes) -> bool:
    """Whether a text in small letters may hold a secret. Most do not, and are not read."""
    for mark in _MARKS:  # noqa: SIM110 - a generator for each text takes twice as long
        if mark in folded:
            return True
    return False


class Redacted(NamedTuple):
    """A body as it may be kept."""

    body: bytes
    cut: bool = False  # whether that is not all of it
    found: bool = False  # whether anything was taken out

    @property
    def shortened(self) -> "Redacted":
        """At most `MOST` bytes of it."""
        if len(self.body) <= MOST:
            return self
        return self._replace(body=self.body[:MOST], cut=True)


# ---- texts


def text(value: str) -> str:
    """A text without what looks like a token.

    >>> text("it begins headcount_0abc and goes on")
    'it begins (removed) and goes on'
    """
    return _TOKENS.sub(REMOVED, value)


def detail(sentence: str, *, about_secrets: bool, kept: Any = None) -> str:
    """The sentence of a refusal; where the request held secrets, it quotes only what is kept.

    Args:
        sentence: as the client was told.
        about_secrets: whether anything was taken out of the request.
        kept: JSON of the request without its secrets.

    >>> detail("pinToken must be text, not 'abc'", about_secrets=True)
    'pinToken must be text, not (removed)'
    >>> detail("role 'king' does not exist", about_secrets=True, kept={"role": "king"})
    "role 'king' does not exist"
    """
    if about_secrets:
        sentence = _quoting(sentence, set(_said(kept)))
    return text(sentence)


def _quoting(sentence: str, said: set[str]) -> str:
    """The sentence without what it quotes, but for what was said beside the secrets."""
    spared: list[str] = []

    def spare(quote: re.Match[str]) -> str:
        if quote[0] not in said and not _OURS.fullmatch(quote[0]):
            return quote[0]
        spared.append(quote[0])
        return f"\0{len(spared) - 1}\0"

    def fits(tail: re.Match[str]) -> str:
        known = tail[1] in said or _SPARED.fullmatch(tail[1])
        return tail[0] if known else f", not {REMOVED}"

    marked = _QUOTE.sub(spare, sentence.replace("\0", ""))
    removed = _MISFIT.sub(fits, _QUOTED.sub(REMOVED, marked))
    return _SPARED.sub(lambda mark: spared[int(mark[1])], removed)


def _said(value: Any) -> Iterator[str]:
    """Every name and value of some JSON, as a sentence quotes it."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield repr(name)
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)
    else:
        yield repr(value)


def query(raw: str) -> tuple[str, bool]:
    """A query string without secrets, and whether there were some.

    >>> query("count=1&access_token=abc")
    ('count=1&access_token=(removed)', True)
    """
    folded = unquote_to_bytes(raw.replace("+", " ")).lower()
    if not _is_marked(folded):
        return raw, False
    kept = "&".join(_pair(pair) for pair in raw.split("&"))
    return kept, kept != raw


def _pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    plain_name, plain = unquote_plus(name), unquote_plus(value)
    if not equals:
        return pair if text(plain_name) == plain_name else REMOVED
    if _SECRET.search(plain_name):
        return f"{text(quote_plus(text(plain_name)))}={REMOVED}"
    if _SECRET.search(plain) and _SPEAKS.search(plain):
        return f"{name}={REMOVED}"
    clean = text(plain)
    clean_name = name if text(plain_name) == plain_name else REMOVED
    return f"{clean_name}={value if clean == plain else quote_plus(clean, safe='()')}"


# ---- headers


def headers(pairs: Iterable[tuple[bytes, bytes]]) -> str:
    """The headers of a request as JSON, without what tells who somebody is.

    >>> headers([(b"authorization", b"Bearer abc"), (b"accept", b"*/*")])
    '{"authorization":"Bearer (removed)","accept":"*/*"}'
    """
    return _headers(tuple(map(tuple, pairs)))


@lru_cache(maxsize=256)
def _headers(pairs: tuple[tuple[bytes, bytes], ...]) -> str:
    """The same; a client sends the same ones all day."""
    shown = {
        text(name.decode("latin-1")): _header(name.decode("latin-1"), value.decode("latin-1"))
        for name, value in pairs
    }
    return orjson.dumps(shown).decode()


def _header(name: str, value: str) -> str:
    if not _SECRET_HEADER.search(name):
        return text(value)[:_LONGEST_HEADER]
    scheme, blank, _ = value.strip().partition(" ")
    return f"{scheme} {REMOVED}" if blank and scheme.lower() in _SCHEMES else REMOVED


# ---- bodies


def body(raw: bytes) -> Redacted:
    """A body without secrets.

    >>> body(b'{"userName":"ada","password":"geheim"}').body
    b'{"userName":"ada","password":"(removed)"}'
    """
    folded = raw.lower()
    if not raw or not _is_marked(folded):
        return Redacted(raw)
    if len(raw) <= _READ and (value := _json(raw)) is not None:
        clean = _clean(value, 0)
        # Never `raw`, even where they are equal: a name that stands there twice was read once.
        return Redacted(orjson.dumps(clean), found=clean != value)
    plain = raw.decode("utf-8", "replace")
    if _SECRET.search(plain) or "\\u00" in plain.lower():
        return Redacted(WITHHELD.encode(), cut=True, found=True)
    clean_text = text(plain)
    return Redacted(clean_text.encode(), found=clean_text != plain)


def answer(raw: bytes, *, about_secrets: bool, kept: Any = None) -> Redacted:
    """The body of an answer without secrets; no refusal in it quotes one either.

    Args:
        raw: as it was sent.
        about_secrets: whether anything was taken out of the request.
        kept: JSON of the request without its secrets.
    """
    clean = body(raw)
    if not about_secrets or b'"detail"' not in raw:
        return clean
    value = _json(clean.body) if len(clean.body) <= _READ else None
    if value is None:
        return Redacted(WITHHELD.encode(), cut=True, found=True)
    return clean._replace(body=orjson.dumps(_told(value, set(_said(kept)))))


def _told(value: Any, said: set[str]) -> Any:
    """An answer whose refusals quote only what was said beside the secrets."""
    if isinstance(value, list):
        return [_told(one, said) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _quoting(one, said) if name == "detail" and isinstance(one, str) else _told(one, said)
        for name, one in value.items()
    }


def _json(raw: bytes) -> Any:
    try:
        value = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict | list) else None


def _clean(value: Any, depth: int) -> Any:
    """A value of JSON without the secrets within it."""
    if depth > _DEEPEST:
        return REMOVED
    if isinstance(value, Mapping):
        return _clean_object(value, depth)
    if isinstance(value, list):
        return [_clean(one, depth + 1) for one in value]
    return _clean_text(value, depth) if isinstance(value, str) else value


def _clean_object(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    is_secret = any(
        isinstance(one, str) and key.strip().lower() in _LABELS and _SECRET.search(one)
        for key, one in value.items()
    )
    clean: dict[str, Any] = {}
    for key, one in value.items():
        if _SECRET.search(key) or (is_secret and key.strip().lower().startswith("value")):
            clean[text(key)] = _blank(one, depth + 1)
        else:
            clean[text(key)] = _clean(one, depth + 1)
    return clean


def _blank(value: Any, depth: int) -> Any:
    """Nothing of a secret but its shape; true, false and null are none."""
    if isinstance(value, Mapping) and depth <= _DEEPEST:
        return {text(key): _blank(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list) and depth <= _DEEPEST:
        return [_blank(one, depth + 1) for one in value]
    return value if value is None or isinstance(value, bool) else REMOVED


def _clean_text(value: str, depth: int) -> str:
    """A text without tokens. One that holds JSON is read too; one that compares a secret is not."""
    if not _SECRET.search(value) and "\\u00" not in value.lower():
        return text(value)
    if value.lstrip()[:1] in {"{", "["}:
        held = _json(value.encode("utf-8", "surrogatepass"))
        return REMOVED if held is None else orjson.dumps(_clean(held, depth + 1)).decode()
    return REMOVED if _SPEAKS.search(value) else text(value)
