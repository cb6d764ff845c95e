"""What a stopped command says of itself, and to whom signals go."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import click
import pytest
from httpcore._synchronization import ThreadLock

from reconciler.cli.signals import Stopped, sigterm_interrupts, stop_on_signals, stop_words


def aborted(cause: BaseException, *, hidden: bool = False) -> click.exceptions.Abort:
    """As click makes an Abort of an interruption, in its main loop or at a question."""
    try:
        try:
            raise cause
        except BaseException as error:
            raise click.exceptions.Abort from (None if hidden else error)
    except click.exceptions.Abort as abort:
        return abort


@pytest.mark.parametrize(
    ("ended", "command", "words"),
    [
        pytest.param(Stopped(15), "plan", "stopped by SIGTERM; nothing was changed", id="a command that only reads"),
        pytest.param(Stopped(15), "comment", "stopped by SIGTERM", id="a command that may have written"),
        pytest.param(Stopped(15), "apply", "stopped by SIGTERM", id="apply, after its end"),
        pytest.param(
            Stopped(2, unchanged=True), "apply", "stopped by SIGINT; nothing was changed", id="apply, while it reads"
        ),
        pytest.param(KeyboardInterrupt(), "explain", "stopped by SIGINT; nothing was changed", id="Python's own"),
        pytest.param(aborted(Stopped(15)), "token", "stopped by SIGTERM", id="through click"),
        pytest.param(aborted(KeyboardInterrupt(), hidden=True), "init", "stopped by SIGINT", id="at a question"),
        pytest.param(aborted(EOFError(), hidden=True), "init", "stopped", id="the end of the input"),
    ],
)
def test_words(ended: BaseException, command: str, words: str) -> None:
    assert stop_words(ended, command) == words


def test_the_second_sigterm_ends_the_process_as_ever() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with sigterm_interrupts():
        assert signal.getsignal(signal.SIGTERM) is not before
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is before


def _stops() -> AbstractContextManager[object]:
    return stop_on_signals(lambda _: None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("handled", [_stops, sigterm_interrupts], ids=["while applying", "every command"])
def test_no_lock_of_the_network_stays_locked_when_a_signal_comes_as_it_is_taken(
    handled: Callable[[], AbstractContextManager[object]], number: signal.Signals
) -> None:
    """Whoever closes the connections would wait for it for ever."""
    lock = ThreadLock()
    lock._lock = taken = _Taken(number)  # type: ignore[assignment]
    with handled(), pytest.raises(KeyboardInterrupt):
        _take(lock)
    assert not taken.real.locked()


class _Taken:
    """A lock that is taken as a signal comes."""

    def __init__(self, number: signal.Signals) -> None:
        self.real = threading.Lock()
        self._number = number

    def acquire(self) -> None:
        self.real.acquire()
        signal.raise_signal(self._number)

    def release(self) -> None:
        self.real.release()


def _take(lock: ThreadLock) -> None:
    with lock:
        time.sleep(1)
    raise AssertionError("the signal did not come again")
