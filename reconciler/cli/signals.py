"""SIGINT and SIGTERM: while reading they end the run, once there is a plan the action in hand is finished first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from reconciler.cli.talk import Talk


class StopFlag:
    """True once a signal came that was deferred. Until `defer` is called a signal raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self._came = False
        self.deferred = False

    def __call__(self) -> bool:
        return self._came

    def set(self) -> None:
        self._came = True

    def defer(self) -> None:
        """From now on signals only raise the flag: a write is never cut in two."""
        self.deferred = True

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Within, signals interrupt again: nobody should have to answer a question first."""
        before, self.deferred = self.deferred, False
        try:
            yield
        finally:
            self.deferred = before


@contextmanager
def stop_on_signals(talk: Talk) -> Iterator[StopFlag]:
    """While open, both signals go to the flag it gives; afterwards to whom they went before."""
    flag = StopFlag()

    def came(_number: int, _frame: FrameType | None) -> None:
        if not flag.deferred:
            raise KeyboardInterrupt
        if not flag():
            flag.set()
            with suppress(RuntimeError, OSError):  # the signal may have met us in the middle of another line
                talk.say("stopping after the action in hand")

    before = {number: signal.signal(number, came) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
