"""The runner of `make mutants` but for mutmut itself, and that what is explained is still there."""

from __future__ import annotations

import pytest

from .run import EXPLAINED, ROOT, choose, file_of, read_explained

FOUND = read_explained(EXPLAINED.read_text(encoding="utf-8"))


def test_entries_are_read_by_file_and_line() -> None:
    text = "# x\n\n## a/b.py\n\nWhy.\n\n```diff\n- a  = 1\n+ a = 2\n```\n\n```diff\n- b\n+ c\n```\n\n## c.py\n"
    assert read_explained(text) == {"a/b.py": {"a = 1 -> a = 2", "b -> c"}}


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
