"""Whether the server of this process was told to end."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def ending() -> Callable[[], bool]:
    """Tells from now on whether a signal came that ends the server.

    The server waits for answers under way, and has no word for those that go on until it ends.
    Whoever listened before hears the signal as well.
    """
    told = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            signal.signal(number, _hearing(told, signal.getsignal(number)))
    return told.is_set


def _hearing(told: threading.Event, before: Any) -> Callable[[int, FrameType | None], None]:
    def heard(number: int, frame: FrameType | None) -> None:
        told.set()
        if callable(before):
            before(number, frame)

    return heard
