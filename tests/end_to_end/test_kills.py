"""A process killed at any of its writes, before the effect or after it: the next run ends as an undisturbed one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .world import STORY_FILE, STORY_WRITES, nth, story, world


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("index", range(len(STORY_WRITES)), ids=[write.replace(" ", "-") for write in STORY_WRITES])
def test_killed_at_a_write(tmp_path: Path, wanted: list[tuple[object, ...]], index: int, after: bool) -> None:
    method, number = nth(index)
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method=method, nth=number, effect="stall", after=after)
        process = made.start("apply", "--yes", "--out", "outcomes.json")
        made.await_call(lambda entry: entry.get("fault") == "stall", process)
        made.kill(process)
        assert len(made.writes()) == index + 1
        first = made.apply()
        assert first.code in (0, 6), first.err
        if first.code:
            assert made.apply().code == 0
        assert made.tree() == wanted
        logins = Counter(row["email"] for row in made.box.state.nodes() if row["type"] == "Technician")
        assert max(logins.values()) == 1
        assert "" not in logins
        assert made.call("plan", "--detailed-exitcode").code == 0
