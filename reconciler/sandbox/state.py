"""`SandboxState`: the whole sandbox as one object, to read and to change from any process.

    state = SandboxState("sandbox.db")            # or `box.state`
    state.set_person("mira@contoso.example", enabled=False)
    state.set_node(337366, parent=337364)         # as a human in the Admin Center would
    state.set_switch("create_layout", "one_line")
    state.add_fault(side="rescue", method="setUser*", nth=2, effect="drop_after")
    before = state.snapshot()

The next request sees the change. The methods for Entra are in `directory.py`, those for Rescue in `roster.py`.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from .constants import DEFAULT_ROLES, INITIAL_PASSWORD
from .directory import DirectoryState
from .faults import make_fault, save_fault
from .roster import RosterState
from .store import fold, hash_secret
from .switches import SWITCHES, check_switch
from .tokens import make_token


class SandboxState(DirectoryState, RosterState):
    """Both worlds, the switches, the faults and the log of one sandbox. `path`: its SQLite file, made if missing."""

    def __enter__(self) -> SandboxState:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def is_loaded(self) -> bool:
        """True once a scenario was loaded into this file (`loading.load`)."""
        return bool(self.meta("loaded", False))

    # --- switches and faults --------------------------------------------------------------------------------------

    def set_switch(self, name: str, value: str) -> None:
        """Decide a guess otherwise (`switches.py`). UsageError for an unknown switch or value."""
        self.execute(
            "INSERT OR REPLACE INTO switches (name, value) VALUES (?, ?)", name, check_switch(name, str(value))
        )

    def switch(self, name: str) -> str:
        """How a guess is decided at present."""
        row = self.row("SELECT value FROM switches WHERE name = ?", name)
        return SWITCHES[name].default if row is None else str(row["value"])

    def switches(self) -> dict[str, str]:
        """Every switch and its present value."""
        chosen = {row["name"]: row["value"] for row in self.rows("SELECT * FROM switches")}
        return {name: chosen.get(name, switch.default) for name, switch in SWITCHES.items()}

    def add_fault(self, **parts: Any) -> None:
        """Script a fault; the parts are those of the table in `faults.py`."""
        save_fault(self, make_fault(**parts))

    def clear_faults(self) -> None:
        """Forget all faults and their counts."""
        self.execute("DELETE FROM faults")

    def faults(self) -> list[dict[str, Any]]:
        """The scripted faults with `calls` (how many calls were meant) and `fired` (how many were spoilt)."""
        return [
            json.loads(row["definition"]) | {"calls": row["calls"], "fired": row["fired"]}
            for row in self.rows("SELECT * FROM faults ORDER BY key")
        ]

    # --- credentials ----------------------------------------------------------------------------------------------

    def tenant(self) -> dict[str, Any]:
        """The tenant: id, client_id, client_secret, roles."""
        return dict(self.meta("tenant", {}))

    def set_roles(self, *roles: str) -> None:
        """What admin consent gives the app from now on; a token made before keeps its roles."""
        self.set_meta("tenant", self.tenant() | {"roles": list(roles)})

    def access_token(
        self, *, roles: list[str] | None = None, lifetime: float = 86400, tenant: str | None = None
    ) -> str:
        """A fresh token for Graph; by default for the scenario's tenant with the consented roles, for a day."""
        known = self.tenant()
        chosen = list(known.get("roles", DEFAULT_ROLES)) if roles is None else roles
        return make_token(tenant or known["id"], known["client_id"], chosen, self.now(), lifetime)

    def new_api_token(self) -> str:
        """Generate the account's API token; the one before is void ([unknown] rescue-api.md §2)."""
        alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        token = "".join(secrets.choice(alphabet) for _ in range(79))
        with self.transaction():
            self.execute("DELETE FROM secrets WHERE kind = 'api_token'")
            owner = fold(self.account()["token_owner"])
            self.execute(
                "INSERT INTO secrets (hash, kind, email_key) VALUES (?, 'api_token', ?)", hash_secret(token), owner
            )
            self.set_meta("api_token", token)
        return token

    def environment(self, base_url: str) -> dict[str, str]:
        """The variables with which a client finds and enters a sandbox served at `base_url`."""
        return {
            "GRAPH_BASE_URL": f"{base_url}/v1.0",
            "GRAPH_ACCESS_TOKEN": self.access_token(),
            "RESCUE_BASE_URL": f"{base_url}/API",
            "RESCUE_API_TOKEN": str(self.meta("api_token")),
            "RESCUE_INITIAL_PASSWORD": INITIAL_PASSWORD,
            "AZURE_TENANT_ID": str(self.tenant()["id"]),
        }

    # --- the request log ------------------------------------------------------------------------------------------

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far, oldest first, secrets masked (`requestlog.py` names the keys)."""
        return [json.loads(row["entry"]) for row in self.rows("SELECT entry FROM requests ORDER BY key")]

    def counters(self) -> dict[str, int]:
        """How often what was asked since the log was cleared: `rescue getUser_v2`, `graph GET /v1.0/groups`."""
        found: dict[str, int] = {}
        for entry in self.requests():
            what = entry["call"] if "call" in entry else f"{entry['method']} {entry['path'].partition('?')[0]}"
            name = f"{entry['side']} {what}"
            found[name] = found.get(name, 0) + 1
        return found

    def clear_requests(self) -> None:
        """Empty the request log."""
        self.execute("DELETE FROM requests")
