"""What a stopped command says of itself, and to whom signals go."""

from __future__ import annotations

import signal

import click
import pytest

from reconciler.cli.signals import Stopped, sigterm_interrupts, stop_words


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
