"""How the command takes each step: perhaps one run in trouble, then at most two without, every write watched."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import event, note
from hypothesis import strategies as st

from reconciler.target.rescue_client import RescueClient
from tests.end_to_end.world import Done

from .company import Company
from .forecast import check_forecast
from .holds import Moment, check_everybody, check_moment


class Trouble(NamedTuple):
    """What goes wrong in one run. `nth`: at which write it dies, before or after the write has its effect."""

    nth: int = 0
    after: bool = False
    fault: dict[str, Any] | None = None


FAULTS = st.builds(
    lambda effect, nth, method: {"side": "rescue", "method": method, "nth": nth, "effect": effect},
    st.sampled_from(["drop_before", "drop_after", "error_before", "error_after", "html"]),
    st.integers(1, 3),
    st.sampled_from(["setUser*", "createUser", "moveNode", "getUser_v2", "createGroup", "setGroup*"]),
) | st.sampled_from(
    [
        {"side": "rescue", "method": "getHierarchy_v2", "nth": 1, "effect": "truncate", "keep": 0.6},
        {"side": "graph", "method": "/members", "nth": 1, "effect": "error_before"},
        {"side": "graph", "item": "/members", "nth": 1, "effect": "empty"},
        {"side": "rescue", "method": "setUser*", "nth": 2, "effect": "token", "token": "NOTLOGGEDIN"},
    ]
)
TROUBLE = (
    st.none()
    | st.tuples(st.integers(1, 4), st.booleans()).map(lambda drawn: Trouble(*drawn))
    | FAULTS.map(lambda fault: Trouble(fault=fault))
)
REFUSED = st.sampled_from(["error_before", "drop_before", "html"]).map(
    lambda effect: Trouble(fault={"side": "rescue", "method": "setUser*", "nth": 1, "effect": effect})
)
"""The first write of the run, which is a disable where there is one, comes to nothing."""
REFRESH = st.sampled_from(["auto", "auto", "auto", "full"])
walked = {"histories": 0, "steps": 0, "runs": 0}
"""How far this process has come."""


class Dies(BaseException):
    """As if the process were killed: nothing of ours expects it."""


class Living(Company):
    """Runs of the command, and what is asked of the sandbox meanwhile."""

    def begin(self) -> None:
        walked["histories"] += 1
        self.lives(None, "auto")

    def lives(self, trouble: Trouble | None, refresh: str) -> None:
        """Perhaps one run in trouble, then at most two without; then nothing is left to do."""
        walked["steps"] += 1
        if trouble is not None:
            event("trouble: " + (str(trouble.fault["effect"]) if trouble.fault else "dies"))
            self.run_in_trouble(trouble, refresh)
        done = self.run_undisturbed(refresh)
        if done["actions"]:
            again = self.run_undisturbed(refresh)
            if again["actions"]:
                event("two runs")
                assert self.plan(refresh)["actions"] == []
        check_everybody(self.state)

    def run_in_trouble(self, trouble: Trouble, refresh: str) -> None:
        if trouble.fault is not None:
            self.state.add_fault(**trouble.fault)
            self.watched(refresh, None)
            self.state.clear_faults()
        else:
            self.watched(refresh, trouble)

    def plan(self, refresh: str) -> dict[str, Any]:
        done = self.made.call("plan", "--out", "plan.json", "--refresh", refresh)
        assert done.code == 0, (done.code, done.err)
        note(done.out)
        found: dict[str, Any] = json.loads((self.made.folder / "plan.json").read_text())
        return found

    def run_undisturbed(self, refresh: str) -> dict[str, Any]:
        """Everything planned is done, and what the plan said of counts and seats is what then happened."""
        before = self.nodes()
        plan = self.plan(refresh)
        done = self.watched(refresh, None)
        assert done is not None
        assert done.code in (0, 6), (done.code, done.err)
        found = done.outcomes
        assert found is not None
        assert found["digest"] == plan["digest"], "what was planned a moment ago is no longer planned"
        self.last = found if found["actions"] else self.last
        assert {item["outcome"] for item in found["actions"]} <= {"done"}, done.out
        check_forecast(plan, before, self.nodes())
        return found

    def nodes(self) -> dict[int, dict[str, Any]]:
        return {row["id"]: dict(row) for row in self.state.nodes()}

    def watched(self, refresh: str, dying: Trouble | None, undo: str | None = None) -> Done | None:
        """One apply, each of its writes looked at; None: it died on the way."""
        walked["runs"] += 1
        moment = Moment(
            before=self.nodes(),
            wanted=self.wanted(),
            known={address for person in self.state.people() for address in self.addresses(person)},
            mapped=self.places(),
            seats=self.file["rescue"].get("technician_seats"),
            disables_unmanaged=self.file["settings"].get("unmanaged") == "disable",
            undoing=undo is not None,
        )
        count = 0
        written = RescueClient.write

        def write(client: RescueClient, method: str, **fields: Any) -> Any:
            nonlocal count
            count += 1
            if dying is not None and count == dying.nth and not dying.after:
                raise Dies
            try:
                return written(client, method, **fields)
            finally:
                check_moment(moment, self.nodes())
                if dying is not None and count == dying.nth:
                    raise Dies

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RescueClient, "write", write)
            try:
                if undo is not None:
                    done = self.made.call("undo", undo, "--yes", "--out", "outcomes.json")
                else:
                    done = self.made.apply("--refresh", refresh)
            except Dies:
                done = None
        check_moment(moment, self.nodes())
        return done

    def places(self) -> set[int]:
        """The mapped technician groups, and every group below one: only there strangers may be disabled (D6)."""
        tops = {said["rescue_group"] for said in self.mapped().values() if said.get("role") != "admin"}
        found = [self.state.node_by_path(path)["id"] for path in sorted(tops)]
        return {*found, *(node for top in found for node in self.state.descendants(top))}
