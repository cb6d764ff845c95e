"""Values written as YAML read back as the same values, whatever foreign names hold."""

from __future__ import annotations

import pytest

from reconciler.config.yaml_lines import read_yaml
from reconciler.config.yaml_text import WIDTH, block, comment, inline, scalar

TEXTS = [
    "Helpdesk EMEA", "Service Desk (all regions)", "R&D", "a@b.example", "no", "off", "null", "~", "true", "12", "1e5",
    "0x1F", "2027-01-31", "24:30", "a: b", "a #b", "#a", "- a", "-", "[a]", "{a}", "a, b", "'quoted'", '"quoted"',
    "back\\slash", " lead", "trail ", "a  b", "é", "e\u0301", "日本語", "😀",
    "&a", "*a", "!a", "%a", "@a", "`a", "|", ">",
    "<<", "=", "a\u00a0b", "a\u2028b", "a\u007fb", "a\tb", "a\nb", "", "?", "a:", ":a", "It's", "20%",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("pure", [True, False])
def test_text_reads_back_in_block_and_in_flow(text: str, pure: bool) -> None:
    source = f"a: {scalar(text)}\nb: {inline([text, {'k': text}])}\n"
    assert read_yaml("", source.encode(), pure=pure).value == {"a": text, "b": [text, {"k": text}]}


@pytest.mark.parametrize("text", ["Helpdesk EMEA", "Service Desk (all regions)", "EMEA/Helpdesk", "R&D", "a@b.example"])
def test_ordinary_names_are_not_quoted(text: str) -> None:
    assert scalar(text) == text


def test_everything_a_file_may_hold_reads_back() -> None:
    value = {
        "version": 1,
        "settings": {},
        "guards": {"max_removals": "20%", "max_moves": "off", "min_admins": 2},
        "rescue": {"requests_per_second": 0.5},
        "protected": ["a@b.example", "*"],
        "defaults": {"permissions_from": None, "full_sync": True},
        "mappings": [{"entra_group": {"id": "x", "name": "y"}, "rescue_group": ["A/B", "C"], "replaces": []}, {}],
        "permits": [{"guard": "max_moves", "actions": ["5be0c1d29a7f0013"], "until": "2026-12-01"}],
    }
    source = "\n".join(block(value))
    assert read_yaml("", source.encode()).value == value
    assert "  - entra_group: {id: x, name: y}\n    rescue_group: [A/B, C]" in source


@pytest.mark.parametrize("text", ["a\nb: c", "a\rb", "a\u2028b", "a\x1b[31mb", "a\u0085b", "word " * 60, "x" * 400, ""])
def test_a_comment_stays_a_comment(text: str) -> None:
    lines = comment(text, 2)
    assert all(line.startswith("  #") and line.isprintable() for line in lines)
    assert read_yaml("", "\n".join([*lines, "a: 1"]).encode()).value == {"a": 1}
    assert all(len(line) <= WIDTH for line in lines) or " " not in text


def test_remarks_stand_behind_their_values() -> None:
    assert block({"region": "us"}, 2, {"region": "us | eu"}) == ["  region: us                  # us | eu"]
