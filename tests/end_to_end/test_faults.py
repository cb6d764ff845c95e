"""Every call of one run goes wrong in turn; then the undisturbed command runs, and the end is the usual one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .world import STORY_FILE, STORY_WRITES, Done, World, nth, story, world

Snapshot = list[tuple[object, ...]]

WRITE_FAULTS: dict[str, dict[str, Any]] = {
    "drop_before": {"effect": "drop_before"},
    "drop_after": {"effect": "drop_after"},
    "error_before": {"effect": "error_before"},
    "error_after": {"effect": "error_after"},
    "429": {"effect": "status", "status": 429},
    "429_wait": {"effect": "status", "status": 429, "retry_after": 2},
    "429_always": {"effect": "status", "status": 429, "times": 5},
    "503": {"effect": "status", "status": 503},
    "503_after": {"effect": "status", "status": 503, "after": True},
    "html": {"effect": "html"},
    "html_after": {"effect": "html", "after": True},
    "truncated": {"effect": "truncate", "keep": 1, "length": "lying"},
    "redirect": {"effect": "redirect", "location": "https://elsewhere.example/"},
    "NOTLOGGEDIN": {"effect": "token", "token": "NOTLOGGEDIN"},
    "INVALID_SECRETAUTHCODE": {"effect": "token", "token": "INVALID_SECRETAUTHCODE"},
    "POLLRATEEXCEEDED": {"effect": "token", "token": "POLLRATEEXCEEDED"},
    "a new word": {"effect": "token", "token": "INVALIDPARAM_MOONPHASE"},
}
DEAD = {"NOTLOGGEDIN", "INVALID_SECRETAUTHCODE"}
"""Words about ourselves: with a token there is nothing to renew, so the run ends."""
HARMLESS = {"POLLRATEEXCEEDED", "429", "429_wait"}
"""Repeated, since nothing was done; but createUser, which is sent once whatever the answer."""
KNOWN_UNDONE = {"a new word", *DEAD}


@pytest.mark.parametrize("fault", WRITE_FAULTS)
@pytest.mark.parametrize("index", range(len(STORY_WRITES)), ids=[write.replace(" ", "-") for write in STORY_WRITES])
def test_one_write_goes_wrong(tmp_path: Path, wanted: Snapshot, index: int, fault: str) -> None:
    method, number = nth(index)
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method=method, nth=number, **WRITE_FAULTS[fault])
        done = made.apply()
        assert any(entry.get("fault") for entry in made.writes())
        repeated = fault in HARMLESS and method != "createUser"
        assert (done.code == 0) == (repeated or lost_but_found(method, fault)), (done.results, done.err)
        assert done.outcomes is not None
        assert done.outcomes["exit_code"] == done.code
        if fault in DEAD:
            check_ended(done, made)
        elif done.code and fault not in KNOWN_UNDONE and method != "createUser":
            assert "unknown" in done.results
        made.box.state.clear_faults()
        finish(made, wanted)


def lost_but_found(method: str, fault: str) -> bool:
    """createUser with an effect and without an answer: the tree shows the node, and the creation goes on (D14)."""
    return method == "createUser" and fault in {
        "drop_after",
        "error_after",
        "503_after",
        "html_after",
        "truncated",
    }


def check_ended(done: Done, made: World) -> None:
    """One clear message; nothing was sent after the refusal; nobody is left without an outcome."""
    assert done.err.count("the run ended") == 1, done.err
    assert done.outcomes is not None
    results = [item["outcome"] for item in done.outcomes["actions"]]
    ended_at = results.index("failed")
    assert results == ["done"] * ended_at + ["failed"] + ["skipped"] * (len(results) - ended_at - 1)
    assert made.calls()[-1].get("fault") == "token"


def finish(made: World, wanted: Snapshot) -> None:
    """The undisturbed command, twice at most; then everything is as if nothing had happened."""
    first = made.apply()
    assert first.code in (0, 6), first.err
    if first.code:
        second = made.apply()
        assert second.code == 0, second.out + second.err
    assert made.tree() == wanted
    logins = Counter(row["email"] for row in made.box.state.nodes() if row["type"] == "Technician")
    assert max(logins.values()) == 1
    assert "" not in logins
    assert made.call("plan", "--detailed-exitcode").code == 0


READS = (
    *(("getHierarchy_v2", number) for number in range(1, 6)),
    ("getAccount", 1),
    *(("getUser_v2", number) for number in range(1, 19)),
    ("getUser_v3", 1),
    ("getUser_v3", 2),
)
"""Every reading call of the story's run: before the plan, before each write, between the stages, at the end."""
READ_FAULTS: dict[str, dict[str, Any]] = {
    "drop": {"effect": "drop_before"},
    "ERROR": {"effect": "error_before"},
    "html": {"effect": "html"},
    "INVALID_SECRETAUTHCODE": {"effect": "token", "token": "INVALID_SECRETAUTHCODE"},
    "ERROR for ever": {"effect": "error_before", "times": 1_000_000},
}


def test_the_reads_are_all_named_here(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.apply().code == 0
        counted = Counter(entry["call"] for entry in made.calls() if entry not in made.writes())
    assert counted == Counter(method for method, _ in READS)


@pytest.mark.parametrize("fault", READ_FAULTS)
@pytest.mark.parametrize(("method", "number"), READS, ids=[f"{method}-{number}" for method, number in READS])
def test_one_read_goes_wrong(tmp_path: Path, wanted: Snapshot, method: str, number: int, fault: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        made.box.state.add_fault(side="rescue", method=method, nth=number, **READ_FAULTS[fault])
        done = made.apply()
        if fault in ("drop", "ERROR") or done.code == 0:
            assert done.code == 0, done.err
            assert made.tree() == wanted
        elif done.unplanned:
            assert done.code == 1
            assert made.writes() == []
            assert made.tree() == before
        else:
            assert done.code == 6, done.err
            if fault == "INVALID_SECRETAUTHCODE":
                assert made.calls()[-1].get("fault") == "token"
        made.box.state.clear_faults()
        finish(made, wanted)


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "truncate", "keep": 0.5},
        {"effect": "truncate", "keep": 0.5, "length": "none"},
        {"effect": "truncate", "keep": 0.5, "length": "lying"},
        {"effect": "truncate", "keep": 0.9},
        {"effect": "truncate", "keep": 3},
        {"effect": "slow", "seconds": 0.1, "trickle": True},
        {"effect": "status", "status": 429, "retry_after": 2},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
@pytest.mark.parametrize("number", range(1, 6))
def test_the_tree_comes_in_part(tmp_path: Path, wanted: Snapshot, number: int, fault: dict[str, Any]) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        made.box.state.add_fault(side="rescue", method="getHierarchy_v2", nth=number, times=1, **fault)
        done = made.apply()
        if done.unplanned:
            assert done.code == 1
            assert made.tree() == before
        else:
            assert done.code in (0, 6)
            assert done.code == 6 or made.tree() == wanted
        made.box.state.clear_faults()
        finish(made, wanted)


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "drop_before"},
        {"effect": "error_before"},
        {"effect": "html"},
        {"effect": "status", "status": 429, "retry_after": 1},
        {"effect": "status", "status": 503},
        {"effect": "truncate", "keep": 0.5},
        {"effect": "status", "status": 403},
        {"effect": "status", "status": 401},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
@pytest.mark.parametrize("times", [1, 1_000_000])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_entra_goes_wrong(tmp_path: Path, wanted: Snapshot, number: int, times: int, fault: dict[str, Any]) -> None:
    """Everything asked of Entra comes before the plan: the run does nothing at all, or less, or everything."""
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        made.box.state.add_fault(side="graph", nth=number, times=times, **fault)
        done = made.apply()
        if done.code == 1:
            assert made.tree() == before
            assert made.writes() == []
        else:
            # a frozen mapping is an error; people whose other addresses are not known are only not created
            assert done.code in (0, 6), done.err
            assert set(made.tree()) <= set(before) | set(wanted)
        made.box.state.clear_faults()
        finish(made, wanted)


@pytest.mark.parametrize("index", range(len(STORY_WRITES)))
def test_the_session_ends_before_a_write(tmp_path: Path, wanted: Snapshot, index: int) -> None:
    """With e-mail and password there is something to renew: the write goes on, a creation is left for the next run."""
    method, number = nth(index)
    with world(story(), STORY_FILE, tmp_path) as made:
        made.env |= {"RESCUE_EMAIL": "sync@contoso.example", "RESCUE_PASSWORD": "Sync-Pw-2026"}
        del made.env["RESCUE_API_TOKEN"]
        made.box.state.add_fault(side="rescue", method=method, nth=number, effect="token", token="NOTLOGGEDIN")
        done = made.apply()
        assert done.code == (6 if method == "createUser" else 0), done.err
        finish(made, wanted)
