"""Groups of both sides as text and as JSON: numbers that are not known, twins, and names that would be commands."""

from __future__ import annotations

import json

from reconciler.model.choices import FoundGroup, Licences, MemberCount, RescueGroup, Search
from reconciler.model.hierarchy import Role
from reconciler.render.choices import render_search, render_tree, search_as_json, tree_as_json

ID = "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10"
HOSTILE = "a\x1b[2J\nb\u202ec"


def group(name: str, *, hidden: bool = False, dynamic: bool = False, id_: str = ID) -> FoundGroup:
    return FoundGroup(id_, name, "security", dynamic, hidden)


def test_numbers_say_what_they_are() -> None:
    found = Search((*(group(name, id_=name) for name in "abc"), group("d", hidden=True, dynamic=True)), 4, True)
    counts = {"a": MemberCount(1, 0, more=False), "b": MemberCount(999, 1, more=True), "c": None}
    assert [line.split("  ")[-1].strip() for line in render_search(found, counts, shown=9).splitlines()] == [
        "MEMBERS", "1 person", "more than 999 people, 1 group", "not known", "hidden membership",
    ]  # fmt: skip
    assert "security, dynamic" in render_search(found, counts, shown=9)


def test_more_than_fits_is_said() -> None:
    found = Search(tuple(group(f"g{number}") for number in range(5)), 5, True)
    text = render_search(found, {}, shown=2)
    assert text.splitlines()[-1] == "... and 3 more; a longer term finds fewer"
    assert len(json.loads(search_as_json(found, {}, "g"))["groups"]) == 5


def test_nothing_found_is_no_table() -> None:
    assert render_search(Search((), 7, True), {}, shown=9) == ""


def test_no_name_is_a_command_for_the_terminal() -> None:
    text = render_search(Search((group(HOSTILE),), 1, True), {}, shown=9)
    text += render_tree(HOSTILE, 7, {Role.TECHNICIAN: [RescueGroup(1, Role.TECHNICIAN, (HOSTILE,), 0, 0, True)]})
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "a\\x1b[2J\\x0ab\\u202ec" in text


def test_columns_stay_in_line_beside_wide_names() -> None:
    lines = render_search(Search((group("日本"), group("abcd")), 2, True), {}, shown=9).splitlines()
    assert lines[1] == f"日本  {ID}  security  not known"
    assert lines[2] == f"abcd  {ID}  security  not known"


def test_the_tree_tells_twins_and_licences() -> None:
    groups = [
        RescueGroup(1, Role.TECHNICIAN, (), 0, 0, ambiguous=False),
        RescueGroup(2, Role.TECHNICIAN, ("A",), 3, 1, ambiguous=True),
        RescueGroup(3, Role.TECHNICIAN, ("A",), 0, 0, ambiguous=True),
    ]
    licences = {2: Licences(2, 1, rpat_known=False)}
    assert render_tree("Contoso", 7, {Role.TECHNICIAN: groups}, licences) == (
        "Contoso, account 7\n\n"
        "Technicians       NODE  ENABLED  DISABLED  MOBILE  RPAT\n"
        "(directly below)  1     0        0         0       0\n"
        "  A               2     3        1         2       ?\n"
        "  A               3     0        0         0       0\n"
        "  ! A is there more than once: write the node id as rescue_group\n"
    )
    said = json.loads(tree_as_json("Contoso", 7, {Role.TECHNICIAN: groups}, licences))["groups"]
    assert [(one["node_id"], one["path_is_unique"], one["mobile"], one["rpat"]) for one in said] == [
        (1, True, 0, 0), (2, False, 2, None), (3, False, 0, 0),
    ]  # fmt: skip
