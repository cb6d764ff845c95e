"""What docs/reliability.md says is there, and its table is what the targets left."""

from __future__ import annotations

import re

import pytest

from .figures import DOC, HEAD, TARGETS, row, write

LEFT = {
    "faults": {"faults": 2154, "kinds": 50, "points": 116, "failures": 1},
    "soak": {"histories": 2000, "steps": 16000, "runs": 25000, "failures": 0},
    "fuzz": {"marker": {"inputs": 10, "failures": 1}, "yaml": {"inputs": 2000, "failures": 2}},
    "mutants": {
        "guards.py": {"mutants": 100, "killed": 90, "explained": 8, "survived": 10},
        "marker.py": {"mutants": 100, "killed": 100, "explained": 0, "survived": 0},
    },
}


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("faults", "2,154 faults of 50 kinds, at 116 points of a run | 1"),
        ("soak", "2,000 histories, 16,000 steps, 25,000 runs of the command | 0"),
        ("fuzz", "2,010 inputs to 2 readers | 3"),
        ("mutants", "200 mutants of 2 files: 190 killed (95.0 %), 8 explained | 2"),
    ],
)
def test_each_target_has_a_row(target: str, told: str) -> None:
    assert row(target, LEFT[target], "2026-11-26") == f"| `make {target}` | 2026-11-26 | {told} |\n"


def test_a_table_takes_the_place_of_the_one_before() -> None:
    once = write(DOC.read_text(encoding="utf-8"), HEAD + "| one |\n")
    assert "| one |" in once
    twice = write(once, HEAD + "| two |\n")
    assert twice == once.replace("| one |", "| two |")


def test_the_document_has_every_target() -> None:
    told = DOC.read_text(encoding="utf-8")
    assert {name for name in TARGETS if f"`make {name}" in told} == set(TARGETS)
    assert len(re.findall(r"^\| `make ", told, re.MULTILINE)) == len(TARGETS)
