"""Ids beside names, in place: every other byte stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.pin import can_hold_node, named_groups, pin_names
from reconciler.config.yaml_lines import read_yaml

ID = "6a1d0c7e-0000-4000-8000-9f4e2b8d7c10"
FRAME = "version: 1\nmappings:\n  # one\n  - {}\n    rescue_group: A   # two\n"

CASES = {
    "plain": ("entra_group: Sales # why", f"entra_group: {{id: {ID}, name: Sales}} # why"),
    "unsafe in flow": ("entra_group: Sales, EMEA", f'entra_group: {{id: {ID}, name: "Sales, EMEA"}}'),
    "brackets": ("entra_group: Desk [all]", f'entra_group: {{id: {ID}, name: "Desk [all]"}}'),
    "single quotes": ("entra_group: 'It''s'", f"entra_group: {{id: {ID}, name: 'It''s'}}"),
    "double quotes": ('entra_group: "a\\tb: c"', f'entra_group: {{id: {ID}, name: "a\\tb: c"}}'),
    "several lines": ("entra_group: Sales\n      EMEA", f"entra_group: {{id: {ID}, name: Sales EMEA}}"),
    "folded": ("entra_group: >-\n      Sales\n      EMEA", f"entra_group: {{id: {ID}, name: Sales EMEA}}"),
    "flow": ("entra_group: { name: Sales }", f"entra_group: {{ id: {ID}, name: Sales }}"),
    "block": (
        "entra_group:\n      # why\n      name: Sales",
        f"entra_group:\n      # why\n      id: {ID}\n      name: Sales",
    ),
    "accents": ("entra_group: Équipe 😀 日本", f"entra_group: {{id: {ID}, name: Équipe 😀 日本}}"),
}


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("case", CASES)
def test_the_id_comes_to_the_name_and_nothing_else_changes(case: str, ending: str, bom: bytes) -> None:
    said, wanted = (bom + FRAME.replace("{}", text).replace("\n", ending).encode() for text in CASES[case])
    document = read_yaml("f", said)
    (named,) = named_groups(document)
    made = pin_names(said, document, {named.at: ID}, {})
    assert made == wanted
    assert named_groups(read_yaml("f", made)) == []


def test_only_names_without_an_id_are_pinned() -> None:
    text = f"""mappings:
  - {{entra_group: {ID}, rescue_group: A}}
  - {{entra_group: " {ID.upper()} ", rescue_group: A}}
  - {{entra_group: {{id: {ID}, name: X}}, rescue_group: A}}
  - {{entra_group: {{id: {ID}}}, rescue_group: A}}
  - {{entra_group: " Name ", rescue_group: A}}
"""
    found = named_groups(read_yaml("f", text.encode()))
    assert [(one.at, one.name, one.place) for one in found] == [(4, "Name", (6, 19))]


def test_node_ids_take_the_place_of_paths() -> None:
    text = b"mappings:\n  - {entra_group: a, rescue_group: A/B}\n  - entra_group: b\n    rescue_group: [A, 'B']  # x\n"
    document = read_yaml("f", text)
    made = pin_names(text, document, {}, {0: 7, 1: 8})
    assert made == text.replace(b"A/B", b"7").replace(b"[A, 'B']", b"8")


def test_a_list_of_several_lines_cannot_be_replaced() -> None:
    text = b"mappings:\n  - entra_group: b\n    rescue_group:\n      - A\n  - {entra_group: c, rescue_group: [A]}\n"
    document = read_yaml("f", text)
    assert [can_hold_node(text, document, number) for number in (0, 1)] == [False, True]


def test_the_sample_file_with_names_only() -> None:
    text = (Path(__file__).parents[2] / "mappings.yaml").read_text(encoding="utf-8")
    bare = text.replace("{id: 6a1d0c7e-0000-4000-8000-9f4e2b8d7c10, name: Helpdesk EMEA}", "Helpdesk EMEA").encode()
    document = read_yaml("f", bare)
    assert pin_names(bare, document, {named_groups(document)[0].at: ID}, {}).decode() == text
