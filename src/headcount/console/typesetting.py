"""Guides as pages show them: with values of the organisation in them, and a button beside each.

Markdown is read by markdown-it; HTML in it is text. Nothing of it is trusted to be markup.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from headcount.console.guides import PLACEHOLDER, TOKEN, TOKEN_WITH_WORD

_COMMAND = "headcount "  # a paragraph that names a command is for a shell on the server


@dataclass(frozen=True, slots=True)
class Values:
    """What stands in a guide in place of what its text has for everybody."""

    base_url: str
    token: str = ""  # while it is shown
    guides: frozenset[str] = frozenset()  # keys, for links from one to another


def typeset(text: str, values: Values) -> Markup:
    """Markdown as HTML."""
    tokens = [one for one in _parsed(text) if one is not None]
    for one in tokens:
        if one.type == "ordered_list_open" and one.level == 0:
            one.attrSet("class", "steps")
        if one.type == "inline":
            one.children = list(_inline(one.children or [], values))
    return Markup(_READER.renderer.render(tokens, _READER.options, {"values": values}))  # noqa: S704


def _parsed(text: str) -> Sequence[Token]:
    """The blocks of a text, without those that are for a shell."""
    tokens = _READER.parse(text)
    left_out: set[int] = set()
    for number, one in enumerate(tokens):
        in_paragraph = number > 0 and tokens[number - 1].type == "paragraph_open"
        if one.type == "inline" and in_paragraph and _names_command(one):
            left_out.update((number - 1, number, number + 1))
    return [one for number, one in enumerate(tokens) if number not in left_out]


def _names_command(paragraph: Token) -> bool:
    return any(
        one.type == "code_inline" and one.content.startswith(_COMMAND)
        for one in paragraph.children or ()
    )


def _inline(children: Sequence[Token], values: Values) -> Iterator[Token]:
    """The parts of a line: values marked, links led to where they are here, or nowhere."""
    leads = True
    for number, one in enumerate(children):
        if one.type == "link_open":
            target = _target(str(one.attrGet("href") or ""), values)
            leads = bool(target)
            one.attrSet("href", target)
        if one.type == "code_inline":
            one.meta = {"label": _label(children[:number])}
        if leads or one.type not in {"link_open", "link_close"}:
            yield one


def _label(before: Sequence[Token]) -> str:
    """What a value is called that stands behind `**Label**: `; empty where it is none."""
    shape = [one.type for one in before[-4:]]
    if shape == ["strong_open", "text", "strong_close", "text"] and before[-1].content == ": ":
        return before[-3].content
    return ""


def _target(href: str, values: Values) -> str:
    page, _, _ = href.partition("#")
    if page == "errors.md":
        return "#refusals"
    key = page.removesuffix(".md")
    if key in values.guides:
        return f"?provider={key}"
    return href if href.startswith("https://") else ""


class _Renderer(RendererHTML):
    """Draws what a page of ours has otherwise than Markdown: values, and tables that scroll."""

    def code_inline(self, tokens: Sequence[Token], number: int, _options: Any, env: Any) -> str:
        """A value to type has a button; the token is there once, and a link to it otherwise."""
        values: Values = env["values"]
        text, label = tokens[number].content, (tokens[number].meta or {}).get("label", "")
        if text in {TOKEN, TOKEN_WITH_WORD}:
            if not values.token:
                words = text.replace(TOKEN, "+ your token").removeprefix("+ ")
                return f'<a class="blank" href="#token">{words}</a>'
            return _copied(text.replace(TOKEN, values.token), label or "token")
        if text == PLACEHOLDER:
            return _copied(values.base_url, label or "address")
        return _copied(text, label) if label else f"<code>{escape(text)}</code>"

    def table_open(self, tokens: Sequence[Token], number: int, _options: Any, _env: Any) -> str:
        """A table may be wider than a telephone."""
        heading = next(one.content for one in tokens[number:] if one.type == "inline")
        return (
            f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(heading)}"><table>'
        )

    def table_close(self, _tokens: Any, _number: int, _options: Any, _env: Any) -> str:
        """The end of what `table_open` began."""
        return "</table></div>"


def _copied(text: str, label: str) -> str:
    """As the macro `copied` of the templates."""
    return (
        f'<span class="copied"><code>{escape(text)}</code>'
        f'<button type="button" class="quiet" data-copy="{escape(text)}"'
        f' title="Copy {escape(label)}" hidden>Copy</button></span>'
    )


_READER = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
