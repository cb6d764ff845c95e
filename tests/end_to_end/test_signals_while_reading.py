"""A signal while either side is silent ends the command at once, in words: it waits for no answer, and nothing was
written. product.md §3: what could not be read is exit code 1, whoever ended it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .world import STORY_FILE, World, story, upn, world

READING = [
    pytest.param(("plan",), signal.SIGINT, id="plan, Ctrl-C"),
    pytest.param(("plan", "--out", "plan.json"), signal.SIGTERM, id="plan, SIGTERM"),
    pytest.param(("explain", upn("keep")), signal.SIGTERM, id="explain, SIGTERM"),
    pytest.param(("doctor",), signal.SIGTERM, id="doctor, SIGTERM"),
    pytest.param(("apply", "--yes"), signal.SIGINT, id="apply, Ctrl-C"),
    pytest.param(("apply", "--yes"), signal.SIGTERM, id="apply, SIGTERM"),
]


def silent(made: World, side: str, method: str, *words: str) -> subprocess.Popen[str]:
    """A command that waits for an answer that does not come."""
    made.box.state.add_fault(side=side, method=method, nth=1, effect="stall")
    process = made.start(*words)
    for _ in range(2000):
        if any(fault["fired"] for fault in made.box.state.faults()):
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("nobody was asked")


@pytest.mark.parametrize(("words", "number"), READING)
@pytest.mark.parametrize(("side", "method"), [("graph", "batch"), ("rescue", "getHierarchy_v2")])
def test_a_signal_while_a_side_is_silent(
    tmp_path: Path, side: str, method: str, words: tuple[str, ...], number: signal.Signals
) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        process = silent(made, side, method, *words)
        process.send_signal(number)
        done = made.finish(process)  # which waits less than a silent side is waited for
        assert done.code == 1
        assert done.err.splitlines()[-1] == f"Stopped by {number.name}; nothing was changed."
        assert "plan.json" not in {place.name for place in tmp_path.iterdir()}
        assert made.tree() == before
        assert made.writes() == []


def test_groups_and_init_end_in_words_too(tmp_path: Path) -> None:
    """What writes a file, or may have written elsewhere, does not say that nothing was changed."""
    with world(story(), STORY_FILE, tmp_path) as made:
        for words, said in (
            (("groups", "rescue"), "Stopped by SIGTERM; nothing was changed."),
            (("init", "new.yaml", "--import"), "Stopped by SIGTERM."),
        ):
            process = silent(made, "rescue", "getHierarchy_v2", *words)
            process.send_signal(signal.SIGTERM)
            done = made.finish(process)
            made.box.state.clear_faults()
            assert (done.code, done.err.splitlines()[-1]) == (1, said)


def test_in_json_the_line_is_one_of_the_log(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        process = silent(made, "rescue", "getHierarchy_v2", "plan", "--log-format", "json")
        process.send_signal(signal.SIGTERM)
        done = made.finish(process)
        assert done.code == 1
        last = json.loads(done.err.splitlines()[-1])
        assert (last["message"], last["exit_code"]) == ("stopped by SIGTERM; nothing was changed", 1)


def test_a_signal_that_was_to_be_ignored_is_ignored(tmp_path: Path) -> None:
    """As `nohup` and `trap '' TERM` want it."""
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="getHierarchy_v2", nth=1, effect="slow", seconds=0.6)
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            process = made.start("plan")
        finally:
            signal.signal(signal.SIGTERM, before)
        made.await_call(lambda entry: entry.get("fault") == "slow", process)
        process.send_signal(signal.SIGTERM)
        assert made.finish(process).code == 0
