"""SIGINT and SIGTERM during an apply: finish the action in hand, then stop with a full report."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.cli.talk import Talk


class StopFlag:
    """True once a signal came."""

    def __init__(self) -> None:
        self._came = False

    def __call__(self) -> bool:
        return self._came

    def set(self) -> None:
        self._came = True


@contextmanager
def stop_on_signals(talk: Talk) -> Iterator[StopFlag]:
    """While open, signals only raise the flag: a write is never cut in two."""
    flag = StopFlag()

    def came(_number: int, _frame: FrameType | None) -> None:
        if not flag():
            talk.say("stopping after the action in hand")
        flag.set()

    before = {number: signal.signal(number, came) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
