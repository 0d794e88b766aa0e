"""Chromium as a person has it, and somebody beside who writes down whatever goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser as Chromium,
    BrowserContext,
    Dialog,
    Response,
    sync_playwright,
)

from tests.console.browsing import Browser
from tests.saying import say

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
OPEN = "for (const one of document.querySelectorAll('details')) one.open = true"
"""Shows what a page hides until somebody clicks."""

_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error("refused by the policy: " + event.violatedDirective + " " + event.blockedURI))"""


@contextmanager
def launched(what: str) -> Iterator[Chromium]:
    """A browser without a window, for as long as the block runs.

    Args:
        what: is left out where there is none.
    """
    if not CHROMIUM.exists():
        say(f"LEFT OUT: {what} in a browser, for there is no Chromium here")
        pytest.skip("there is no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A window in which nothing may happen that no page of ours asks for."""

    def __init__(self, chromium: Chromium, root: str, **options: Any) -> None:
        self.troubles: list[str] = []
        self.context: BrowserContext = chromium.new_context(**options)
        self.context.add_init_script(_VIOLATIONS)
        self.root = root
        self._listen()
        self.page = self.context.new_page()

    def _listen(self) -> None:
        told = self.troubles.append
        context = self.context
        context.on("request", lambda request: self._check(request.url))
        context.on("weberror", lambda error: told(f"error: {error.error}"))
        context.on("console", lambda line: told(f"{line.type}: {line.text}"))
        context.on("dialog", self._refuse)

    def _refuse(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _check(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.root).netloc:
            self.troubles.append(f"request: {url}")

    def told(self, answer: Response | None) -> list[str]:
        """What went wrong since it was asked last, but for a page that is a refusal."""
        told, self.troubles[:] = list(self.troubles), []
        if answer is None or answer.ok:
            return told
        refused = f"the server responded with a status of {answer.status}"
        return [one for one in told if refused not in one]

    def become(self, browser: Browser) -> None:
        """Be signed in as that browser is."""
        self.context.clear_cookies()
        self.context.add_cookies(
            [
                {"name": name, "value": value, "url": browser.root}
                for name, value in browser.cookies.items()
            ]
        )

    def close(self) -> None:
        """Close the window."""
        self.context.close()
