"""The sandbox as the main thing of a process: variables on stdout once it listens, then serving until a signal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from .box import open_state
from .scenario import load_scenario
from .server import HOST, Server, listen

Say = Callable[[str, bool], None]
"""Prints a line: its text, and whether it is talk (stderr)."""


def run_process(scenario: Path | None, port: int, state_path: Path, say: Say) -> None:
    """Serve until SIGINT or SIGTERM. The variables are printed once connections are accepted, before any is served."""
    chosen = load_scenario(scenario) if scenario is not None else None
    with open_state(state_path, chosen) as state:
        sock = listen(port)
        try:
            base_url = f"http://{HOST}:{sock.getsockname()[1]}"
            server = Server(state, sock)

            def announce() -> None:
                for name, value in state.environment(base_url).items():
                    quoted = value.replace("'", "'\\''")
                    say(f"export {name}='{quoted}'", False)
                sys.stdout.flush()
                say(f"sandbox on {base_url}, state in {state_path}; stop it with Ctrl-C", True)

            asyncio.run(_run(server, announce))
        finally:
            sock.close()
        say("sandbox stopped", True)


async def _run(server: Server, announce: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def ready() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        announce()

    await server.run(ready)
