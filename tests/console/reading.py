"""What a page is made of, as a browser would read it."""

from html.parser import HTMLParser

from tests.console.browsing import Browser, Followed

_EMPTY = frozenset({"br", "img", "input", "link", "meta"})


class Reading(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shapes: set[tuple[str, str]] = set()  # element and attribute; element alone
        self.attributes: list[tuple[str, str, str]] = []  # element, attribute, value
        self.texts: list[tuple[str, str]] = []  # the element that it is in, text
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        self.shapes.add((tag, ""))
        self.shapes.update((tag, name) for name, _ in attrs)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that holds nothing."""
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        assert self._open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        """Take a text."""
        self.texts.append((self._open[-1] if self._open else "", data))

    def handle_comment(self, data: str) -> None:
        """No page has one."""
        raise AssertionError(data)

    @property
    def text(self) -> str:
        """All of the text."""
        return "".join(text for _, text in self.texts)


def read(browser: Browser, path: str) -> str:
    """What is at an address: a page, or the first that a live one tells."""
    browser.open(path, follow=False)
    if not browser.headers.get("content-type", "").startswith("text/event-stream"):
        return browser.text
    followed = Followed(browser, browser.url)
    try:
        event = followed.until("data: <")
    finally:
        followed.close()
    return event.partition("retry: 2000\n")[2]
