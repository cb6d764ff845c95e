"""A wire tap on loopback: forwards every byte to the sandbox and back, and keeps both directions."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Tap:
    """What went by. `url`: where to send what would go to the sandbox."""

    def __init__(self, port: int) -> None:
        self._upstream = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._asked: list[bytearray] = []
        self._answered: list[bytearray] = []
        self._threads: list[threading.Thread] = []

    @property
    def request_lines(self) -> bytes:
        """Method and address of every request."""
        return b"\n".join(
            line for sent in self._asked for line in re.findall(rb"(?:GET|POST|PATCH) \S+ HTTP/1\.[01]", bytes(sent))
        )

    @property
    def answers(self) -> bytes:
        return b"".join(map(bytes, self._answered))

    def serve(self) -> None:
        with suppress(OSError), self._listening:
            while True:
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._carry, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._upstream) as server:
            asked, answered = bytearray(), bytearray()
            self._asked.append(asked)
            self._answered.append(answered)
            back = threading.Thread(target=_copy, args=(server, client, answered), daemon=True)
            back.start()
            _copy(client, server, asked)
            back.join()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


def _copy(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            kept += data
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def tapped(port: int) -> Iterator[Tap]:
    """A tap in front of a sandbox while the `with` lasts."""
    tap = Tap(port)
    serving = threading.Thread(target=tap.serve, daemon=True)
    serving.start()
    try:
        yield tap
    finally:
        tap.close()
        serving.join(10)
