"""An embedded Entra ID and LogMeIn Rescue: a real HTTP server on loopback, its state in a SQLite file.

    from reconciler.sandbox import load_scenario, parse_scenario, run_sandbox, sample_scenario, SandboxState

    with run_sandbox(sample_scenario()) as box:
        box.environment()                       # GRAPH_BASE_URL, GRAPH_ACCESS_TOKEN, RESCUE_BASE_URL, ...
        box.state.set_person("mira@contoso.example", enabled=False)
        box.state.add_fault(side="rescue", method="setUser*", nth=2, effect="drop_after")
        box.requests()                          # what was asked, secrets masked
        box.state.snapshot()                    # the Rescue tree as a value

It speaks the wire that graph.md and rescue-api.md describe; what they call unknown is a switch (`switches.py`), what
can go wrong is scripted (`faults.py`). It shares no code with the clients, so that it can't share their mistakes.
`reconciler sandbox` runs the same as a process of its own; several processes may open one state file.
"""

from __future__ import annotations

from .box import Sandbox, open_state, run_sandbox
from .scenario import Scenario, load_scenario, parse_scenario, sample_scenario
from .state import SandboxState
from .switches import SWITCHES

__all__ = [
    "SWITCHES",
    "Sandbox",
    "SandboxState",
    "Scenario",
    "load_scenario",
    "open_state",
    "parse_scenario",
    "run_sandbox",
    "sample_scenario",
]
