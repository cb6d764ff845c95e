"""`reconciler undo` of outcomes nobody's run has written: edited, mixed up, or made up for whoever is in the tree.

The worst are made up from Rescue as it is, so that nothing seems to have changed since. Whatever they say, the same
people stay out of reach as for every other command, and nobody comes to be whom the file would put out again.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from .test_undo import GROUPS, LOOSE, PEOPLE, RIGHT, rescue, wrong
from .world import SYNC, World, entra, guid, mappings, marker, scenario, technician, upn, world

FORGED = int(os.environ.get("SOAK_HISTORIES", "0"))
OURS = re.compile(r"\[entra:8d2f:([0-9a-f-]{36})@[0-9a-f]{8}#[0-9a-f]{8}(?:[+~-]m)?(?:!off)?\]")
KINDS = {"Technician": "technician", "Administrator": "admin"}
FIELDS = {
    "login": "email", "name": "name", "sso_id": "sso_id", "description": "description", "enabled": "enabled",
    "mobile_license": "mobile",
}  # fmt: skip
LOGIN = st.sampled_from(
    [SYNC, upn("boss"), upn("fay"), upn("left"), "", "new@login.example", "a b@\x1b[2J", upn("ANN")]
)
TEXT = st.sampled_from(
    [
        "", "by hand", "x" * 3000, "\x1b]0;\x07", marker("fay", "field"), marker("left", "desk"),
        marker("ann", "desk").replace("8d2f", "ffff"), f"{marker('ann', 'desk')} {marker('fay', 'field')}",
        marker("nobody", "desk"), marker("gus", "field", off=True), "[entra:8d2f:",
    ]
)  # fmt: skip
BEFORE: dict[str, st.SearchStrategy[Any]] = {
    "login": LOGIN, "name": TEXT, "sso_id": TEXT, "description": TEXT, "enabled": st.booleans(),
    "mobile_license": st.booleans(),
}  # fmt: skip
VERBS = [["adopt"], ["create"], ["enable"], ["disable"], ["update"], ["move"], ["adopt", "enable"], ["create_group"]]
ATTACKS = settings(
    max_examples=FORGED or 40,
    deadline=None,
    derandomize=not FORGED,
    database=None,
    phases=[Phase.generate, Phase.shrink] if FORGED else [Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=bool(FORGED),
)


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any]]]:
    """A world after a wrong merge, the right file again in place; and the outcomes of that run."""
    tree = rescue()
    tree["Desk"] += [technician("left", "desk", off=True, mobile=True), technician("boss", "desk")]
    tree["Elsewhere"].append(
        {"name": "Kin", "email": "kin@other.example", "description": marker("kin", "desk").replace("8d2f", "ffff")}
    )
    admins = {"administrators": [{"group": "Regional", "people": [{"name": "Adi", "email": "adi@elsewhere.example"}]}]}
    people = PEOPLE | {"boss": entra("boss"), "left": entra("left", enabled=False)}
    with world(scenario(people, GROUPS, tree, rescue_more=admins), "", tmp_path_factory.mktemp("forged")) as made:
        made.file.write_text(wrong(protected=[upn("boss")]), encoding="utf-8")
        done = made.apply(RESCUE_INITIAL_PASSWORD="Startwort-2026")
        assert done.code == 0, done.err
        assert done.outcomes is not None
        made.file.write_text(mappings(RIGHT, guards=LOOSE, protected=[upn("boss")]), encoding="utf-8")
        yield made, done.outcomes


@st.composite
def forged(draw: st.DrawFn, outcomes: dict[str, Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Some true actions, some with one thing wrong, and some that are made up from the tree as it is."""
    said = copy.deepcopy(outcomes)
    said["actions"] = [edited(draw, action, nodes) for action in said["actions"] if draw(st.booleans())]
    people = [row for row in nodes if row["type"] not in ("Technicians", "Administrators")]
    for number in range(draw(st.integers(0, 3))):
        said["actions"].append(made_up(draw, outcomes["actions"][0], draw(st.sampled_from(people)), nodes, number))
    said["actions"] = draw(st.permutations(said["actions"]))
    return said


def edited(draw: st.DrawFn, action: dict[str, Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    what = draw(st.sampled_from(["", "", "node", "entra", "verbs", "outcome", "role", "before", "group"]))
    if what == "node":
        action["subject"]["node_id"] = draw(st.sampled_from([row["id"] for row in nodes]))
    elif what == "entra":
        action["subject"]["entra_id"] = guid(draw(st.sampled_from(["ann", "left", "boss", "nobody"])))
    elif what == "verbs":
        action["verbs"] = draw(st.sampled_from(VERBS))
    elif what == "outcome":
        action["outcome"] = draw(st.sampled_from(["done", "failed", "stale", "unknown", "skipped", "held"]))
    elif what == "role":
        action["role"] = draw(st.sampled_from(["technician", "admin"]))
    elif what == "before":
        for change in action["changes"]:
            if change["field"] in BEFORE:
                change["before"] = draw(BEFORE[change["field"]])
    elif what == "group" and action["group"]:
        action["group"]["before"] = draw(st.sampled_from(["Desk", "Field", "Elsewhere", "Regional", "", "Nowhere"]))
    return action


def made_up(
    draw: st.DrawFn, like: dict[str, Any], row: dict[str, Any], nodes: list[dict[str, Any]], number: int
) -> dict[str, Any]:
    """A run that would have left this node just as it is."""
    action = copy.deepcopy(like)
    fields = draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True))
    link = OURS.search(row["description"])
    group = next((other["name"] for other in nodes if other["id"] == row["parent"]), "")
    return action | {
        "id": f"{number:016x}",
        "outcome": draw(st.sampled_from(["done", "done", "unknown", "failed"])),
        "role": KINDS.get(row["type"], "technician"),
        "verbs": draw(st.sampled_from(VERBS)),
        "subject": action["subject"]
        | {
            "login": row["email"],
            "name": row["name"],
            "node_id": row["id"],
            "entra_id": draw(st.sampled_from([link[1] if link else None, None, guid("ann")])),
            "path": None,
        },
        "group": {"before": draw(st.sampled_from(["Desk", "Field", "Elsewhere", "Regional"])), "after": group},
        "changes": [
            {"field": name, "before": draw(BEFORE[name]), "after": row[FIELDS[name]]}
            for name in FIELDS
            if name in fields
        ],
    }


@pytest.mark.timeout(0 if FORGED else 180)
@ATTACKS
@given(data=st.data())
def test_nobody_is_written_who_should_not_be(merged: tuple[World, dict[str, Any]], data: st.DataObject) -> None:
    made, outcomes = merged
    saved = made.save_rescue()
    before = {row["id"]: dict(row) for row in made.box.state.nodes()}
    told = data.draw(forged(outcomes, list(before.values())))
    (made.folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    try:
        done = made.call("undo", "run.json", "--yes", "--out", "outcomes.json")
        now = {row["id"]: dict(row) for row in made.box.state.nodes()}
        assert done.code in (0, 1, 2, 4, 6), done.err
        assert "a defect" not in done.err
        event(f"code {done.code}, {'something' if now != before else 'nothing'} written")
        check(before, now)
        check_file_agrees(made, before, now)
    finally:
        made.restore_rescue(saved)


def check(before: dict[int, dict[str, Any]], now: dict[int, dict[str, Any]]) -> None:
    assert before.keys() == now.keys(), "somebody was made, or deleted"
    for node, old in before.items():
        row = now[node]
        if row == old:
            continue
        assert row["type"] in KINDS, f"{row['type']} {row['name']} was written"
        assert old["email"] not in (SYNC, upn("boss"), "kin@other.example"), "whoever must not be written was"
        assert row["email"] not in (SYNC, upn("boss")), "somebody got a login that must not be given"
        assert row["email"], "a login was blanked"
        assert row["name"], "a name was blanked"
        links = {found.group(0) for found in re.finditer(r"\[entra:[^\]]*\]", row["description"])}
        assert len(links) <= 1, "two markers in one text"
        assert all(OURS.fullmatch(link) for link in links), "another owner's marker was written"
        if row["enabled"] and not old["enabled"]:
            assert links or not OURS.search(old["description"]), f"{row['email']} was let in and unlinked"
    for kind in KINDS:
        rows = [row for row in now.values() if row["type"] == kind]
        logins = [row["email"].casefold() for row in rows if row["email"]]
        assert len(logins) == len(set(logins)), "two have one login"
        people = [link[1] for row in rows if (link := OURS.search(row["description"]))]
        assert len(people) == len(set(people)), "one person is linked to two nodes"


def check_file_agrees(made: World, before: dict[int, dict[str, Any]], now: dict[int, dict[str, Any]]) -> None:
    """Of whoever was written, the file would not take the same thing back; the marker is only bookkeeping (D3)."""
    made.call("plan", "--out", "plan.json")
    plan = json.loads((made.folder / "plan.json").read_text(encoding="utf-8"))
    for action in plan["actions"]:
        node = action["subject"]["node_id"]
        if node in before and now[node] != before[node]:
            touched = {FIELDS.get(change["field"]) for change in action["changes"]} - {"description"}
            undone = {name for name in FIELDS.values() if now[node][name] != before[node][name]}
            assert not touched & undone, (action, before[node], now[node])
