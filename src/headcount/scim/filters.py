"""Filters: the syntax tree, and how it is read (RFC 7644 section 3.4.2.2).

Names are looked up in the schemas while reading, so a filter on what no schema has is refused
instead of finding nothing: an identity provider takes an empty answer for "create it".
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeAlias

from headcount.errors import InvalidFilter, InvalidPath, InvalidValue
from headcount.scim.attributes import Attribute, ResourceType, Returned
from headcount.scim.dialect import BY_THE_BOOK, Dialect
from headcount.scim.paths import AttrPath
from headcount.scim.values import Scalar, has_shape

MAX_LENGTH = 8_000  # characters
MAX_DEPTH = 40  # parentheses, brackets and `not` within one another
MAX_TERMS = 200


class Op(StrEnum):
    """The comparison operators."""

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


ORDERING = frozenset({Op.GT, Op.GE, Op.LT, Op.LE})
SUBSTRING = frozenset({Op.CO, Op.SW, Op.EW})


@dataclass(frozen=True, slots=True)
class Compare:
    """One attribute held against one value: `userName eq "bjensen"`."""

    path: AttrPath
    op: Op
    value: Scalar

    def __str__(self) -> str:
        return f"{self.path} {self.op} {json.dumps(self.value)}"


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute has a value: `title pr`."""

    path: AttrPath

    def __str__(self) -> str:
        return f"{self.path} pr"


@dataclass(frozen=True, slots=True)
class ValuePath:
    """One entry of a multi-valued attribute fits: `emails[type eq "work"]`."""

    path: AttrPath
    where: "Filter"

    def __str__(self) -> str:
        return f"{self.path}[{self.where}]"


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    inner: "Filter"

    def __str__(self) -> str:
        return f"not ({self.inner})"


@dataclass(frozen=True, slots=True)
class And:
    """Both hold. Binds tighter than `or`."""

    left: "Filter"
    right: "Filter"

    def __str__(self) -> str:
        right = f"({self.right})" if isinstance(self.right, And | Or) else str(self.right)
        left = f"({self.left})" if isinstance(self.left, Or) else str(self.left)
        return f"{left} and {right}"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds."""

    left: "Filter"
    right: "Filter"

    def __str__(self) -> str:
        right = f"({self.right})" if isinstance(self.right, Or) else str(self.right)
        return f"{self.left} or {right}"


Filter: TypeAlias = Compare | Present | ValuePath | Not | And | Or

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])
    |(?P<word>[^\s()\[\]"]+))""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = re.compile(r'\s*([\w.:$-]+)\s+eq\s+"([^"\\\x00-\x1f\ud800-\udfff]*)"\s*', re.IGNORECASE)
_LITERALS = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def parse_filter(text: str, kind: ResourceType, dialect: Dialect = BY_THE_BOOK) -> Filter:
    """The filter that `text` states about resources of `kind`.

    Raises:
        InvalidFilter: it does not parse, is too long or too deep, or names what no schema has.

    >>> from headcount.scim.schemas import USER_TYPE
    >>> str(parse_filter('USERNAME Eq "ada" and not (active eq false)', USER_TYPE))
    'userName eq "ada" and not (active eq false)'
    """
    if len(text) > MAX_LENGTH:
        raise InvalidFilter(f"the filter has {len(text)} characters; at most {MAX_LENGTH} are read")
    # The one filter that nearly every request of an identity provider carries: 1 us instead of 10.
    if simple := _SIMPLE.fullmatch(text):
        path = dialect.names(kind, simple[1])
        if path is not None and path.leaf.type == "string" and _may_be_asked(path):
            return Compare(path, Op.EQ, simple[2])
    return Reader(text, kind, dialect).whole()


class UnknownSub(InvalidPath):
    """The part after the bracket is none of the attribute's."""

    def __init__(self) -> None:
        super().__init__("the part after the bracket is no sub-attribute")


class Reader:
    """Reads one filter; each method is one rule of the grammar."""

    def __init__(self, text: str, kind: ResourceType, dialect: Dialect) -> None:
        self.text = text
        self.kind = kind
        self.dialect = dialect
        self.within: AttrPath | None = None  # the attribute whose entries a bracket filters
        self.depth = 0
        self.terms = 0
        self.tokens = self._split()
        self.at = 0

    def _split(self) -> list[tuple[str, str, int]]:
        tokens = []
        position = 0
        end = len(self.text.rstrip())
        while position < end:
            found = _TOKEN.match(self.text, position)
            if found is None:
                raise InvalidFilter(
                    f"the text that starts at character {position + 1} is not closed"
                )
            kind = str(found.lastgroup)
            tokens.append((kind, found[kind], found.start(kind)))
            position = found.end()
        return tokens

    def whole(self) -> Filter:
        """filter = disjunction, and nothing after it"""
        node = self.disjunction()
        if self.at < len(self.tokens):
            self.fail("'and', 'or' or the end")
        return node

    def disjunction(self) -> Filter:
        """disjunction = conjunction *( "or" conjunction )"""
        node = self.conjunction()
        while self.take("or"):
            node = Or(node, self.conjunction())
        return node

    def conjunction(self) -> Filter:
        """conjunction = term *( "and" term )"""
        node = self.term()
        while self.take("and"):
            node = And(node, self.term())
        return node

    def term(self) -> Filter:
        """term = "not" "(" group / "(" group / attribute expression"""
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise InvalidFilter(f"the filter has more than {MAX_TERMS} terms")
        if self.take("not"):
            if not self.take("("):
                self.fail("'('")
            return Not(self.group())
        if self.take("("):
            return self.group()
        return self.expression(self.path())

    def group(self) -> Filter:
        """group = disjunction ")", at most MAX_DEPTH deep"""
        node = self.deeper()
        if not self.take(")"):
            self.fail("')'")
        return node

    def expression(self, path: AttrPath) -> Filter:
        """expression = path "pr" / path operator value / path "[" filter "]" [ "." sub ... ]"""
        if self.take("pr"):
            return Present(path)
        if self.take("["):
            return self.value_path(path)
        op = self.operator()
        return self.compare(path, op)

    def value_path(self, path: AttrPath) -> Filter:
        """value_path = filter "]" [ "." sub ( "pr" / operator value ) ]

        The part after the bracket is not in the RFC. Entra sends it when it matches people by
        e-mail: `emails[type eq "work"].value eq "x"`. It speaks of the same entry.
        """
        if self.within is not None or not path.leaf.multi_valued or not path.leaf.is_complex:
            raise InvalidFilter(f"{path} has no entries to filter in brackets")
        self.within = path
        where = self.deeper()
        if not self.take("]"):
            self.fail("']'")
        word = self.peek()
        if word.startswith("."):
            self.at += 1
            self.tokens.insert(self.at, ("word", word[1:], 0))
            where = And(where, self.expression(self.path()))
        self.within = None
        return ValuePath(path, where)

    def target(self) -> tuple[AttrPath, Filter | None, Attribute | None]:
        """target = path [ "[" filter "]" [ "." sub ] ], and nothing after it (section 3.5.2)"""
        path = self.path()
        where, sub = None, None
        if self.take("["):
            if not path.leaf.multi_valued or not path.leaf.is_complex:
                raise InvalidPath(f"{path} has no entries to choose from in brackets")
            self.within = path
            where = self.deeper()
            if not self.take("]"):
                self.fail("']'")
            if self.peek().startswith("."):
                sub = self._sub(self.peek()[1:])
                if sub is None:
                    raise UnknownSub
                self.at += 1
        if self.at < len(self.tokens):
            self.fail("the end of the path")
        return path, where, sub.leaf if sub else None

    def deeper(self) -> Filter:
        """What stands in parentheses or brackets, not too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InvalidFilter(f"the filter is nested deeper than {MAX_DEPTH} levels")
        node = self.disjunction()
        self.depth -= 1
        return node

    def path(self) -> AttrPath:
        """path = the name of an attribute that a schema has"""
        kind, word, _ = self.tokens[self.at] if self.at < len(self.tokens) else ("", "", 0)
        if kind != "word":
            self.fail("the name of an attribute")
        self.at += 1
        found = self._sub(word) if self.within else self.dialect.names(self.kind, word)
        if found is None:
            where = f" in {self.within}" if self.within else ""
            raise InvalidFilter(
                f"a {self.kind.name} has no attribute {word[:100]!r}{where}; "
                "/Schemas lists what can be filtered"
            )
        if not _may_be_asked(found):
            raise InvalidFilter(f"{found} cannot be asked for")
        return found

    def _sub(self, word: str) -> AttrPath | None:
        """A name in brackets is a sub-attribute; some clients repeat the attribute before it."""
        assert self.within is not None
        leaf = self.within.leaf
        found = leaf.subs.get(word.lower().removeprefix(leaf.folded + "."))
        return AttrPath((found,)) if found else None

    def operator(self) -> Op:
        """operator = "eq" / "ne" / "co" / ... in any letter case"""
        word = self.peek()
        try:
            op = Op(word.lower())
        except ValueError:
            self.fail(f"an operator ({', '.join(Op)} or pr)")
        self.at += 1
        return op

    def compare(self, path: AttrPath, op: Op) -> Compare:
        """A complex attribute is compared by its `value` (RFC 7644 section 3.4.2.2)."""
        if path.leaf.is_complex:
            if path.leaf.value is None:
                raise InvalidFilter(
                    f"{path} has parts; compare one of them, such as {path}.{path.leaf.sub[0].name}"
                )
            path = path.below(path.leaf.value)
        attribute = path.leaf
        value = self.value(attribute)
        if not _applies(op, attribute):
            raise InvalidFilter(f"{op} does not apply to {path}, which is {attribute.type}")
        if value is None and op not in {Op.EQ, Op.NE}:
            raise InvalidFilter(f"null cannot be compared with {op}; use 'not ({path} pr)'")
        return Compare(path, op, self.fitting(path, attribute, value))

    def fitting(self, path: AttrPath, attribute: Attribute, value: Scalar) -> Scalar:
        """The value, of the type that the attribute has."""
        if value is None or has_shape(attribute, value):
            return value
        try:
            mended: Scalar = self.dialect.mend(attribute, value)
        except InvalidValue:
            wanted = "true or false" if attribute.type == "boolean" else "a number"
            wanted = "a text in double quotes" if attribute.is_text else wanted
            raise InvalidFilter(f"{path} compares with {wanted}, not {value!r}") from None
        return mended

    def value(self, attribute: Attribute) -> Scalar:
        """value = a JSON text, number, true, false or null; the literals in any letter case"""
        kind, word, start = self.tokens[self.at] if self.at < len(self.tokens) else ("", "", 0)
        value: Scalar
        if kind == "text":
            value = _text(word, start)
        elif word.lower() in _LITERALS:
            value = _LITERALS[word.lower()]
        elif word and (meant := self.dialect.bare(attribute, word)) is not None:
            value = meant
        elif found := _NUMBER.fullmatch(word):
            value = _number(word, whole=not (found[1] or found[2]))
        else:
            self.fail('a value (texts in double quotes, such as "ada")')
        self.at += 1
        return value

    def peek(self) -> str:
        """The token that comes next; empty at the end."""
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str) -> bool:
        """Whether `wanted` comes next; then it is passed."""
        if self.at < len(self.tokens) and self.tokens[self.at][1].lower() == wanted:
            self.at += 1
            return True
        return False

    def fail(self, wanted: str) -> NoReturn:
        """Refuse, naming the place and what could stand there."""
        if self.at < len(self.tokens):
            _, word, start = self.tokens[self.at]
            raise InvalidFilter(f"expected {wanted} at character {start + 1}, not {word[:60]!r}")
        raise InvalidFilter(f"the filter ends where {wanted} is expected")


def _may_be_asked(path: AttrPath) -> bool:
    return path.leaf.returned is not Returned.NEVER


def _applies(op: Op, attribute: Attribute) -> bool:
    if op in SUBSTRING:
        return attribute.is_text
    return op not in ORDERING or attribute.type not in {"boolean", "binary"}


def _text(word: str, start: int) -> str:
    try:
        value = str(json.loads(word, strict=False))
        value.encode()  # half of a surrogate pair is JSON, and no text
    except ValueError:
        raise InvalidFilter(f"the text at character {start + 1} is not a JSON string") from None
    return value


def _number(word: str, *, whole: bool) -> int | float:
    if whole and len(word) < 19:  # what 64 bits hold
        return int(word)
    number = float(word)
    if number in {float("inf"), float("-inf")}:
        raise InvalidFilter("the number is too large")
    return number
