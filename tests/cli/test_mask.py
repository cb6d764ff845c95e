"""--mask on the commands that read: stdout, talk and log hide people, the files a run is asked for do not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.cli.logs import Log
from reconciler.cli.talk import Talk
from tests.render.plans import an_action, one_of_everything

from .conftest import Shell

ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.example")


@pytest.fixture
def people(live: Shell) -> list[str]:
    """Logins and names that a plan of the sample account is about."""
    live.run("plan", "--out", "whole.json")
    plan = json.loads((live.folder / "whole.json").read_text())
    actions = [action for action in plan["actions"] if action["subject"]["path"] is None]
    found = {action["subject"][key] for action in actions for key in ("login", "name", "upn")}
    found |= {change[side] for action in actions for change in action["changes"] if change["field"] == "name"
              for side in ("before", "after")}  # fmt: skip
    found |= {finding["login"] for finding in plan["findings"]}
    return sorted(text for text in found if text and len(text) > 3)


def leaks(text: str, people: list[str]) -> list[str]:
    shown = json.dumps(text)[1:-1]  # a JSON log writes names in ASCII
    return [name for name in people if name in text or json.dumps(name)[1:-1] in shown]


@pytest.mark.parametrize("style", ["text", "json", "markdown"])
@pytest.mark.parametrize("log", ["text", "json"])
def test_a_masked_plan_shows_nobody_and_saves_everybody(live: Shell, people: list[str], style: str, log: str) -> None:
    assert len(people) > 10
    ran = live.run(
        "plan", "--mask", "-vv", "--format", style, "--out", "plan.json", "--report", "plan.md", "--log-file", "l",
        "--log-format", log,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    logged = (live.folder / "l").read_text()
    for shown in (ran.stdout, ran.stderr, logged):
        assert leaks(shown, people) == []
        assert ADDRESS.findall(shown.replace("***@", "")) == []
    saved = json.loads((live.folder / "plan.json").read_text())
    whole = json.loads((live.folder / "whole.json").read_text())
    assert saved["actions"] == whole["actions"]
    assert leaks((live.folder / "plan.md").read_text(), people)


def test_a_masked_apply_writes_the_whole_people(live: Shell, people: list[str]) -> None:
    ran = live.run("apply", "--mask", "--yes", "--out", "o.json", "-v")
    assert leaks(ran.stdout + ran.stderr, people) == []
    outcomes = (live.folder / "o.json").read_text()
    assert leaks(outcomes, people)
    assert '"outcome": "done"' in outcomes


def test_a_masked_error_names_nobody(live: Shell, tmp_path: Path) -> None:
    live.edit("version: 1", "version: 1\nwho@contoso.example: 7")
    ran = live.run("plan", "--mask")
    assert ran.returncode == 2
    assert "w***@contoso.example" in ran.stderr
    assert ADDRESS.findall(ran.stderr.replace("***@", "")) == []


def test_logins_that_are_no_addresses_are_hidden_from_the_first_line_of_the_log(tmp_path: Path) -> None:
    log = Log(style="text", file=str(tmp_path / "log"), quiet=True, verbose=0, mask=True)
    with log.open("plan"):
        Talk(quiet=True, verbose=0).note_plan(
            one_of_everything().model_copy(update={"actions": (an_action("mholt", "disable"),)})
        )
    said = (tmp_path / "log").read_text(encoding="utf-8")
    assert "disable technician m***" in said
    assert "mholt" not in said


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_masked_explanation_names_nobody(live: Shell, people: list[str], style: str) -> None:
    logins = [name for name in people if "@" in name][:3]
    for login in logins:
        ran = live.run("explain", login, "--mask", "--format", style)
        assert ran.returncode == 0, ran.stderr
        assert leaks(ran.stdout + ran.stderr, people) == []
        assert ADDRESS.findall((ran.stdout + ran.stderr).replace("***@", "")) == []
