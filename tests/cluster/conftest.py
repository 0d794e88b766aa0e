"""Tells at the end what was seen, and what could not be tried here."""

import pytest

from tests.cluster.saying import SAID


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each thing that was said."""
    for sentence in SAID:
        terminalreporter.write_line(sentence)
