"""SIGINT and SIGTERM: while reading they end the run, once there is a plan the action in hand is finished first.

Every command is ended by either with a line on stderr and exit code 1 ("could not read", product.md §3), unless it says
otherwise: apply and undo by 6 once there is a plan, watch and sandbox by 0.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_LOCKING = "httpcore._synchronization"
"""Its locks are taken in Python: a signal that raises between taking one and being within it leaves it locked, and
whoever closes the connections then waits for ever."""
_A_MOMENT = 0.001
"""Seconds after which a signal that came while a lock was taken comes again."""
_READS_ONLY = frozenset({"validate", "plan", "explain", "search", "rescue", "doctor"})


class Stopped(KeyboardInterrupt):
    """A signal ended the command. `unchanged`: nothing had been written."""

    def __init__(self, number: int, *, unchanged: bool = False) -> None:
        super().__init__()
        self.name = signal.Signals(number).name
        self.unchanged = unchanged


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
def stop_on_signals(say: Callable[[str], None]) -> Iterator[StopFlag]:
    """While open, both signals go to the flag it gives; afterwards to whom they went before. `say`: to the user."""
    flag = StopFlag()

    def came(number: int, frame: FrameType | None) -> None:
        if not flag.deferred:
            if _is_locking(frame):
                _come_again(came, number)
                return
            raise Stopped(number, unchanged=True)
        if not flag():
            flag.set()
            with suppress(RuntimeError, OSError):  # the signal may have met us in the middle of another line
                say("stopping after the action in hand")

    before = {number: signal.signal(number, came) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """While open, SIGTERM ends the command as Ctrl-C does, in words; a second one at once. Not where it is ignored."""

    def came(number: int, frame: FrameType | None) -> None:
        if _is_locking(frame):
            _come_again(came, number)
        elif number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            raise Stopped(number)

    usual = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    ours = {number: handler for number, handler in usual.items() if signal.getsignal(number) is handler}
    for number in ours:
        signal.signal(number, came)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def _come_again(handler: Callable[[int, FrameType | None], None], number: int) -> None:
    """By the alarm clock of the process, which nothing else uses, so that it also ends what waits by then."""
    signal.signal(signal.SIGALRM, lambda _, frame: handler(number, frame))
    signal.setitimer(signal.ITIMER_REAL, _A_MOMENT)


def _is_locking(frame: FrameType | None) -> bool:
    """Whether a lock is just being taken or given back."""
    while frame is not None:
        if frame.f_globals.get("__name__") == _LOCKING:
            return True
        frame = frame.f_back
    return False


def stop_words(ended: BaseException, command: str) -> str:
    """What ended a command that was stopped, and that it changed nothing where that is sure."""
    cause: BaseException | None = ended
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__  # click makes an Abort of it
    if cause is None:
        return "stopped"
    name = cause.name if isinstance(cause, Stopped) else signal.SIGINT.name
    unchanged = command in _READS_ONLY or (isinstance(cause, Stopped) and cause.unchanged)
    return f"stopped by {name}{'; nothing was changed' if unchanged else ''}"
