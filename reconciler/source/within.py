"""Work of a library that sets no end to itself: waited for so long, and then no longer.

azure-identity asks through requests, which bounds each silence and not the whole: an answer that drips holds it for
ever. It has no switch for that, so it works in a thread of its own, which ends with the process at the latest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class NotEnded(Exception):
    """It took longer than it may."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives; what it raises is raised here. NotEnded where it takes longer; it is left alone then."""
    ended: SimpleQueue[tuple[T] | BaseException] = SimpleQueue()

    def run() -> None:
        try:
            ended.put((work(),))
        except BaseException as trouble:
            ended.put(trouble)

    threading.Thread(target=run, name="entra token", daemon=True).start()
    try:
        outcome = ended.get(timeout=seconds)
    except Empty:
        raise NotEnded(f"no end within {seconds:.0f} s") from None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome[0]
