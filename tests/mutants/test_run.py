"""The runner of `make mutants` but for the tools themselves, and that what is explained is still there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .rooms import ROOT, Room, choose, shown_change
from .run import EXPLAINED, read_explained
from .with_cosmic_ray import others
from .with_mutmut import file_of, forget_copies, pass_twice

FOUND = read_explained(EXPLAINED.read_text(encoding="utf-8"))


def test_entries_are_read_by_file_and_line() -> None:
    text = "# x\n\n## a/b.py\n\nWhy.\n\n```diff\n- a  = 1\n+ a = 2\n```\n\n```diff\n- b\n+ c\n```\n\n## c.py\n"
    assert read_explained(text) == {"a/b.py": {"a = 1 -> a = 2", "b -> c"}}


@pytest.mark.parametrize("block", ["```diff\n- b\n+ c\n", "```diff\n- b\n```\n", "```diff\n- a = 1\n+ a = 2\n```\n"])
def test_an_entry_that_cannot_be_read_or_is_there_twice_is_an_error(block: str) -> None:
    with pytest.raises(SystemExit, match=r"a block of a/b\.py"):
        read_explained(f"## a/b.py\n\n```diff\n- a = 1\n+ a = 2\n```\n\n{block}\n## c.py\n")


@pytest.mark.parametrize(
    ("mutant", "path"),
    [
        ("reconciler.planning.guards.x__limit__mutmut_10", "planning/guards.py"),
        ("reconciler.planning.explain.why.x_a__mutmut_1", "planning/explain/why.py"),
        ("reconciler.apply.seats.xǁSeatsǁtake__mutmut_2", "apply/seats.py"),
    ],
)
def test_the_file_of_a_mutant(mutant: str, path: str) -> None:
    assert file_of(mutant) == path


@pytest.mark.parametrize(("taken", "passes"), [("STEPS", False), ("list(STEPS)", True)], ids=["used up", "copied"])
def test_tests_that_use_up_what_they_need_are_found(tmp_path: Path, taken: str, *, passes: bool) -> None:
    """In a second run of the process they fail for whatever was changed."""
    (tmp_path / "test_it.py").write_text(f"STEPS = [1]\n\n\ndef test_it():\n    assert {taken}.pop() == 1\n", "utf-8")
    assert pass_twice(tmp_path, Room("room", "", ".")) is passes


def test_files_are_chosen_by_their_room_and_others_refused() -> None:
    assert choose(["model/marker.py", "planning/guards.py"]) == {
        "model": ["model/marker.py"],
        "planning": ["planning/guards.py"],
    }
    whole = choose([])
    assert {"planning", "target", "apply", "model"} == whole.keys()
    assert "planning/explain/why.py" in whole["planning"]
    with pytest.raises(SystemExit, match=r"cli/main\.py"):
        choose(["cli/main.py"])


@pytest.mark.parametrize("path", sorted(FOUND))
def test_whatever_is_explained_still_stands_in_the_file(path: str) -> None:
    lines = {" ".join(line.split()) for line in (ROOT / "reconciler" / path).read_text(encoding="utf-8").splitlines()}
    gone = [change for change in sorted(FOUND[path]) if change.partition(" -> ")[0] not in lines]
    assert gone == [], "take these out of survivors.md"


def test_a_change_is_shown_as_one_line() -> None:
    diff = "--- a.py\n+++ b.py\n@@ -1,2 +1,2 @@\n def a():\n-    return  1\n+    return 2\n"
    assert shown_change(diff) == "return 1 -> return 2"


FILE = """LAST = 5 + 1

@dataclass(frozen=True)
class A:
    b: int | None = 3

    @property
    def c(self) -> int | None:
        return self.b + 7

    @staticmethod
    def d(e: int = 8) -> int:
        return e + 9

def f() -> int:
    return 10
"""


@pytest.mark.parametrize(
    ("text", "left_alone"),
    [
        ("5 + 1", True), ("= 3", True), ("+ 7", True), ("+ 9", False), ("8", False), ("10", False),
        ("True", False), ("@property", False), ("| None =", False), ("| None:", False),
    ],
)  # fmt: skip
def test_what_mutmut_leaves_alone(text: str, left_alone: bool) -> None:
    row, line = next((row, line) for row, line in enumerate(FILE.splitlines(), 1) if text in line)
    place = (row, line.index(text))
    assert any(a <= place < b for a, b in others(ast.parse(FILE))) != left_alone


@pytest.mark.parametrize(("name", "passes"), [("ab", True), ("a\\b", False)], ids=["plain", "with a backslash"])
def test_tests_that_are_not_found_by_their_id_are_found_out(tmp_path: Path, name: str, *, passes: bool) -> None:
    """pytest ends with an error for all that are named together, whatever was changed."""
    text = f"import pytest\n\n\n@pytest.mark.parametrize('it', [1], ids=[{name!r}])\ndef test_it(it):\n    assert it\n"
    (tmp_path / "test_it.py").write_text(text, "utf-8")
    assert pass_twice(tmp_path, Room("room", "", ".")) is passes


@pytest.mark.parametrize(("text", "stays"), [("def x_a__mutmut_1(): ...", True), ("def a(): ...", False)])
def test_a_copy_without_changes_is_made_again(tmp_path: Path, text: str, stays: bool) -> None:
    """mutmut copies every file, and changes those of the run; what it said of one goes with the copy."""
    made = [tmp_path / "mutants" / "reconciler" / "a" / name for name in ("b.py", "b.py.meta", "b.py.spans")]
    made[0].parent.mkdir(parents=True)
    reached = tmp_path / "mutants" / "mutmut-stats.json"
    for path in (*made, reached):
        path.write_text(text, encoding="utf-8")
    forget_copies(tmp_path, ["a/b.py"])
    assert {path.exists() for path in (*made, reached)} == {stays}
    forget_copies(tmp_path, ["a/b.py", "a/new.py"])
    assert not reached.exists(), "which tests reach the new one is not known"
