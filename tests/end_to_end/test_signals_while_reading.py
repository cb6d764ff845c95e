"""A signal while either side is silent ends the command at once: it waits for no answer, and nothing was written."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from .world import STORY_FILE, story, world


@pytest.mark.parametrize(
    ("words", "number"),
    [
        pytest.param(("plan",), signal.SIGINT, id="plan, Ctrl-C"),
        pytest.param(("apply", "--yes"), signal.SIGINT, id="apply, Ctrl-C"),
        pytest.param(("apply", "--yes"), signal.SIGTERM, id="apply, SIGTERM"),
    ],
)
@pytest.mark.parametrize(("side", "method"), [("graph", "batch"), ("rescue", "getHierarchy_v2")])
def test_a_signal_while_a_side_is_silent(
    tmp_path: Path, side: str, method: str, words: tuple[str, ...], number: signal.Signals
) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side=side, method=method, nth=1, effect="stall")
        before = made.tree()
        process = made.start(*words)
        for _ in range(2000):
            if {"graph", "rescue"} <= {entry["side"] for entry in made.box.requests()}:
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        assert [fault["fired"] for fault in made.box.state.faults()] == [1]
        process.send_signal(number)
        done = made.finish(process)  # which waits less than a silent side is waited for
        assert done.code != 0
        assert "Traceback" not in done.err
        assert made.tree() == before
        assert made.writes() == []
