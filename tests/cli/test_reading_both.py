"""Both sides at once: whole or not at all, the same message whichever was faster, and a signal ends it."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.cli.alongside import read_both
from reconciler.cli.collecting import seldom_collecting
from reconciler.cli.talk import Talk
from reconciler.errors import CredentialsError, ReconcilerError, SourceError, TargetError

ENTRA = SourceError("Graph is away")
RESCUE = TargetError("Rescue is away")
REFUSED = CredentialsError("Rescue refused the token")
NO_TOKEN = CredentialsError("Entra refused the token")
BUG = ZeroDivisionError("a bug")


def gives(value: object, *, after: threading.Event | None = None, then: threading.Event | None = None) -> Any:
    """Work that waits for one event, sets another, and gives or raises the value."""

    def work() -> object:
        assert after is None or after.wait(5)
        if then is not None:
            then.set()
        if isinstance(value, BaseException):
            raise value
        return value

    return work


def both(here: object, there: object, first: str, talk: Talk) -> tuple[object, object]:
    """Both, one of them surely before the other."""
    done = threading.Event()
    of_first: dict[str, Any] = {"then": done}
    of_second: dict[str, Any] = {"after": done}
    mine, other = (of_first, of_second) if first == "here" else (of_second, of_first)
    return read_both(gives(here, **mine), gives(there, **other), "LogMeIn Rescue", talk)


@pytest.fixture
def talk() -> Talk:
    return Talk(quiet=True, verbose=0)


@pytest.mark.parametrize("first", ["here", "there"])
def test_both_are_read_and_neither_waits_for_the_other(first: str, talk: Talk) -> None:
    assert both("entra", "rescue", first, talk) == ("entra", "rescue")


@pytest.mark.parametrize("first", ["here", "there"])
@pytest.mark.parametrize(
    ("here", "there", "raised", "warned"),
    [
        pytest.param(ENTRA, "tree", ENTRA, "", id="Entra alone"),
        pytest.param("groups", RESCUE, RESCUE, "", id="Rescue alone"),
        pytest.param(ENTRA, RESCUE, ENTRA, "LogMeIn Rescue could not be read either: Rescue is away", id="both"),
        pytest.param(ENTRA, REFUSED, REFUSED, "this failed as well: Graph is away", id="refused outranks away"),
        pytest.param(NO_TOKEN, REFUSED, NO_TOKEN, "Rescue refused the token", id="refused twice"),
        pytest.param(NO_TOKEN, RESCUE, NO_TOKEN, "Rescue is away", id="Entra refused"),
        pytest.param("groups", BUG, BUG, "", id="a bug beside"),
        pytest.param(BUG, "tree", BUG, "", id="a bug here"),
        pytest.param(ENTRA, BUG, ENTRA, "", id="an error and a bug"),
    ],
)
def test_one_error_wins_whichever_was_faster(
    first: str,
    here: object,
    there: object,
    raised: Exception,
    warned: str,
    talk: Talk,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(type(raised)) as caught:
        both(here, there, first, talk)
    assert caught.value is raised
    assert warned in capsys.readouterr().err


def test_after_an_error_nothing_goes_on_behind_the_caller(talk: Talk) -> None:
    ended = threading.Event()

    def slow() -> None:
        time.sleep(0.2)
        ended.set()

    with pytest.raises(ReconcilerError):
        read_both(gives(ENTRA), slow, "LogMeIn Rescue", talk)
    assert ended.is_set()


@pytest.mark.parametrize("where", ["while reading here", "while waiting for the other"])
def test_a_signal_does_not_wait_for_the_other(where: str, talk: Talk) -> None:
    begun, never = threading.Event(), threading.Event()

    def there() -> None:
        begun.set()
        never.wait(30)

    def here() -> None:
        begun.wait(5)
        if where == "while reading here":
            raise KeyboardInterrupt
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            read_both(here, there, "LogMeIn Rescue", talk)
    finally:
        signal.signal(signal.SIGINT, before)
        never.set()


def test_the_collector_is_as_before_afterwards_also_after_an_error() -> None:
    before = gc.get_threshold()
    work: Callable[[], None] = seldom_collecting()(lambda: gives(ENTRA)())
    with seldom_collecting():
        assert gc.get_threshold() != before
        assert gc.isenabled()
    with pytest.raises(SourceError):
        work()
    assert gc.get_threshold() == before
