"""The groups of a tree, in the order of the tree, with those that only a node id can name."""

from __future__ import annotations

from reconciler.model.choices import Licences
from reconciler.model.hierarchy import Role
from reconciler.planning.propose.rescue_groups import count_licences, list_groups, people_ids

from .test_pairing import Account
from .world import Seat


def test_parents_come_before_children_and_siblings_by_name() -> None:
    account = Account().group("b", "x@x").group("A").group("b/d").group("b/C", "y@x", "z@x", status="Disabled")
    groups = list_groups(account.tree(), Role.TECHNICIAN)
    assert [("/".join(group.path), group.enabled, group.disabled) for group in groups] == [
        ("", 0, 0), ("A", 0, 0), ("b", 1, 0), ("b/C", 0, 2), ("b/d", 0, 0),
    ]  # fmt: skip
    assert not any(group.ambiguous for group in groups)


def test_a_twin_makes_its_path_and_everything_below_ambiguous() -> None:
    account = Account().group("EMEA").group("EMEA/Desk").group(" EMEA").group("Other").group("Other/EMEA")
    ambiguous = {"/".join(group.path): group.ambiguous for group in list_groups(account.tree(), Role.TECHNICIAN)}
    assert ambiguous == {"": False, "EMEA": True, "EMEA/Desk": True, " EMEA": True, "Other": False, "Other/EMEA": False}


def test_a_group_of_the_other_role_is_no_twin() -> None:
    account = Account().group("EMEA").group("EMEA", role=Role.ADMIN)
    assert not any(group.ambiguous for role in Role for group in list_groups(account.tree(), role))


def test_licences_are_counted_where_their_people_are() -> None:
    account = Account().group("A", "x@x", "y@x", "z@x").group("B", "a@x", role=Role.ADMIN)
    tree = account.tree()
    ids = people_ids(tree)
    details = {id_: Seat(id_, 0, "n", "l", mobile=number < 2).details() for number, id_ in enumerate(ids)}
    details[ids[1]] = details[ids[1]]._replace(rpat=True)
    details[ids[2]] = None
    details[ids[3]] = details[ids[3]]._replace(rpat=None)
    node_a, node_b = (tree.nodes[ids[number]].parent for number in (0, 3))
    assert count_licences(tree, details) == {
        node_a: Licences(2, 1, rpat_known=True),
        node_b: Licences(0, 0, rpat_known=False),
    }


def test_whoever_vanished_meanwhile_counts_for_nothing_and_the_others_do() -> None:
    tree = Account().group("A", "x@x", "y@x").tree()
    first, second = people_ids(tree)
    details = {first: None, second: Seat(second, 0, "n", "l", mobile=True).details()}
    assert count_licences(tree, details) == {tree.nodes[first].parent: Licences(1, 0, rpat_known=True)}
