"""The installed command on a pseudo-terminal, with somebody who reads what it asks and types answers."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .conftest import COMMAND, Shell


class Terminal:
    """A process and the other end of its terminal. `answer` types a line after the question has appeared."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self._process = process
        self._master = master
        self._read = 0
        self.screen = ""

    def answer(self, question: str, line: str) -> None:
        self.wait_for(question)
        os.write(self._master, line.encode() + b"\n")

    def wait_for(self, text: str) -> None:
        """Until the text appears after what was waited for before."""
        ends = time.monotonic() + 30
        while (found := self.screen.find(text, self._read)) < 0:
            left = ends - time.monotonic()
            if left <= 0 or not self._more(left):
                raise AssertionError(f"{text!r} was not shown after:\n{self.screen[self._read :]}")
        self._read = found + len(text)

    def interrupt(self) -> None:
        """Ctrl-C, once more where the first came just before the program began to wait for a line."""
        for _ in range(20):
            time.sleep(0.3)
            os.write(self._master, b"\x03")
            while self._more(0.5):
                pass
            if self._process.poll() is not None:
                return

    def ends(self) -> int:
        """The exit code, once everything is read."""
        while self._more(30):
            pass
        return self._process.wait(30)

    def _more(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        with contextlib.suppress(OSError):  # Linux says so that the other end is closed
            data = os.read(self._master, 65536)
            self.screen += data.decode(errors="replace").replace("\r\n", "\n")
            return bool(data)
        return False


@contextmanager
def terminal(shell: Shell, *arguments: str) -> Iterator[Terminal]:
    """The command in the shell's folder; killed at the end if it still runs."""
    master, slave = pty.openpty()
    environ = {**shell.environ, "TERM": "dumb", "COLUMNS": "200", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=shell.folder,
        env=environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: _take_terminal(slave),
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(master)


def _take_terminal(slave: int) -> None:
    """So that Ctrl-C becomes a signal, as in a real terminal."""
    import fcntl
    import termios

    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
