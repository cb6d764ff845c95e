"""`run_sandbox`: the sandbox in a background thread of this process, for tests and for the demo."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.errors import ReconcilerError, UsageError

from .loading import load
from .scenario import Scenario, sample_scenario
from .server import HOST, Server, listen
from .state import SandboxState

START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox. `state` reads and changes both worlds; `base_url` is its scheme, host and port."""

    port: int
    base_url: str
    state: SandboxState

    def environment(self) -> dict[str, str]:
        """The variables with which `reconciler` finds and enters this sandbox (product.md §3)."""
        return self.state.environment(self.base_url)

    def authority(self) -> dict[str, str]:
        """The variables with which azure-identity gets a token here; it insists on https, so run with `tls`."""
        tenant = self.state.tenant()
        return {
            "AZURE_AUTHORITY_HOST": self.base_url,
            "AZURE_TENANT_ID": tenant["id"],
            "AZURE_CLIENT_ID": tenant["client_id"],
            "AZURE_CLIENT_SECRET": tenant["client_secret"],
        }

    def requests(self) -> list[dict[str, Any]]:
        """The request log, secrets masked; `requestlog.py` names the keys."""
        return self.state.requests()


def open_state(path: str | Path, scenario: Scenario | None) -> SandboxState:
    """The state in a file: continued if there is one, else filled from the scenario (None: the sample account).

    UsageError for a scenario together with a state that has data: neither is quietly preferred.
    """
    state = SandboxState(path)
    try:
        if not state.is_loaded():
            load(state, scenario or sample_scenario())
        elif scenario is not None:
            raise UsageError(
                f"{path} holds a sandbox already", advice="leave --scenario out to continue it, or choose a new file"
            )
    except BaseException:
        state.close()
        raise
    return state


@contextmanager
def run_sandbox(
    scenario: Scenario | None = None,
    state_path: str | Path | None = None,
    port: int = 0,
    tls: tuple[str, str] | None = None,
) -> Iterator[Sandbox]:
    """A sandbox on loopback while the `with` lasts.

    `scenario` None: the sample account, or what `state_path` holds. `state_path` None: a temporary file. `port` 0: a
    free one. `tls`: the paths of a certificate and its key, to serve https.
    """
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        path = Path(state_path) if state_path is not None else Path(folder) / "state.db"
        with open_state(path, scenario) as state, SandboxState(path) as served:
            sock = listen(port)
            number = int(sock.getsockname()[1])
            try:
                server = Server(served, sock, tls)
                with _in_thread(server):
                    scheme = "https" if tls else "http"
                    yield Sandbox(number, f"{scheme}://{HOST}:{number}", state)
            finally:
                sock.close()


@contextmanager
def _in_thread(server: Server) -> Iterator[None]:
    started = threading.Event()
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(server.run(started.set))
        except BaseException as error:
            trouble.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    started.wait(START_SECONDS)
    if trouble or not thread.is_alive():
        raise ReconcilerError("the sandbox did not start") from (trouble[0] if trouble else None)
    try:
        yield
    finally:
        server.stop()
        thread.join(START_SECONDS)
