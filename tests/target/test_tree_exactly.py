"""The checks of the bulk read at their limits, and which node and record they name: somebody has to find it."""

from __future__ import annotations

import tracemalloc

import pytest

from reconciler.errors import TargetError
from reconciler.model.hierarchy import Node
from reconciler.target.record_wire import parse_group
from reconciler.target.rescue_wire import Text
from reconciler.target.tree_checks import check_tree
from reconciler.target.tree_wire import parse_tree

from .wire_text import COMPANY, SKELETON


def group(node: int, parent: int | None) -> Node:
    return Node(node, parent, "g", "", "", "Offline", "techniciangroup")


def told(nodes: list[Node]) -> str:
    with pytest.raises(TargetError) as refused:
        check_tree(nodes)
    return str(refused.value)


def moved(node: int, **said: object) -> list[Node]:
    return [each._replace(**said) if each.id == node else each for each in COMPANY]


# -- tree_checks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("upwards", [False, True])
def test_five_hundred_levels_and_one_beyond(upwards: bool) -> None:
    """Counted from the root: the category is the first."""
    below = [group(1000 + number, 999 + number if number else 4) for number in range(500)]
    for count, deep in ((499, False), (500, True)):
        chain = below[:count][:: -1 if upwards else 1]
        if deep:
            assert told([*SKELETON, *chain]) == (
                "the tree is inconsistent: node 1499 is nested more than 500 levels deep"
            )
        else:
            assert len(check_tree([*SKELETON, *chain]).tree) == 4 + count


@pytest.mark.parametrize("first", [False, True])
def test_people_count_as_a_level_too(first: bool) -> None:
    """Whoever sits in the 500th level is too deep, read before their group or after it."""
    for groups, deep in ((498, False), (499, True)):
        chain = [group(1000 + number, 999 + number if number else 4) for number in range(groups)]
        tina = Node(50, chain[-1].id, "T", "t@x.example", "", "Offline", "technician")
        nodes = [*SKELETON, tina, *chain] if first else [*SKELETON, *chain, tina]
        if deep:
            assert told(nodes) == "the tree is inconsistent: node 50 is nested more than 500 levels deep"
        else:
            assert len(check_tree(nodes).tree) == groups + 5


def test_depth_is_added_up_over_what_was_walked_before() -> None:
    """First the upper half, from its middle; then the lower one from its end."""
    chain = [group(1000 + number, 999 + number if number else 4) for number in range(499)]
    nodes = [*SKELETON, *chain[249::-1], *chain[:249:-1]]
    assert len(check_tree(nodes).tree) == 503
    assert "levels deep" in told([*nodes, group(1499, 1498)])


def test_whoever_is_below_a_loop_is_not_named_for_it() -> None:
    nodes = [*SKELETON, group(50, 30), group(30, 31), group(31, 30)]
    assert told(nodes) == "the tree is inconsistent: node 31 is below itself"


PLACES = {
    "no parent": (32, {"parent": None}, "record 10 of the tree (NodeID 32, technician) has no ParentID"),
    "a parent that is not there": (
        33, {"parent": 9}, "record 11 of the tree (NodeID 33, technician) has ParentID 9, which is not in the tree",
    ),
    "a parent of the wrong type": (
        32, {"parent": 4},
        "record 10 of the tree (NodeID 32) is a technician below a technicians (NodeID 4), which cannot be: the "
        "reading is inconsistent, or a text in it imitates a record",
    ),
    "an id again": (33, {"id": 32}, "record 11 of the tree repeats NodeID 32"),
    "two categories": (
        31, {"type": "technicians", "parent": 1}, "the tree has 2 nodes of type technicians instead of one: 4, 31",
    ),
    "no category": (4, {"type": "hush"}, "the tree has 0 nodes of type technicians instead of one"),
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_what_is_wrong_is_named_word_for_word(case: str) -> None:
    node, said, words = PLACES[case]
    assert told(moved(node, **said)) == words


def test_five_of_many_roots_are_named() -> None:
    roots = [Node(number, None, "", "", "", "Offline", "root") for number in range(1, 8)]
    assert told(roots) == "the tree has 7 nodes of type root instead of one: 1, 2, 3, 4, 5"


def test_a_node_number_none_is_nobodys_parent() -> None:
    """Not even where a record without a parent comes last."""
    assert "has no ParentID" in told([*COMPANY, group(70, None)])


def test_unknown_words_are_cut_at_forty() -> None:
    nodes = moved(32, status="s" * 60)
    remarks = check_tree([*nodes, Node(90, 1, "", "", "", "Offline", "t" * 60)]).remarks
    assert remarks == (
        f"1 nodes have the status '{'s' * 40}', unknown, taken for enabled",
        f"1 nodes are of type '{'t' * 40}', unknown, carried along",
    )


# -- tree_wire ------------------------------------------------------------------------------------------------------

RECORD = "NodeID:{}\nParentID:1\nName:n\nEmail:\nDescription:\nStatus:Offline\nType:Technician\n"


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("x\n\n", True),
        ("x\r\n\r\n", True),
        ("xx\n\n\n", True),
        ("x\n", False),
        ("x\r\n", False),
        ("x", False),
        ("", False),
        ("x\n\nNodeID:1\n", False),
        ("x\n\nabc", False),
    ],
)
def test_how_a_text_ends(text: str, ends: bool) -> None:
    assert Text(text.encode(), 0).ends_in_blank_line() is ends
    assert Text(f"OK{text}".encode(), 2).ends_in_blank_line() is ends


def test_fields_behind_are_known_by_their_keys_whatever_they_hold() -> None:
    text = RECORD.format(1) + "Extra:a:b\nMore:\n\n" + RECORD.format(2) + "Extra:c\nMore:x:y\n\n"
    assert [node.id for node in parse_tree([text])] == [1, 2]
    with pytest.raises(TargetError, match=r"^record 2 of the tree has other fields after Type than the first record$"):
        parse_tree([text.replace("Extra:c", "Extras:c")])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the tree holds no record at all"),
        (" \r\n\t\n", "the tree holds no record at all"),
        (f"X{RECORD.format(1)}\n", "the tree does not begin with a record (NodeID, ParentID, Name, …)"),
        (f"\x0b{RECORD.format(1)}\n", "the tree does not begin with a record (NodeID, ParentID, Name, …)"),
        ("hello", "the tree does not begin with a record (NodeID, ParentID, Name, …)"),
        (f"hello\n{RECORD.format(1)}\n", "the tree does not begin with a record (NodeID, ParentID, Name, …)"),
    ],
)
def test_a_text_that_is_no_tree(text: str, words: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse_tree([text])
    assert str(refused.value) == words


def test_which_record_cannot_be_read_and_why() -> None:
    broken = RECORD.format(2).replace("Email:\n", "")
    with pytest.raises(TargetError) as refused:
        parse_tree([f"{RECORD.format(1)}\n{broken}\n{RECORD.format(3)}\n"])
    assert str(refused.value) == (
        "record 2 of 3 (NodeID 2) of the tree lacks fields of a record: its text imitates another record, or is "
        "malformed"
    )
    with pytest.raises(TargetError) as cut:
        parse_tree([f"{RECORD.format(1)}\n{broken}"])
    assert str(cut.value) == (
        "record 2 of 2 (NodeID 2) of the tree, the last one, is not whole: the answer was cut off, or its text is "
        "malformed"
    )


def test_only_what_belongs_to_a_record_is_held_at_a_time() -> None:
    """Of a million people nobody keeps more text than is kept of it."""
    filler = "x" * 50_000
    records = (RECORD.format(number) + f"Extra:{filler}\n\n" for number in range(1, 101))
    tracemalloc.start()
    try:
        assert len(parse_tree(records)) == 100
        assert tracemalloc.get_traced_memory()[1] < 20 * len(filler)
    finally:
        tracemalloc.stop()


# -- record_wire ----------------------------------------------------------------------------------------------------


def test_a_type_in_two_words_is_the_same_type() -> None:
    fields = "NODEID:7\nNAME:n\nDESCRIPTION:\nTYPE:Technician Group\nPERMISSIONS:\nLOCKEDPERMISSIONS:\nISENABLED:True\n"
    limits = "STANDARDCONCURRENTLIMIT:0\nMOBILECONCURRENTLIMIT:0\nRPATCONCURRENTLIMIT:0\n"
    assert parse_group(f"\n\n{fields}{limits}\n").type == "techniciangroup"


def test_where_no_blank_follows_the_colons_a_value_that_begins_with_one_keeps_it() -> None:
    tree = "NodeID:1\nParentID:0\nName: Ann \nEmail: a@x.example\nDescription: text\nStatus:Offline\nType:Root\n\n"
    assert parse_tree([tree]) == [Node(1, 0, " Ann ", " a@x.example", " text", "Offline", "root")]
