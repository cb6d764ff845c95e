"""Texts of Rescue: the bulk read, every other answer, Descriptions. Each check is one of `targets`."""

from __future__ import annotations

import re
from typing import Any

from reconciler.errors import TargetError
from reconciler.model.comment_marker import make_comment_marker, read_comment_marker
from reconciler.model.hierarchy import Node, Role
from reconciler.model.marker import Marker, find_group_markers, find_markers, with_marker, without_marker
from reconciler.target.answers import judge
from reconciler.target.record_wire import parse_account, parse_group, parse_user
from reconciler.target.rescue_wire import created_id, read_reply
from reconciler.target.shapes import inside_of, outside_of
from reconciler.target.tree_checks import check_tree
from reconciler.target.tree_wire import parse_tree
from reconciler.transport import Answer
from tests.target.wire_text import SPELLED, written_user

from . import second_marker
from .second_parser import Unreadable, read_records

UUID = "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10"


def check_hierarchy(data: bytes) -> bool:
    """The bulk read: the second parser reads the same, however it is cut into pieces, and what passes is a tree."""
    nodes = _parsed(data, 1 << 20)
    assert _parsed(data, 1 + len(data) % 61) == nodes, "in other pieces, other things are read"
    text = data.decode("utf-8", "replace")
    if reply_is_plain(text):
        _compare(nodes, text)
    if nodes is None:
        return False
    assert _parsed(data, 1 << 20, length_stated=True) == nodes, "a stated length changes what is read"
    try:
        tree = check_tree(nodes).tree
    except TargetError:
        return False
    check_tree_is_one(nodes, tree.nodes)
    for node in tree.nodes.values():
        tree.path_text(node.id)
    assert tree.category(Role.TECHNICIAN).type == "technicians"
    return True


def _parsed(data: bytes, size: int, *, length_stated: bool = False) -> list[Node] | None:
    """None for what is refused."""
    try:
        text = read_reply(data).rest.whole()
        pieces = (text[at : at + size] for at in range(0, max(1, len(text)), size))
        return parse_tree(pieces, length_stated=length_stated)
    except TargetError:
        return None


def reply_is_plain(text: str) -> bool:
    """Whether the text has nothing of what only the tolerant parser knows: there the two must agree entirely.

    That is: CRLF, blanks behind numbers, lines of blanks, tabs and more fields behind Type, words that are not ASCII,
    numbers of more than 18 digits, and text that does not begin with a record.
    """
    return (
        re.match(r"\ufeff?OK\n\n+NodeID: ?-?[0-9]+\nParentID:", text) is not None
        and "\r" not in text
        and "\ufffd" not in text
        and re.search(r"[0-9]{19}|[0-9][ \t]+\n|ID:(?: [ \t]|\t)|\n[ \t]+\n|\n[ \t]+$", text) is None
        and re.search(r"\nType:[^\n]*\t", text) is None
        and re.search(r"\nType: ?[^\n]*\n(?!NodeID:)[A-Za-z]", text) is None
        and all(line.isascii() for line in text.split("\n") if line.startswith(("Status:", "Type:")))
    )


def _compare(nodes: list[Node] | None, text: str) -> None:
    try:
        records = read_records(text)
    except Unreadable as why:
        if nodes is not None:
            raise AssertionError("only the second parser finds this unreadable") from why
        return
    assert nodes is not None, "only the second parser reads this"
    slow = [
        (r.node_id, r.parent_id, r.name, r.email, r.description, r.status.strip(), r.type.replace(" ", "").lower())
        for r in records
    ]
    assert slow == [tuple(node) for node in nodes], "the two parsers read different things"


def check_tree_is_one(sent: list[Node], kept: dict[int, Node]) -> None:
    """Said once more, without a look at `tree_checks`."""
    assert len(kept) == len(sent), "a record was lost"
    roots = [node for node in kept.values() if node.type == "root"]
    assert len(roots) == 1, "not one root"
    for word in ("masteradministrators", "administrators", "technicians"):
        assert sum(node.type == word for node in kept.values()) == 1, f"not one {word}"
    for node in kept.values():
        steps, above = 0, node
        while above.parent is not None:
            above = kept[above.parent]
            steps += 1
            assert steps <= len(kept), "a loop"
        assert above is roots[0], "not below the root"
    for node in kept.values():
        if node.type == "technician":
            assert kept[node.parent or 0].type not in ("technician", "administratorgroup", "channel", "root")


def check_records(data: bytes) -> bool:
    """Every other answer: judged without an exception, and read, or refused with TargetError."""
    for status in (200, 302, 404, 429, 503):
        answer = Answer(status, {"content-type": "text/plain", "content-length": str(len(data))}, data)
        judged = judge(answer)
        assert judged.word or judged.why, "neither a word nor a reason"
        if status == 200:
            assert isinstance(outside_of(answer), str)
            assert all(isinstance(line, str) for line in inside_of(answer))
    try:
        payload = read_reply(data).rest.whole()
    except TargetError:
        return False
    number = created_id(payload)
    assert number is None or str(number).lstrip("-") in payload or "0" in payload
    read = 0
    for parse in (parse_user, parse_group, parse_account):
        try:
            value: Any = parse(payload)
        except TargetError:
            continue
        read += 1
        if parse is parse_user and _is_tame(value):
            again = read_reply(written_user(value)).rest.whole()
            assert parse_user(again) == value, "written anew, the record reads otherwise"
    return read > 0


def _is_tame(value: Any) -> bool:
    """Whether the plain layout can hold the record: no value but Description holds a key or a line break of its own."""
    others = (value.name, value.nick, value.login, value.sso_id, value.status)
    keys = re.compile(r"(?:NAME|NICK|EMAIL|SSOID|DESCRIPTION|TYPE|NODEID):|[\r\n]", re.IGNORECASE)
    plain = not any(keys.search(text) for text in others) and value.type in SPELLED
    return plain and "\r" not in value.description and not value.status.startswith(" ")


# -- markers --------------------------------------------------------------------------------------------------------


def check_marker(data: bytes) -> bool:
    """A Description: the second finder finds the same, and writing a marker changes only its own characters."""
    text = data.decode("utf-8", "replace")
    found = find_markers(text)
    slow = {(m.owner, m.entra_id, m.mapping, m.print, m.licence, m.off) for m in found}
    assert slow == second_marker.persons_in(text), "the two finders find different markers"
    assert {tuple(m) for m in find_group_markers(text)} == second_marker.groups_in(text)
    new = [
        Marker("8d2f", UUID, "0123abcd", "89ef4567", off=True),
        *(m._replace(off=not m.off) for m in sorted(found, key=str)[:1]),
    ]
    for marker in new:
        written = with_marker(text, marker)
        assert find_markers(written) == {marker}, "not the marker that was written"
        assert with_marker(written, marker) == written, "writing it twice is not writing it once"
        if found:
            assert without_marker(written) == without_marker(text), "text around the marker was lost"
        else:
            blank = "" if not text or text.endswith(" ") else " "
            assert written == f"{text}{blank}{marker}", "not at the end, after one space"
    said = read_comment_marker(text)
    if said is not None and "kind" in said and "file" in said:
        more = {key: value for key, value in said.items() if key not in ("kind", "file")}
        if not {"self", "kind", "file"} & set(more):
            assert read_comment_marker(make_comment_marker(said["kind"], said["file"], **more)) == said
    return bool(found)
