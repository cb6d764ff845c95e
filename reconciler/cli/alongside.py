"""Two readings at once: one in a thread of its own, the other where the command runs and signals arrive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from reconciler.cli.talk import Talk
from reconciler.errors import CredentialsError, ReconcilerError

T = TypeVar("T")
U = TypeVar("U")


def read_both(here: Callable[[], T], there: Callable[[], U], there_is: str, talk: Talk) -> tuple[T, U]:
    """What both come to, or one error: neither is used without the other. `there` runs in a thread.

    Where either fails the other is waited for, so that nothing goes on behind a caller who closes both sides, and what
    is raised does not depend on which was faster: the error of `here`, but refused credentials before any other error,
    since a `watch` that tried them again too soon would lock an account. The other error is told as a warning.

    A signal ends `here`, or the waiting, at once; the thread, which only reads, ends with the process.
    """
    beside = _Beside(there)
    beside.start()
    try:
        found = here()
    except ReconcilerError as error:
        other = beside.trouble_at_its_end()
        if not isinstance(other, ReconcilerError):
            raise
        if isinstance(other, CredentialsError) and not isinstance(error, CredentialsError):
            talk.warn(f"this failed as well: {error}")
            raise other from error
        talk.warn(f"{there_is} could not be read either: {other}")
        raise
    return found, beside.result()


class _Beside(threading.Thread, Generic[T]):
    """A reading in a thread, and what it came to."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(name="beside", daemon=True)
        self._work = work
        self._found: list[T] = []
        self._trouble: BaseException | None = None

    def run(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as trouble:
            self._trouble = trouble

    def trouble_at_its_end(self) -> BaseException | None:
        self.join()
        return self._trouble

    def result(self) -> T:
        """Waits for it. Raises what the work raised."""
        trouble = self.trouble_at_its_end()
        if trouble is not None:
            raise trouble
        return self._found[0]
