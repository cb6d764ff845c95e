"""What commands write and show when the place they write to misbehaves, and on a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.files import check_distinct, check_writable, write_whole
from reconciler.errors import UsageError

from .conftest import COMMAND, Shell
from .terminal import terminal


@pytest.mark.parametrize(
    "words", [("validate",), ("--help",), ("plan", "-q"), ("groups", "rescue", "-q")], ids=" ".join
)
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_full_disk_behind_stdout_is_one_message(live: Shell, words: tuple[str, ...], unbuffered: str) -> None:
    environ = {**live.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, *words], cwd=live.folder, env=environ, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: the output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_closed_stdout_is_no_bug(live: Shell) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {COMMAND} plan -q >&-"],
        cwd=live.folder,
        env=live.environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_under_a_file_is_told_with_the_file(live: Shell) -> None:
    ran = live.run("plan", "--out", "/dev/full")
    assert ran.returncode == 2
    assert "error: /dev/full cannot be written: No space left on device" in ran.stderr


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old", encoding="utf-8")
    link.symlink_to(real)
    write_whole(str(link), "new")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "new"


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda place, _: Path(place) != kept)  # root may write anything
    with pytest.raises(UsageError, match="permission denied"):
        check_writable(str(kept))


def test_no_file_is_written_over_another(tmp_path: Path) -> None:
    one, link = tmp_path / "one.json", tmp_path / "link.json"
    one.write_text("{}", encoding="utf-8")
    link.symlink_to(one)
    for inputs, outputs in (
        ([str(one)], [str(link)]),
        ([], [str(one), str(one)]),
        ([str(one), None], [None, str(one)]),
    ):
        with pytest.raises(UsageError, match="named twice"):
            check_distinct(inputs, outputs)
    check_distinct([str(one)], [str(tmp_path / "two.json"), "/dev/null", "/dev/null"])


def test_on_a_terminal_the_whole_plan_stands_above_the_question(live: Shell) -> None:
    with terminal(live, "apply") as screen:
        screen.wait_for("Digest:")
        shown = screen.screen
        screen.answer("Apply this plan? [y/N]", "n")
        screen.wait_for("Nothing was written.")
        assert screen.ends() == 6
    assert "\nPlan for mappings.yaml: read" in shown
    for part in ("\nSeats: ", "\nGuards: passed"):
        assert part in shown
    assert "35 actions: not tried: declined" in screen.screen


def test_a_part_of_a_plan_says_so_and_is_never_applied_as_the_whole(live: Shell) -> None:
    live.run(
        "plan", "--only", "helpdesk-apac", "--report", "part.json", "--report", "part.md", "--report", "part.html", "-q"
    )
    shown = "Shown is only helpdesk-apac; counts, seats, guards and digest are those of the whole plan."
    assert shown in live.run("plan", "--only", "helpdesk-apac", "-q").stdout
    for name in ("part.md", "part.html"):
        assert shown in (live.folder / name).read_text(encoding="utf-8")
    ran = live.run("apply", "--plan", "part.json", "--yes")
    assert ran.returncode == 2
    assert "part.json is a part of a plan (--only)" in ran.stderr


def test_what_is_read_is_never_written_over(live: Shell) -> None:
    before = (live.folder / "mappings.yaml").read_bytes()
    live.run("plan", "--out", "plan.json", "-q")
    for words in (
        ("plan", "--out", "mappings.yaml"),
        ("plan", "--out", "a.json", "--report", "a.json"),
        ("apply", "--yes", "--plan", "plan.json", "--out", "plan.json"),
    ):
        ran = live.run(*words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "is named twice: it would be written over" in ran.stderr
    assert (live.folder / "mappings.yaml").read_bytes() == before
