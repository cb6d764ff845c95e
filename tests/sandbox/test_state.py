"""The state file: shared between processes, continued after a kill, refused where it is something else."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.sandbox import Sandbox, SandboxState, parse_scenario, run_sandbox

from .conftest import BO, INNER, MIRA, OUTER, WORLD, Graph, Rescue

OTHER = """
import sys
from reconciler.sandbox import SandboxState
with SandboxState(sys.argv[1]) as state:
    state.set_person("mholt@contoso.example", enabled=False, department="Elsewhere")
    state.set_node(30, parent=22, name="Moved by hand")
    state.set_switch("create_layout", "one_line")
    state.add_fault(side="rescue", method="getAccount", effect="token", token="NOTLOGGEDIN")
"""


def test_another_process_changes_the_world_at_once(box: Sandbox, rescue: Rescue, graph: Graph) -> None:
    assert rescue("getAccount").startswith("OK")
    subprocess.run([sys.executable, "-c", OTHER, str(box.state.path)], check=True)
    user = graph(f"/users/{MIRA}?$select=accountEnabled,department").json()
    assert (user["accountEnabled"], user["department"]) == (False, "Elsewhere")
    assert "NodeID:30\nParentID:22\nName:Moved by hand\n" in rescue("getHierarchy_v2")
    assert rescue("createUser", parent=22).startswith("OK 3")
    assert rescue("getAccount") == "NOTLOGGEDIN"


def test_a_state_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    with run_sandbox(parse_scenario(WORLD), state_path=path) as first:
        first.state.set_node(30, name="Kept")
        token = first.environment()["RESCUE_API_TOKEN"]
        before = first.state.snapshot()
    with run_sandbox(state_path=path) as second:
        assert second.state.snapshot() == before
        assert second.environment()["RESCUE_API_TOKEN"] == token
        assert second.environment()["RESCUE_BASE_URL"] == f"http://127.0.0.1:{second.port}/API"


def test_a_scenario_does_not_overwrite_a_state(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    with run_sandbox(parse_scenario(WORLD), state_path=path):
        pass
    with (
        pytest.raises(UsageError, match="holds a sandbox already"),
        run_sandbox(parse_scenario(WORLD), state_path=path),
    ):
        pass


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not a database, but long enough to look like one\n" * 99)
    foreign = tmp_path / "foreign.db"
    db = sqlite3.connect(foreign)
    db.execute("CREATE TABLE things (x)")
    db.commit()
    db.close()
    for path in (text, foreign, tmp_path / "no" / "folder"):
        with pytest.raises(UsageError):
            SandboxState(path)


def test_the_directory_is_changed_by_plain_words(box: Sandbox) -> None:
    state = box.state
    new = state.add_person(name="New", upn="new@contoso.example", mail="new@contoso.example", givenName="N")
    group = state.add_group(name="G")
    state.add_member(group, "NEW@contoso.example")
    state.add_member(group, INNER)
    assert state.members(group) == [INNER, new] or state.members(group) == [new, INNER]
    state.remove_member(group, INNER)
    assert state.members(group) == [new]
    state.set_person(new, upn="newer@contoso.example", accountEnabled=False, surname="S")
    assert state.person("newer@contoso.example") == {
        "id": new, "name": "New", "mail": "new@contoso.example", "upn": "newer@contoso.example", "enabled": False,
        "user_type": "Member", "givenName": "N", "surname": "S",
    }  # fmt: skip
    state.set_group(group, name="H", visibility="Private")
    assert state.groups()[-1] == {"id": group, "name": "H", "mail": None, "visibility": "Private"}
    state.delete_person(new)
    assert state.members(group) == []
    assert new not in [person["id"] for person in state.people()]
    state.delete_group(group)
    for wrong in (
        lambda: state.members(group),
        lambda: state.person(OUTER),
        lambda: state.add_person(BO, name="B", upn="b"),
    ):
        with pytest.raises(UsageError):
            wrong()
    with pytest.raises(UsageError):
        state.add_object("toaster", name="T")
    with pytest.raises(UsageError):
        state.add_members([(OUTER, "nobody")])


def test_the_tree_is_changed_by_plain_words(box: Sandbox) -> None:
    state = box.state
    field = state.node_by_path("EMEA/Field")
    assert field["id"] == 21
    assert state.node_by_path(["EMEA", "Field"]) == field
    assert state.node_by_path("")["type"] == "Technicians"
    id = state.add_node(21, "Technician", name="Hand", email="Hand@contoso.example", status="Busy", password="x")
    node = state.node_by_login("hand@CONTOSO.example")
    assert node is not None
    assert (node["id"], node["status"], node["has_password"]) == (id, "Busy", True)
    assert state.node_by_login("ada@contoso.example", "admin") == state.node(12)
    assert state.node_by_login("ada@contoso.example") is None
    state.set_node(id, status="Disabled")
    assert state.node(id)["enabled"] is False
    state.add_technicians(21, [("A", "a@x.example", ""), ("B", "b@x.example", "note")])
    assert state.node(id + 2)["description"] == "note"
    assert state.snapshot()[id][:3] == (21, "Technician", "Hand")
    state.delete_node(21)
    assert id not in state.snapshot()
    wrong = [
        lambda: state.node(id),
        lambda: state.set_node(30, colour="red"),
        lambda: state.set_node(30, status="Sleeping"),
        lambda: state.set_node(999, name="x"),
        lambda: state.add_node(337366, "Technician"),
        lambda: state.add_node(20, "Technician", id=30),
        lambda: state.node_by_path("EMEA/Nowhere"),
        lambda: state.set_account(colour="red"),
        lambda: state.set_switch("colour", "red"),
        lambda: state.set_switch("newline", "red"),
        lambda: state.set_switch("visibility_delay", "reads:x"),
        lambda: state.set_switch("name_limit", "-1"),
    ]
    for act in wrong:
        with pytest.raises(UsageError):
            act()


def test_presence_is_not_part_of_the_snapshot(box: Sandbox) -> None:
    before = box.state.snapshot()
    box.state.set_node(30, presence="Online")
    assert box.state.snapshot() == before


def test_the_log_can_be_cleared(box: Sandbox, rescue: Rescue) -> None:
    rescue("getAccount")
    entry = box.requests()[0]
    assert entry["side"] == "rescue"
    assert entry["call"] == "getAccount"
    assert entry["word"] == "OK"
    assert entry["parameters"] == {"authcode": "***"}
    assert box.state.counters() == {"rescue getAccount": 1}
    box.state.clear_requests()
    assert box.requests() == []
