"""`reconciler plan` from outside: what it shows where, what it writes, and how it ends."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import jsonschema
import pytest

from reconciler.sandbox import Sandbox

from .conftest import ROOT, Shell

VERBS = {"create_group", "adopt", "create", "enable", "disable", "update", "move"}


def read_json(file: Path) -> dict[str, object]:
    value = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def test_the_sample_account_shows_every_verb_and_several_findings_and_no_error(live: Shell) -> None:
    ran = live.run("plan", "--format", "json")
    plan = json.loads(ran.stdout)
    assert {verb for action in plan["actions"] for verb in action["verbs"]} == VERBS
    assert len({finding["code"] for finding in plan["findings"]}) >= 5
    assert {finding["severity"] for finding in plan["findings"]} == {"warning"}
    assert all(guard["passed"] for guard in plan["guards"])
    assert ran.returncode == 0


def test_the_readme_shows_what_the_sample_account_gives(shell: Shell, box: Sandbox) -> None:
    shell.environ |= box.environment()
    (shell.folder / "mappings.yaml").write_text((ROOT / "mappings.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    shown = (ROOT / "README.md").read_text(encoding="utf-8").partition("$ reconciler plan\n")[2].partition("```")[0]
    printed = shell.run("plan", "-q").stdout.splitlines()
    assert [line for line in shown.splitlines() if line not in ("…", *printed)] == []


def test_result_on_stdout_talk_on_stderr_and_quiet_is_quiet(live: Shell) -> None:
    loud, quiet = live.run("plan"), live.run("plan", "--quiet")
    assert loud.returncode == quiet.returncode == 0
    assert loud.stdout == quiet.stdout
    assert loud.stdout.startswith("Plan for mappings.yaml: ")
    assert loud.stderr != ""
    assert quiet.stderr == ""
    assert "\x1b" not in loud.stdout + loud.stderr


def test_the_saved_plan_the_report_and_stdout_are_one_plan_and_fit_the_schema(live: Shell) -> None:
    ran = live.run("plan", "--out", "plan.json", "--report", "report.json", "--report", "report.md", "--format", "json")
    saved = read_json(live.folder / "plan.json")
    assert saved == read_json(live.folder / "report.json") == json.loads(ran.stdout)
    jsonschema.Draft202012Validator(read_json(ROOT / "schema" / "plan.schema.json")).validate(saved)
    markdown = (live.folder / "report.md").read_text(encoding="utf-8")
    assert markdown.startswith("### Rescue plan: ")
    assert live.run("plan", "--format", "markdown").stdout == markdown


def test_planning_writes_nothing_to_either_side(live: Shell, box: Sandbox) -> None:
    before = box.state.snapshot()
    assert live.run("plan", "--refresh", "full").returncode == 0
    assert box.state.snapshot() == before
    calls = {request["call"] for request in box.requests() if request["side"] == "rescue"}
    assert calls == {"getHierarchy_v2", "getAccount", "getUser_v2"}


def test_two_plans_of_one_state_have_one_digest_whatever_the_refresh_found(live: Shell) -> None:
    first = json.loads(live.run("plan", "--format", "json").stdout)
    again = json.loads(live.run("plan", "--format", "json").stdout)
    assert first["digest"] == again["digest"]
    assert first["config_digest"] == again["config_digest"]


def test_nothing_to_do_costs_three_calls_to_rescue(live: Shell, box: Sandbox) -> None:
    assert live.run("apply", "--yes").returncode == 0
    box.state.clear_requests()
    ran = live.run("plan", "--detailed-exitcode")
    assert ran.returncode == 0
    assert "Nothing to do." in ran.stdout
    calls = [request["call"] for request in box.requests() if request["side"] == "rescue"]
    assert sorted(calls) == ["getAccount", "getHierarchy_v2", "getUser_v2"]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("defaults:\n", "guards: {max_removals: 0}\ndefaults:\n", 4),
        ("rescue_group: APAC/Helpdesk", "rescue_group: APAC/No Such Group", 6),
        ("defaults:\n", "guards: {max_removals: 50%}\ndefaults:\n", 3),
    ],
    ids=["a guard would refuse", "a mapping is frozen", "changes are pending"],
)
def test_detailed_exit_codes(live: Shell, before: str, after: str, code: int) -> None:
    live.edit(before, after)
    assert live.run("plan", "-q", "--detailed-exitcode").returncode == code
    assert live.run("plan", "-q").returncode == 0


def test_a_refused_plan_prints_a_permit_that_lets_it_pass(live: Shell) -> None:
    live.edit("defaults:\n", "guards: {max_removals: 1}\ndefaults:\n")
    refused = live.run("plan", "--detailed-exitcode")
    assert refused.returncode == 4
    permit = refused.stdout[refused.stdout.index("permits:\n") :]
    live.edit("defaults:\n", permit + "defaults:\n")
    assert live.run("plan", "--detailed-exitcode").returncode == 3


def test_nested_groups_nobody_spoke_of_are_mirrored(live: Shell, box: Sandbox) -> None:
    live.edit("  nested: direct ", "  # nested unsaid ")
    inner = box.state.add_group(name="Inner")
    box.state.add_member("91e6a3d8-0000-4000-8000-0c74f2db8e66", inner)
    ran = live.run("plan")
    assert ran.returncode == 0, ran.stderr
    assert "group_missing" in ran.stdout
    assert "> Inner; its people sit in" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "plan.txt"], "the suffix decides the kind"),
        (["--report", "no/such/folder/plan.md"], "there is no folder"),
        (["--out", "."], "it is a folder"),
        (["missing.yaml"], "missing.yaml"),
    ],
)
def test_what_cannot_be_written_or_read_is_refused_before_the_work(
    live: Shell, box: Sandbox, arguments: list[str], said: str
) -> None:
    ran = live.run("plan", *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert box.requests() == []


def test_missing_credentials_are_named(shell: Shell) -> None:
    ran = shell.run("plan")
    assert ran.returncode == 1
    assert "GRAPH_ACCESS_TOKEN" in ran.stderr
    only_graph = shell.run("plan", GRAPH_ACCESS_TOKEN="opaque")
    assert only_graph.returncode == 1
    assert "RESCUE_API_TOKEN" in only_graph.stderr
    assert "Traceback" not in ran.stderr + only_graph.stderr


def test_an_account_of_another_number_ends_the_run_before_a_plan(live: Shell) -> None:
    live.edit("account_id: 1234567", "account_id: 7654321")
    ran = live.run("plan")
    assert ran.returncode == 1
    assert "1234567" in ran.stderr
    assert ran.stdout == ""


def test_plain_http_is_for_loopback_only(live: Shell) -> None:
    ran = live.run("plan", RESCUE_BASE_URL="http://rescue.example/API")
    assert ran.returncode == 2
    assert "RESCUE_BASE_URL" in ran.stderr


def test_a_reader_that_went_away_is_no_traceback(live: Shell) -> None:
    import subprocess

    from .conftest import COMMAND

    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        ran = subprocess.run(
            [COMMAND, "plan", "-q"], cwd=live.folder, env=live.environ, stdout=ours, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr
