"""Saved readings: what goes in comes out, and what is not whole is refused with the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.hierarchy import Caller, Details, Node, NodeType, Tree
from reconciler.model.saved import NotSaved, make_saved, people_of, read_saved

WHEN = "2026-11-22T19:00:00Z"
BOSS, ANN, BEN, GONE = 5, 6, 7, 8
PEOPLE = {
    BOSS: (2, "Boss", NodeType.MASTER_ADMINISTRATOR),
    ANN: (9, "Ann", NodeType.TECHNICIAN),
    BEN: (3, "Ben", NodeType.ADMINISTRATOR),
    GONE: (9, "Gone", NodeType.TECHNICIAN),
}
TREE = Tree(
    [
        Node(1, None, "Company", "", "", "Offline", NodeType.ROOT),
        Node(2, 1, "Masters", "", "", "Offline", NodeType.MASTER_ADMINISTRATORS),
        Node(3, 1, "Administrators", "", "", "Offline", NodeType.ADMINISTRATORS),
        Node(4, 1, "Technicians", "", "", "Offline", NodeType.TECHNICIANS),
        Node(9, 4, "Desk", "", "shift: late", "Offline", NodeType.TECHNICIAN_GROUP),
        *(
            Node(id_, parent, name, f"{name.lower()}@x.example", "", "Disabled", type_)
            for id_, (parent, name, type_) in PEOPLE.items()
        ),
    ]
)


def details_of(id_: int, rpat: bool | None) -> Details:
    _, name, type_ = PEOPLE[id_]
    login = f"{name.lower()}@x.example"
    return Details(id_, name, f"{name}y", login, f"sso-{id_}", "note", type_, id_ == ANN, rpat, id_ == BOSS, "Offline")


DETAILS: dict[int, Details | None] = {
    BOSS: details_of(BOSS, True),
    ANN: details_of(ANN, False),
    BEN: details_of(BEN, None),
    GONE: None,
}
CALLER = Caller(1234567, "Contoso", "boss@x.example", BOSS, details_of(BOSS, True))


def text() -> str:
    return make_saved(TREE, CALLER, DETAILS, WHEN).model_dump_json()


def test_what_was_saved_is_what_is_read() -> None:
    saved = read_saved(text())
    assert saved.tree.nodes == TREE.nodes
    assert saved.details == DETAILS
    assert saved.caller == CALLER
    assert saved.read_at == WHEN


def test_everybody_is_kept_and_nobody_else() -> None:
    assert people_of(TREE) == [BOSS, ANN, BEN, GONE]
    more = make_saved(TREE, CALLER, {**DETAILS, 4711: details_of(ANN, None)}, WHEN)
    assert more.details == DETAILS


def test_somebody_who_was_not_asked_about_cannot_be_left_out() -> None:
    with pytest.raises(KeyError):
        make_saved(TREE, CALLER, {id_: one for id_, one in DETAILS.items() if id_ != ANN}, WHEN)


def test_fields_of_a_later_version_are_passed_over() -> None:
    value = json.loads(text())
    value["later"] = value["people"][0]["later"] = value["nodes"][0]["later"] = True
    assert read_saved(json.dumps(value)) == read_saved(text())


def without(key: str, **said: Any) -> Callable[[dict[str, Any]], None]:
    """Takes out the entries of a list of which all that is said is true."""

    def change(value: dict[str, Any]) -> None:
        value[key] = [item for item in value[key] if any(item[name] != what for name, what in said.items())]

    return change


def twice(value: dict[str, Any]) -> None:
    value["nodes"].append(value["nodes"][-1])


def person_twice(value: dict[str, Any]) -> None:
    value["people"].append(value["people"][0])


def read_and_gone(value: dict[str, Any]) -> None:
    value["gone"].append(ANN)


def called_by(node: int) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.update(caller_node=node)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(twice, "a node is in it twice", id="a node twice"),
        pytest.param(without("nodes", id=9), "hangs below one that is not in it", id="a group missing"),
        pytest.param(without("nodes", id=1), "hangs below one that is not in it", id="the root missing"),
        pytest.param(without("nodes", type="technicians"), "hangs below", id="a category missing under its groups"),
        pytest.param(without("people", id=ANN), "are not the same", id="somebody missing"),
        pytest.param(without("nodes", id=ANN), "are not the same", id="somebody who is not in the tree"),
        pytest.param(person_twice, "are not the same", id="somebody twice"),
        pytest.param(read_and_gone, "are not the same", id="somebody both read and gone"),
        pytest.param(lambda value: value.pop("gone"), "are not the same", id="the one who was gone forgotten"),
        pytest.param(called_by(9), "whoever read it is not in it", id="read by a group"),
        pytest.param(called_by(GONE), "whoever read it is not in it", id="read by somebody gone"),
        pytest.param(called_by(4711), "whoever read it is not in it", id="read by nobody"),
        pytest.param(lambda value: value.update(format_version="2.0"), "format_version", id="another version"),
        pytest.param(lambda value: value.update(kind="plan"), "kind", id="another kind"),
        pytest.param(lambda value: value["people"][1].update(mobile="yes"), "people.1.mobile", id="a wrong type"),
        pytest.param(lambda value: value.pop("nodes"), "nodes: Field required", id="a key missing"),
    ],
)
def test_what_is_not_whole_is_refused(spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    value = json.loads(text())
    spoil(value)
    with pytest.raises(NotSaved, match=said):
        read_saved(json.dumps(value))


@pytest.mark.parametrize("category", [NodeType.ADMINISTRATORS, NodeType.TECHNICIANS, NodeType.ROOT])
def test_a_tree_without_a_category_or_a_root_is_refused_where_nothing_is_below_it(category: str) -> None:
    value = json.loads(text())
    for node in value["nodes"]:
        node["type"] = "other" if node["type"] == category else node["type"]
    with pytest.raises(NotSaved, match="it is not a whole tree"):
        read_saved(json.dumps(value))


@pytest.mark.parametrize("wrong", ["", "{", "[]", "null", '{"format_version": "1.0"}'])
def test_what_is_no_saved_reading_is_refused(wrong: str) -> None:
    with pytest.raises(NotSaved):
        read_saved(wrong)
