"""Filters and resources to draw from, made of the published schemas and of words that bite.

Everything here is a plain value or a function that gives a strategy, so that other tests (above
all: does the store's SQL agree with `match`?) can draw from the same well.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from headcount.scim.attributes import Attribute, Mutability, ResourceType, Returned
from headcount.scim.dialect import BY_THE_BOOK
from headcount.scim.filters import (
    ORDERING,
    SUBSTRING,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Present,
    ValuePath,
)
from headcount.scim.paths import AttrPath
from headcount.scim.resources import Document, read_resource, without_empty
from headcount.scim.schemas import ENTERPRISE_URN, GROUP_TYPE, USER_TYPE

WORDS = (
    "",  # a text that is none
    "a",
    "A",  # the same without regard to case
    "ab",
    "b",
    "ß",  # folds to two letters
    "ss",
    "aß",
    "İ",  # lower() and casefold() make two characters of it
    "i",
    "\u0131",  # the dotless i
    "Σς",  # two small letters of one capital
    "%",  # what LIKE takes for anything
    "a%b",
    "_",
    "a_",
    "*",  # what GLOB takes for anything
    "[a]",
    "'",
    'a"b',
    "a\\b",
    " a ",
    "a b",
    "é",
    "e\u0301",  # the same to the eye, another text
    "😀",
    "true",
    "1",
    "\ud7ff",  # the last before the surrogates, whose successor cannot be written
    "\U0010ffff",  # the very last character
)
"""Texts that differ, or are the same, in ways that a comparison gets wrong."""

FEW = ("userName", "name", "title", "active", "emails", "externalId", ENTERPRISE_URN)
"""Attributes of every shape: drawn from alone, filters and documents meet often."""

_KEPT_FROM_CLIENTS = frozenset({Mutability.READ_WRITE, Mutability.IMMUTABLE})
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")

texts = st.sampled_from(WORDS) | st.text(_LETTERS, max_size=6)
"""Any text, mostly one of `WORDS`."""


# ---- filters


def leaf_paths(kind: ResourceType, names: Iterable[str] | None = None) -> list[AttrPath]:
    """Every attribute without parts that a filter can name, below the top-level `names`."""
    return [path for path in _all_paths(kind, names) if not path.leaf.is_complex]


def _all_paths(kind: ResourceType, names: Iterable[str] | None) -> Iterator[AttrPath]:
    wanted = None if names is None else set(names)
    for extension, attribute in kind.everything():
        if wanted is not None and (extension.id if extension else attribute.name) not in wanted:
            continue
        if attribute.returned is Returned.NEVER:
            continue
        path = AttrPath((attribute,))
        if extension is not None:
            path = AttrPath((extension.attribute, attribute), extension.id)
        yield path
        yield from (path.below(sub) for sub in attribute.sub)


def operators(attribute: Attribute) -> list[Op]:
    """The operators that apply to values of `attribute`."""
    unfit = frozenset[Op]()
    if attribute.type == "boolean":
        unfit = ORDERING | SUBSTRING
    elif attribute.type == "binary":
        unfit = ORDERING
    return [op for op in Op if op not in unfit]


def comparisons(path: AttrPath) -> st.SearchStrategy[Filter]:
    """Any comparison of the attribute at `path`, null included."""
    value: st.SearchStrategy[Any] = st.booleans() if path.leaf.type == "boolean" else texts
    if path.leaf.type == "dateTime":
        value = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
    fitting = st.builds(Compare, st.just(path), st.sampled_from(operators(path.leaf)), value)
    return fitting | st.builds(Compare, st.just(path), st.sampled_from([Op.EQ, Op.NE]), st.none())


def composed(leaves: st.SearchStrategy[Filter], max_leaves: int) -> st.SearchStrategy[Filter]:
    """`leaves`, joined by `and`, `or` and `not`."""
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(And, inner, inner) | st.builds(Or, inner, inner) | st.builds(Not, inner)
        ),
        max_leaves=max_leaves,
    )


def value_paths(path: AttrPath) -> st.SearchStrategy[Filter]:
    """Any filter of the entries of the multi-valued attribute at `path`."""
    subs = [AttrPath((sub,)) for sub in path.leaf.sub]
    leaves = st.sampled_from(subs).flatmap(
        lambda sub: comparisons(sub) | st.builds(Present, st.just(sub))
    )
    return st.builds(ValuePath, st.just(path), composed(leaves, max_leaves=4))


@lru_cache(maxsize=32)
def filters(
    kind: ResourceType = USER_TYPE, names: tuple[str, ...] | None = None
) -> st.SearchStrategy[Filter]:
    """Any filter on resources of `kind`; with `names`, on these top-level attributes alone.

    They are in the form in which the reader gives them, so that `parse(str(node)) == node`.
    """
    paths = list(_all_paths(kind, names))
    leaves = st.sampled_from([p for p in paths if not p.leaf.is_complex]).flatmap(comparisons)
    leaves |= st.sampled_from(paths).map(Present)
    if entries := [p for p in paths if p.leaf.is_complex and p.leaf.multi_valued]:
        leaves |= st.sampled_from(entries).flatmap(value_paths)
    return composed(leaves, max_leaves=6)


# ---- resources


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Any value that a client may send for `attribute`, empty ones included."""
    one: st.SearchStrategy[Any] = texts
    if attribute.is_complex:
        subs = {sub.name: values(sub) for sub in _written(attribute.sub)}
        one = st.fixed_dictionaries({}, optional=subs)
    elif attribute.type == "boolean":
        one = st.booleans()
    elif attribute.closed:
        one = st.sampled_from([*attribute.canonical, attribute.canonical[0].upper()])
    return st.lists(one, max_size=3) if attribute.multi_valued else one


def _written(attributes: Iterable[Attribute]) -> list[Attribute]:
    return [one for one in attributes if one.mutability in _KEPT_FROM_CLIENTS]


def _writable(kind: ResourceType) -> dict[str, Attribute]:
    core = {one.name: one for one in _written(kind.core.values())}
    return core | {extension.id: extension.attribute for extension in kind.extensions}


@lru_cache(maxsize=32)
def bodies(
    kind: ResourceType = USER_TYPE, names: tuple[str, ...] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Any resource as a client by the book may send it, with up to seven attributes."""
    known = _writable(kind)
    chosen = st.lists(st.sampled_from(sorted(names or known)), unique=True, max_size=7)
    return chosen.flatmap(
        lambda drawn: st.fixed_dictionaries({name: values(known[name]) for name in drawn})
    )


@lru_cache(maxsize=32)
def documents(
    kind: ResourceType = USER_TYPE, names: tuple[str, ...] | None = None
) -> st.SearchStrategy[Document]:
    """Any resource as it is kept: canonical names, nothing empty, without `id` and `meta`.

    Required attributes may be absent, and nothing keeps two of them apart.
    """
    return bodies(kind, names).map(
        lambda body: without_empty(read_resource(body, kind, BY_THE_BOOK))
    )


def users(names: tuple[str, ...] | None = None) -> st.SearchStrategy[Document]:
    """Any account that could be stored: with a `userName` that is not blank."""
    named = st.sampled_from([word for word in WORDS if word.strip()])
    return st.builds(
        lambda document, name: {**document, "userName": name}, documents(USER_TYPE, names), named
    )


def groups() -> st.SearchStrategy[Document]:
    """Any group that could be stored, without its members."""
    named = st.sampled_from([word for word in WORDS if word.strip()])
    return st.builds(
        lambda document, name: {**document, "displayName": name},
        documents(GROUP_TYPE, ("displayName", "externalId")),
        named,
    )
