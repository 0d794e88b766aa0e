"""What people read on the pages about requests: lines, facts, and what comes in time."""

import re
import time
from collections.abc import Callable
from html import unescape
from typing import NamedTuple, TypeVar

from tests.console.browsing import Browser

T = TypeVar("T")

_BLANK = re.compile(r"\s+")
_LINE = re.compile(r'<li class="request">.*?</li>', re.DOTALL)
_FACT = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>", re.DOTALL)
_NOTICE = re.compile(r"<p><strong>([^<]*)</strong></p><p>(.*?)</p>", re.DOTALL)
_SECONDS = 10.0


class Line(NamedTuple):
    """One request in a list."""

    provider: str
    words: str
    address: str  # of its page
    about: str  # the address of whom it was about
    method: str
    status: int
    cause: str  # of a failure


def text_of(html: str) -> str:
    """What people read."""
    return unescape(_BLANK.sub(" ", re.sub(r"<[^>]*>", " ", html))).strip()


def lines_of(browser: Browser | str) -> list[Line]:
    """The requests that a page, or a part of it, lists."""
    html = browser if isinstance(browser, str) else browser.text
    if not isinstance(browser, str):
        assert browser.status == 200, browser.text
    return [_line(one) for one in _LINE.findall(html)]


def _line(html: str) -> Line:
    def first(pattern: str) -> str:
        found = re.search(pattern, html, re.DOTALL)
        return unescape(found[1]).strip() if found else ""

    return Line(
        first(r'class="what">\s*<p><span[^>]*>(.*?)</span>'),
        first(r'class="person" href="[^"]*">(.*?)</a>'),
        first(r'class="person" href="/console([^"]*)"'),
        first(r'class="soft" href="/console([^"]*)"'),
        first(r"<code>(.*?)</code>"),
        int(first(r'class="badge [a-z]*">(\d+)</span>')),
        first(r'class="cause">(.*?)</p>'),
    )


def facts_of(browser: Browser) -> dict[str, str]:
    """What a page says of one request."""
    assert browser.status == 200, browser.text
    told = [*_NOTICE.findall(browser.text), *_FACT.findall(browser.text)]
    return {text_of(name): text_of(value) for name, value in told}


def section_of(browser: Browser, heading: str) -> str:
    """What stands under a heading of a page, as people read it."""
    for one in re.findall(r"<section.*?</section>", browser.text, re.DOTALL):
        if re.search(rf"<h2[^>]*>{re.escape(heading)}</h2>", one):
            return text_of(one)
    return ""


def awaited(look: Callable[[], T]) -> T:
    """What is found, once something is: requests are recorded beside being answered."""
    deadline = time.monotonic() + _SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    return found
