"""The tree's questions."""

from __future__ import annotations

import pytest

from reconciler.model.hierarchy import Details, Node, NodeType, Role, Tree


def node(id_: int, parent: int | None, kind: str, name: str = "", status: str = "Offline") -> Node:
    return Node(id_, parent, name, "", "", status, kind)


TREE = Tree(
    [
        node(7, 6, NodeType.TECHNICIAN_GROUP, "Inner"),
        node(9, 7, NodeType.TECHNICIAN),
        node(6, 3, NodeType.TECHNICIAN_GROUP, "Outer/1"),
        node(1, None, NodeType.ROOT),
        node(3, 1, NodeType.TECHNICIANS, "Technicians"),
        node(4, 1, NodeType.ADMINISTRATORS, "Administrators"),
        node(8, 6, NodeType.TECHNICIAN),
        node(10, 4, NodeType.ADMINISTRATOR_GROUP, "Admins"),
        node(11, 7, "administratorlink"),
        node(12, 99, NodeType.TECHNICIAN_GROUP, "Lost"),
        node(13, 1, NodeType.TECHNICIAN_GROUP, "Odd"),
        node(5, None, NodeType.TECHNICIAN_GROUP, "Rootless"),
    ]
)


def test_groups_are_paths_below_the_category() -> None:
    assert TREE.groups == {
        3: (),
        4: (),
        5: (),
        6: ("Outer/1",),
        7: ("Outer/1", "Inner"),
        10: ("Admins",),
        12: (),
        13: ("Odd",),
    }


def test_path_text() -> None:
    assert [TREE.path_text(id_) for id_ in (7, 8, 99, None)] == ["Outer/1/Inner", None, None, None]


def test_people_are_persons_by_id() -> None:
    assert [person.id for person in TREE.people(Role.TECHNICIAN)] == [8, 9]
    assert list(TREE.people(Role.ADMIN)) == []
    assert len(TREE) == 12
    assert list(TREE.nodes) == sorted(TREE.nodes)


def test_child_groups_and_categories() -> None:
    assert [child.id for child in TREE.child_groups[6]] == [7]
    assert (TREE.category(Role.TECHNICIAN).id, TREE.category(Role.ADMIN).id) == (3, 4)


@pytest.mark.parametrize(
    ("status", "enabled"), [("Disabled", False), ("DISABLED", False), ("Offline", True), ("", True)]
)
def test_enabled_is_anything_but_disabled(status: str, enabled: bool) -> None:
    assert node(1, None, NodeType.TECHNICIAN, status=status).enabled is enabled
    record = Details(1, "", "", "", "", "", "Technician", False, None, False, status)
    assert record.enabled is enabled
