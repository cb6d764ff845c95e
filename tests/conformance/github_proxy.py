"""The local GitHub behind Prism, GitHub's description in hand: what a client asks and gets goes by three witnesses.

client -> front (every exchange, Prism's objections among them) -> Prism -> back (answers can be broken) -> local GitHub

Only what is asked for raw goes past Prism, which takes `application/vnd.github.raw+json` for JSON and fails on it.
"""

from __future__ import annotations

import queue
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from openapi import Exchange
from proxy import Recorder, recording

from tests.local_github import LocalGitHub, run_github

OBJECTION = "https://stoplight.io/prism/errors#"
START_SECONDS = 60


@dataclass
class Judged:
    """A running chain. `url` is what GITHUB_API_URL is set to."""

    github: LocalGitHub
    front: Recorder
    back: Recorder
    seen: list[Exchange] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.front.url

    def objections(self) -> list[str]:
        """What Prism found since the last time this was asked: requests and answers that do not fit."""
        taken = self.front.taken()
        self.seen += [exchange for exchange in taken if OBJECTION not in exchange.body]
        return [
            f"{exchange.method} {exchange.target}: {exchange.body[:1500]}"
            for exchange in taken
            if OBJECTION in exchange.body
        ]


@contextmanager
def judged_github(prism: Path, description: Path) -> Iterator[Judged]:
    """A local GitHub behind Prism."""
    with run_github() as github, judging(github, prism, description) as judged:
        yield judged


@contextmanager
def judging(github: LocalGitHub, prism: Path, description: Path) -> Iterator[Judged]:
    """Puts a running local GitHub behind Prism; its own links lead through Prism again."""
    with (
        recording(github.url) as back,
        _running(prism, description, back.url) as address,
        recording(address) as front,
    ):
        github.url = front.url
        front.way = lambda headers: back.url if "raw" in headers.get("Accept", "") else None
        yield Judged(github, front, back)


@contextmanager
def unix_socket(upstream: str) -> Iterator[Path]:
    """A Unix socket that leads to an address on loopback, for a client that takes no plain http address."""
    url = httpx.URL(upstream)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "github.sock"
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:  # closed: the `with` is over
                    return
                far = socket.create_connection((url.host, url.port))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pour, args=(one, other), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield path
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _pour(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        other.close()  # either side hung up


@contextmanager
def _running(prism: Path, description: Path, upstream: str) -> Iterator[str]:
    """Prism as a proxy with --errors: what does not fit is answered with an objection instead. Its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(prism), "proxy", str(description), upstream, "--errors", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    lines: queue.Queue[str] = queue.Queue()
    said: list[str] = []

    def listen() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put("")

    threading.Thread(target=listen, daemon=True).start()
    try:
        while "is listening" not in (line := lines.get(timeout=START_SECONDS)):
            said.append(line)
            if not line:
                raise RuntimeError(f"Prism did not start: {''.join(said)[-2000:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)
