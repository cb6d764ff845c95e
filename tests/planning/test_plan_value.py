"""The plan as a value (§4): order, ids, digest, summary, seats, findings."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.plan import Action, Place, Subject
from reconciler.planning.planner import order_actions, stage_of
from reconciler.planning.seats import count_technicians

from .world import World, group_id, id_of, mark


@pytest.fixture
def busy() -> World:
    """Every verb once, findings of both severities."""
    world = World(settings={"use_email_as_sso_id": True}).mapping("field").mapping("other").mapping("lost")
    world.unread["lost"] = UnreadGroup(group_id("lost"), "lost", "429")
    for key in ("same", "off", "kept", "moved", "renamed"):
        world.person(key, "field", name=f"{key.title()} Now é" if key == "renamed" else key.title())
    world.node("same", mark("same", sso="same@x.example"))
    world.node("off", mark("off", sso="off@x.example", off=True), status="Disabled")
    world.node("kept", mark("kept", sso="kept@x.example"), status="Disabled")
    world.node("moved", mark("moved", sso="moved@x.example"), group="other", sso="moved@x.example")
    world.node("renamed", mark("renamed", sso="renamed@x.example"), name=unicodedata.normalize("NFD", "Renämed\t\x7f"))
    world.node("left", mark("left"), mobile=True)
    world.person("met", "other").node("met", description='say "hi" \\ é', status="Online", group="other")
    world.person("new", "other")
    world.person("bad", "field", name="<")
    world.node("stray")
    return world


def test_summary(busy: World) -> None:
    assert busy.plan().plan.summary.model_dump() == {
        "create_group": 0,
        "adopt": 1,
        "create": 1,
        "enable": 1,
        "update": 1,
        "move": 1,
        "disable": 1,
        "changes_total": 6,
        "unchanged": 1,
        "unmanaged": 1,
        "blocked": 1,
        "kept_disabled": 1,
        "frozen_mappings": 1,
    }


def test_seats(busy: World) -> None:
    seats = busy.plan().plan.seats
    assert seats.technician.model_dump() == {
        "bought": None,
        "before": 6,
        "freed": 1,
        "taken": 2,
        "after": 7,
        "without": (),
    }
    assert seats.mobile.freed == 1


def test_mappings(busy: World) -> None:
    states = [state.model_dump() for state in busy.plan().plan.mappings]
    assert [(s["name"], s["state"], s["members"], s["entra_group"]) for s in states] == [
        ("field", "ok", 6, "field"),
        ("other", "ok", 2, "other"),
        ("lost", "frozen", None, group_id("lost")),
    ]


def test_findings_errors_first(busy: World) -> None:
    found = [(f.severity, f.code) for f in busy.plan().plan.findings]
    assert found == [
        ("error", "bad_name"),
        ("error", "frozen"),
        ("warning", "kept_disabled"),
        ("warning", "unmanaged"),
    ]


def independent_digest(plan: dict[str, Any]) -> str:
    """§4 in other words than the code's, from the plan's JSON alone."""

    def who(action: dict[str, Any]) -> str:
        subject = action["subject"]
        if subject["path"] is not None:
            return "path:" + str(subject["path"])
        return str(subject["entra_id"] or "node:" + str(subject["node_id"]))

    def nfc(value: Any) -> Any:
        return json.loads(unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False)))

    flat = []
    for action in sorted(plan["actions"], key=lambda a: (a["role"], who(a))):
        item = {"role": action["role"], "verbs": action["verbs"], "entra_id": action["subject"]["entra_id"]}
        item |= {"node_id": action["subject"]["node_id"], "group": action["group"]}
        item["changes"] = sorted(action["changes"], key=lambda change: change["field"])
        flat.append(nfc(item))
    text = json.dumps(flat, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_digest_is_what_section_4_says_of_the_json(busy: World) -> None:
    plan = busy.plan().plan
    assert plan.digest == independent_digest(json.loads(plan.model_dump_json()))
    assert len(plan.digest) == 64


def test_digest_of_nothing_is_that_of_an_empty_array(world: World) -> None:
    assert world.plan().plan.digest == hashlib.sha256(b"[]").hexdigest()


@pytest.mark.parametrize("seat", range(5))
def test_digest_knows_every_before_value(busy: World, seat: int) -> None:
    before = busy.plan().plan.digest
    busy.seats[1003 + seat].sso = "changed by hand"
    changed = busy.plan().plan.digest != before
    assert changed == (seat in (0, 1, 3)), "a leaver's SSO ID is not written, strays are not read"


def test_digest_knows_no_clock_no_order_no_presence(busy: World) -> None:
    before = busy.plan().plan
    busy.mappings.reverse()
    busy.members["field"].reverse()
    busy.seats = dict(reversed(busy.seats.items()))
    busy.seats[1006].status = "Busy"
    after = busy.plan().plan
    assert after.digest == before.digest
    assert [a.id for a in after.actions] == [a.id for a in before.actions]
    assert after.findings == before.findings


@pytest.mark.parametrize(("key", "node"), [("ann", None), ("ann", 7)])
def test_ids(world: World, key: str, node: int | None) -> None:
    world.person("ann", "field")
    if node:
        world.node("ann", mark("ann"), id=node, name="Old")
    expected = hashlib.sha256(b"technician\0" + id_of("ann").encode()).hexdigest()[:16]
    assert world.plan().action(key).id == expected


def test_order_of_stages(busy: World) -> None:
    assert list(busy.plan().verbs.items()) == [
        ("left", "disable"),
        ("off", "enable update"),
        ("renamed", "update"),
        ("met", "adopt update"),
        ("moved", "move"),
        ("new", "create"),
    ]


def action(key: str, *verbs: Any, path: str = "field", depends_on: tuple[str, ...] = ()) -> Action:
    return Action(
        id=key,
        verbs=verbs,
        role="technician",
        mapping="field",
        subject=Subject(entra_id=key, login=f"{key}@x.example"),
        group=Place(before=None, after=path),
        reason="",
        depends_on=depends_on,
    )


@pytest.mark.parametrize(
    ("verbs", "stage"),
    [
        (["create_group"], 0),
        (["disable"], 1),
        (["adopt", "disable"], 1),
        (["update"], 2),
        (["adopt"], 2),
        (["adopt", "update", "move"], 2),
        (["enable", "update", "move"], 2),
        (["move"], 3),
        (["adopt", "move"], 3),
        (["enable", "move"], 3),
        (["enable"], 4),
        (["create"], 5),
    ],
)
def test_stage_is_that_of_the_first_verb_and_an_adoption_alone_is_an_update(verbs: list[Any], stage: int) -> None:
    assert stage_of(action("a", *verbs)) == stage


def order(*actions: Action) -> list[str]:
    assert [a.id for a in order_actions(actions)] == [a.id for a in order_actions(reversed(actions))]
    return [a.id for a in order_actions(actions)]


def test_order_by_stage_then_path_then_login() -> None:
    assert order(
        action("creates", "create", path="A"),
        action("b", "update", path="A/Z"),
        action("c", "update", path="A B"),
        action("Z", "update", path="é"),
        action("a", "update", path="E\u0301"),
        action("disables", "disable", path="Z"),
    ) == ["disables", "b", "c", "a", "Z", "creates"]


def test_order_depends_on_outranks_stages_to_any_depth() -> None:
    chain = [action(str(n), "disable", depends_on=(str(n + 1),)) for n in range(3000)]
    assert order(*chain, action("3000", "create"))[:2] == ["3000", "2999"]
    diamond = [action("a", "disable", depends_on=("c", "d")), action("c", "create", depends_on=("d",))]
    assert order(*diamond, action("d", "move")) == ["d", "c", "a"]


def test_lone_surrogates_are_shown_replaced_and_break_no_output(world: World) -> None:
    world.person("ann", "field", mail="a\ud800@x.example", upn="u\udfff@x.example")
    world.person("eve", "field", name="Eve\ud800")
    made = world.plan()
    assert made.codes == ["bad_name eve", "no_login u\ufffd"]
    made.plan.model_dump_json()


def test_seats_are_the_technicians(world: World) -> None:
    world.both("ann")
    admins = [action("b", "create").model_copy(update={"role": "admin"})]
    assert count_technicians(world.tree(), admins, None).model_dump() == {
        "bought": None,
        "before": 1,
        "freed": 0,
        "taken": 0,
        "after": 1,
        "without": (),
    }
