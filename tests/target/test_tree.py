"""The bulk read: parsing, layouts, hostile text, cuts, and the checks of §7.2."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.errors import TargetError
from reconciler.model.hierarchy import Node, Tree
from reconciler.target.rescue_wire import read_reply
from reconciler.target.tree_checks import check_tree
from reconciler.target.tree_wire import parse_tree

from .wire_text import COMPANY, ROOT, SKELETON, STYLES, Style, written_tree


def read(body: bytes, *, length_stated: bool = False) -> Tree:
    return check_tree(parse_tree(read_reply(body).rest.pieces(), length_stated=length_stated)).tree


SAMPLE = b"""OK

NodeID:337360
ParentID:0
Name:Company
Email:
Description:
Status:Offline
Type:Root

NodeID:337361
ParentID:337360
Name:Master Administrators
Email:
Description:
Status:Offline
Type:MasterAdministrators

NodeID:337362
ParentID:337360
Name:Administrators
Email:
Description:
Status:Offline
Type:Administrators

NodeID:337363
ParentID:337360
Name:Technicians
Email:
Description:
Status:Offline
Type:Technicians

NodeID:337364
ParentID:337363
Name:Technician Group1
Email:
Description:
Status:Offline
Type:TechnicianGroup

NodeID:337366
ParentID:337364
Name:John Doe
Email:jdoe@company.com
Description:some text
Status:Offline
Type:Technician

"""


def test_the_sample_of_the_reference():
    tree = read(SAMPLE)
    assert list(tree.nodes) == [337360, 337361, 337362, 337363, 337364, 337366]
    assert tree.nodes[337366] == Node(
        337366, 337364, "John Doe", "jdoe@company.com", "some text", "Offline", "technician"
    )
    assert tree.nodes[337360].parent is None


def test_every_layout_gives_the_same_tree():
    for style in STYLES:
        tree = read(written_tree(COMPANY, style), length_stated=not style.ending)
        assert list(tree.nodes.values()) == list(COMPANY), style


def test_line_ends_of_the_other_kind_are_text():
    nodes = [*SKELETON, Node(5, 4, "a\rb", "", "c\r\nd\r", "Offline", "techniciangroup")]
    assert read(written_tree(nodes, Style())).nodes[5] == nodes[-1]
    nodes = [*SKELETON, Node(5, 4, "a\nb", "", "c\n\nd\r", "Offline", "techniciangroup")]
    assert read(written_tree(nodes, Style(newline="\r\n"))).nodes[5] == nodes[-1]


def test_unknown_fields_after_type_are_tolerated_in_every_record_alike():
    body = written_tree(COMPANY, Style(tail=(("Nick", "a: b c"), ("Seen", ""))))
    assert list(read(body).nodes.values()) == list(COMPANY)
    with pytest.raises(TargetError, match="other fields after Type"):
        read(body.replace(b"Nick:a: b c\nSeen:\n", b"", 1))
    with pytest.raises(TargetError, match=r"record 2 .*other fields after Type"):
        read(body.replace(b"Nick", b"Knick", 2).replace(b"Knick", b"Nick", 1))


def test_unknown_words_are_carried_and_reported():
    nodes = [*COMPANY, Node(50, 31, "X", "", "", "In Session", "technician"), Node(51, 1, "Y", "", "", "", "robot")]
    checked = check_tree(parse_tree(read_reply(written_tree(nodes, Style())).rest.pieces()))
    assert checked.tree.nodes[50].status == "In Session"
    assert checked.tree.nodes[50].enabled
    assert [re.sub(r".*'(.*)'.*", r"\1", remark) for remark in checked.remarks] == ["In Session", "", "robot"]


def test_words_are_compared_without_case():
    body = written_tree(COMPANY, Style()).replace(b"Type:TechnicianGroup", b"Type:Technician Group")
    body = body.replace(b"Disabled", b"DISABLED")
    tree = read(body)
    assert tree.nodes[30].type == "techniciangroup"
    assert not tree.nodes[33].enabled


# --- hostile text ---------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "a", "Ä", "漢", "🦊", ":", " ", "  ", "\n", "\n\n", "\t", "Name:", "Email:", "Description:", "Status:", "Type:",
        "\nName:x", "\nEmail:", "\nStatus:Disabled", "\nStatus:Offline\nType:Root", "Status:Disabled Type:Technician",
        "OK", "NodeID:1", "\nNodeID:5", "ParentID:1", "NodeID:x\nParentID:1", "\u2028", "\x85", "\r", "<b>", "&#",
    ]
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), style=st.sampled_from(STYLES))
def test_hostile_names_and_descriptions_come_back_as_they_are(texts, style):
    """Any text in Name and Description, in any layout, gives the same values, but for what no reader can tell: the
    begin of a record inside a text, and a Name that holds the key which ends it."""
    for name, description in texts:
        assume("Email:" not in name)
        assume(not re.search(r"NodeID: ?-?[0-9]+\s+ParentID:", f"{name}\n{description}"))
    groups = [
        Node(100 + number, 4, name, "", description, "Offline", "techniciangroup")
        for number, (name, description) in enumerate(texts)
    ]
    body = written_tree([*SKELETON, *groups], style)
    assert list(read(body, length_stated=not style.ending).nodes.values())[4:] == groups


def test_a_record_in_a_description_is_found_when_it_lies_badly():
    forged = "x\nStatus:Offline\nType:Technician\n\nNodeID:{id}\nParentID:{parent}\nName:N\nEmail:\nDescription:"
    tina = COMPANY[9]
    for id_, parent, why in (
        (32, 31, "repeats NodeID 32"),
        (900, 999, "ParentID 999"),
        (900, 4, "a technician below a technicians"),
        (900, 20, "a technician below a administratorgroup"),
        (900, 900, "a technician below a technician"),
    ):
        nodes = list(COMPANY)
        nodes[9] = tina._replace(description=forged.format(id=id_, parent=parent))
        with pytest.raises(TargetError, match=why):
            read(written_tree(nodes, Style()))
    nodes[9] = tina._replace(description="x\n\nNodeID:900\nParentID:31\nName:half a record")
    with pytest.raises(TargetError, match=r"record 10 of 14 \(NodeID 32\)"):
        read(written_tree(nodes, Style()))


def test_what_cannot_be_found_is_a_whole_new_record_that_fits():
    """Documented in tree_checks: only getUser before the write tells (D15)."""
    forged = "x\nStatus:Offline\nType:Technician\n\nNodeID:900\nParentID:31\nName:N\nEmail:boss@x\nDescription:"
    nodes = [node._replace(description=forged) if node.id == 32 else node for node in COMPANY]
    assert read(written_tree(nodes, Style())).nodes[900].login == "boss@x"


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=40).map(lambda p: ("OK\n\n" + "".join(p)).encode()))
)
def test_any_bytes_are_a_tree_or_a_target_error(body):
    with suppress(TargetError):
        assert len(read(body)) > 3


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 2000), change=st.binary(max_size=6), length=st.integers(0, 40), stated=st.booleans())
def test_damaged_trees_are_trees_or_target_errors(at, change, length, stated):
    body = bytearray(written_tree(COMPANY, Style()))
    body[at : at + length] = change
    with suppress(TargetError):
        assert len(read(bytes(body), length_stated=stated)) > 3


# --- cuts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "style", [Style(), Style(newline="\r\n", blank=" "), Style(blank=" ", bom=True)], ids=["lf", "crlf", "bom"]
)
def test_a_cut_is_seen_unless_it_falls_between_two_records(style):
    """With the blank line required: whatever is read from a cut answer is a leading part of the records, each whole,
    and the cut was right behind the blank line that ends one of them."""
    nodes = [node._replace(description="") if node.id == 33 else node for node in COMPANY]
    body = written_tree(nodes, style)
    blank_line = style.newline.encode() * 2
    for cut in range(len(body)):
        try:
            parsed = parse_tree(read_reply(body[:cut]).rest.pieces())
        except TargetError:
            continue
        assert parsed[1:] == nodes[1 : len(parsed)]
        assert body[:cut].endswith(blank_line)


def test_a_cut_of_stated_length_is_seen_unless_it_ends_like_a_record():
    """A server that cuts its own answer and states that length: the last record read may have a shorter type."""
    nodes = list(COMPANY)
    body = written_tree(nodes, Style(ending=""))
    for cut in range(len(body)):
        try:
            parsed = parse_tree(read_reply(body[:cut]).rest.pieces(), length_stated=True)
        except TargetError:
            continue
        *whole, last = parsed
        assert whole[1:] == nodes[1 : len(whole)]
        assert last[2:6] == nodes[len(whole)][2:6]
        assert nodes[len(whole)].type.startswith(last.type)


def test_without_blank_line_or_stated_length_the_tree_is_refused():
    body = written_tree(COMPANY, Style(ending=""))
    assert len(read(body, length_stated=True)) == len(COMPANY)
    with pytest.raises(TargetError, match="cut off"):
        read(body)
    with pytest.raises(TargetError, match="cut off"):
        read(body.rstrip(), length_stated=False)
    assert len(read(body.rstrip(), length_stated=True)) == len(COMPANY)


# --- checks ---------------------------------------------------------------------------------------------------------


def changed(**changes: dict[str, object]) -> list[Node]:
    return [node._replace(**changes.get(f"n{node.id}", {})) for node in COMPANY]


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([], "0 nodes of type root"),
        ([*COMPANY, COMPANY[9]], "record 14 of the tree repeats NodeID 32"),
        ([*COMPANY, ROOT._replace(id=99)], "2 nodes of type root"),
        ([*COMPANY, SKELETON[3]._replace(id=99)], "2 nodes of type technicians"),
        ([node for node in COMPANY if node.id != 3], "0 nodes of type administrators"),
        (changed(n1={"parent": 4}), "root .* below node 4"),
        (changed(n32={"parent": None}), "no ParentID"),
        (changed(n32={"parent": 0}), "ParentID 0, which is not in the tree"),
        (changed(n32={"parent": 30000}), "ParentID 30000"),
        (changed(n32={"parent": 4}), "technician below a technicians"),
        (changed(n32={"parent": 33}), "technician below a technician"),
        (changed(n32={"parent": 40}), "technician below a channel"),
        (changed(n32={"parent": 34}), "technician below a administratorlink"),
        (changed(n21={"parent": 30}), "administrator below a techniciangroup"),
        (changed(n10={"parent": 3}), "masteradministrator below a administrators"),
        (changed(n31={"parent": 20}), "techniciangroup below a administratorgroup"),
        (changed(n4={"parent": 2}), "technicians below a masteradministrators"),
        (changed(n30={"parent": 31}), "is below itself"),
        (changed(n30={"parent": 30}), "is below itself"),
    ],
)
def test_inconsistent_trees_are_refused(nodes, why):
    with pytest.raises(TargetError, match=why):
        check_tree(nodes)


def test_what_an_unknown_type_holds_is_not_judged():
    nodes = [*COMPANY, Node(60, 4, "P", "", "", "", "pseudogroup"), Node(61, 60, "T", "", "", "Busy", "technician")]
    assert check_tree(nodes).tree.nodes[61].parent == 60
    with pytest.raises(TargetError, match="technician below a root"):
        check_tree([*COMPANY, Node(61, 1, "T", "", "", "Busy", "technician")])


def test_administrators_may_stand_below_their_category_and_order_does_not_matter():
    nodes = changed(n21={"parent": 3})
    assert len(check_tree(reversed(nodes)).tree) == len(nodes)


def test_nesting_has_an_end():
    chain = [Node(1000 + n, 999 + n if n else 4, "g", "", "", "Offline", "techniciangroup") for n in range(498)]
    tree = check_tree([*SKELETON, *reversed(chain)]).tree
    assert len(tree.groups[1497]) == 498
    chain += [Node(1498 + n, 1497 + n, "g", "", "", "Offline", "techniciangroup") for n in range(3)]
    with pytest.raises(TargetError, match="500 levels"):
        check_tree([*SKELETON, *chain])
    with pytest.raises(TargetError, match="500 levels"):
        check_tree([*SKELETON, *reversed(chain)])


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "\n\n\n",
        "\n\nNodeID:1",
        "\n\nhello\nNodeID:1\nParentID:0\n",
        "\n\nNodeID:\nParentID:0\nName:\nEmail:\nDescription:\nStatus:\nType:Root\n\n",
        "\n\nNodeID:1\nParentID:0\nName:\nEmail:\nDescription:\nStatus:\nType:\n\n",
        "\n\nNodeID:1\nParentID:0\nName:\nDescription:\nEmail:\nStatus:\nType:Root\n\n",
        "\n\nNodeID:" + "1" * 5000 + "\nParentID:0\nName:\nEmail:\nDescription:\nStatus:\nType:Root\n\n",
    ],
)
def test_malformed_texts_are_refused(payload):
    with pytest.raises(TargetError):
        parse_tree([payload])


# --- pieces -----------------------------------------------------------------------------------------------------------

STYLES = [
    Style(),
    Style(newline="\r\n", blank=" "),
    Style(one_line=True),
    Style(tail=(("LASTLOGIN", "1/2/2026 3:04 PM"),)),
]


@pytest.mark.parametrize("style", STYLES, ids=["lf", "crlf", "one line", "more fields"])
@pytest.mark.parametrize("size", [1, 2, 7, 64, 4095, 4096, 4097])
def test_wherever_the_text_is_cut_into_pieces_the_records_are_the_same(style, size):
    people = [
        COMPANY[-1]._replace(id=1000 + number, name=f"N {number}", description="" if style.one_line else "a\nb: c\n\nd")
        for number in range(80)
    ]
    text = read_reply(written_tree([*COMPANY, *people], style)).rest.whole()
    whole = parse_tree([text])
    assert len(whole) == len(COMPANY) + len(people)
    assert parse_tree(text[at : at + size] for at in range(0, len(text), size)) == whole


@pytest.mark.parametrize("size", [1, 50, 5000])
def test_the_record_that_cannot_be_read_is_named_the_same_in_any_pieces(size):
    text = read_reply(
        written_tree([*COMPANY, *(COMPANY[-1]._replace(id=1000 + n) for n in range(60))], Style())
    ).rest.whole()
    broken = text.replace("NodeID:1030\n", "NodeID:1030\nParentID:1\nNodeID:1030\n", 1)
    with pytest.raises(TargetError) as known:
        parse_tree([broken])
    with pytest.raises(TargetError) as caught:
        parse_tree(broken[at : at + size] for at in range(0, len(broken), size))
    assert str(caught.value) == str(known.value)
    assert "NodeID 1030" in str(known.value)


@pytest.mark.parametrize("unit", ["\nFoo:", " ", "\nEmail:\nDescription:"])
def test_a_record_without_an_end_is_not_searched_once_for_every_piece(unit):
    begun = time.process_time()
    with pytest.raises(TargetError):
        parse_tree(["\n\nNodeID:1\nParentID:\nName:" + "x" * 5000, *[unit * 100] * 3000])
    assert time.process_time() - begun < 3  # quadratic would be minutes


# --- size and time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        "\nEmail:\nDescription:", "\nStatus:\nType:x", "\nStatus:\nType:x\n\n\n\nfoo:", "\nNodeID:5\nParentID:",
        "\nFoo:", " Email:", " Email: Description:", " Status: Type:x", "\n", " ", "\r\n",
        "NodeID:1 ParentID:", "Name:\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "head", ["NodeID:1\nParentID:\nName:", "NodeID:1 ParentID: Name:", "NodeID:1\r\nParentID:0\r\n"]
)
@pytest.mark.parametrize("middle", ["", "\nEmail:\nDescription:", " Email: Description:"])
def test_time_is_linear_on_hostile_text(unit, head, middle):
    begun = time.process_time()
    with pytest.raises(TargetError):
        parse_tree([f"\n\n{head}{middle}{unit * 20_000}\nzz:\n!"])
    assert time.process_time() - begun < 1.5  # quadratic would be minutes


def test_ten_thousand_people_are_quick():
    people = [
        Node(1000 + n, 5, f"Person {n}", f"p{n}@contoso.example", f"[entra:8d2f:{n:036}@1#2]", "Offline", "technician")
        for n in range(10_000)
    ]
    body = written_tree([*SKELETON, Node(5, 4, "G", "", "", "Offline", "techniciangroup"), *people], Style())
    begun = time.process_time()
    tree = read(body)
    assert time.process_time() - begun < 1
    assert list(tree.nodes.values())[5:] == people
    assert len({id(node.status) for node in tree.nodes.values()}) == 1


def test_styles_are_what_they_say():
    assert written_tree([ROOT], replace(Style(), root_parent="")).decode() == (
        "OK\n\nNodeID:1\nParentID:\nName:Contoso\nEmail:\nDescription:\nStatus:Offline\nType:Root\n\n"
    )
