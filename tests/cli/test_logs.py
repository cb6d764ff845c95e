"""The log from outside: what is in it, in which form, where it goes; and that nothing of it is ever a secret."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
import trustme

from reconciler.cli.logs import CURRENT, Log
from reconciler.cli.reading import open_sides
from reconciler.cli.talk import Talk, talk_options
from reconciler.errors import UsageError
from reconciler.model.plan import ActionOutcome, Outcomes
from reconciler.sandbox import Sandbox, run_sandbox, sample_scenario

from .conftest import Shell

Lines = list[dict[str, Any]]
KEYS = ["time", "level", "logger", "message", "run"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PASSWORD = "Nordlys-1876"


def parse(text: str) -> Lines:
    """Every line as JSON; each has the five keys first."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert list(line)[:5] == KEYS
        assert TIME.fullmatch(line["time"])
        assert str(uuid.UUID(line["run"])) == line["run"]
    return lines


def of(lines: Lines, logger: str) -> Lines:
    return [line for line in lines if line["logger"] == f"reconciler.{logger}"]


# What is in it


def test_every_decision_is_a_json_line_of_one_run(live: Shell) -> None:
    ran = live.run("plan", "--log-format", "json", "--format", "json")
    assert ran.returncode == 0
    plan = json.loads(ran.stdout)
    lines = parse(ran.stderr)
    assert len({line["run"] for line in lines}) == 1
    said = of(lines, "plan")
    actions = [line for line in said if "action" in line]
    assert [line["action"] for line in actions] == [action["id"] for action in plan["actions"]]
    for line, action in zip(actions, plan["actions"], strict=True):
        assert {name: line[name] for name in ("verbs", "role", "mapping", "reason", "removal")} == {
            name: action[name] for name in ("verbs", "role", "mapping", "reason", "removal")
        }
        assert line["login"] == action["subject"]["login"]
        assert (action["subject"]["login"] or action["subject"]["path"]) in line["message"]
        assert line["level"] == "info"
    findings = [(line["finding"], line["severity"], line["level"]) for line in said if "finding" in line]
    assert findings == [(one["code"], one["severity"], one["severity"]) for one in plan["findings"]]
    (made,) = [line for line in said if "digest" in line]
    assert (made["digest"], made["summary"]) == (plan["digest"], plan["summary"])
    assert any(line.get("step") for line in of(lines, "talk"))


def test_a_guard_that_refuses_is_a_line(live: Shell) -> None:
    live.edit("defaults:\n", "guards: {max_removals: 1}\ndefaults:\n")
    ran = live.run("apply", "--yes", "--log-format", "json", "--quiet")
    assert ran.returncode == 4
    lines = parse(ran.stderr)
    (guard,) = [line for line in lines if "guard" in line]
    assert (guard["guard"], guard["measured"], guard["limit"], guard["level"]) == ("max_removals", 3, 1, "error")
    assert lines[-1]["level"] == "error"
    assert (lines[-1]["error"], lines[-1]["exit_code"]) == ("GuardRefused", 4)
    assert lines[-1]["advice"]


def test_stdout_is_the_same_whatever_the_log(live: Shell) -> None:
    outs = {
        live.run("plan", *words).stdout for words in ([], ["-vv"], ["--log-format", "json"], ["--log-file", "a.log"])
    }
    assert len(outs) == 1


def test_what_stderr_says_by_flags(live: Shell) -> None:
    plain, loud, louder = (live.run("plan", *words).stderr for words in ([], ["-v"], ["-vv"]))
    assert "reconciler.plan" not in plain
    assert " INFO reconciler.plan " in loud
    assert " DEBUG " not in loud
    assert re.search(r" DEBUG reconciler\.transport LogMeIn Rescue POST /API/getHierarchy_v2", louder)
    quiet, usual, all_ = (
        parse(live.run("plan", "--log-format", "json", *words).stderr) for words in (["-q"], [], ["-vv"])
    )
    assert {line["level"] for line in quiet} <= {"warning", "error"}
    assert {line["level"] for line in usual} == {"info", "warning"}
    assert {line["level"] for line in all_} == {"info", "warning", "debug"}


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_file_gets_everything_and_is_added_to(live: Shell, style: str) -> None:
    for _ in range(2):
        ran = live.run("plan", "-q", "--log-format", style, "--log-file", "run.log")
        assert ran.returncode == 0
        if style == "text":
            assert ran.stderr == ""
    text = (live.folder / "run.log").read_text(encoding="utf-8")
    assert text.count("plan made: ") == 2
    assert "LogMeIn Rescue POST /API/getHierarchy_v2" in text
    if style == "json":
        assert len({line["run"] for line in parse(text)}) == 2
    else:
        assert len(set(re.findall(r"run (\S{36}): reconciler \S+ plan", text))) == 2
        assert all(TIME.match(line) or line.startswith("  | ") for line in text.splitlines())


@pytest.mark.parametrize("place", [".", "no/such/folder/run.log"])
def test_a_file_that_cannot_be_written_is_refused_before_the_work(live: Shell, box: Sandbox, place: str) -> None:
    ran = live.run("plan", "--log-file", place)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"--log-file {place} cannot be written" in ran.stderr
    assert box.requests() == []


def test_a_disk_that_is_full_ends_the_log_and_not_the_run(live: Shell) -> None:
    ran = live.run("plan", "--log-file", "/dev/full")
    assert ran.returncode == 0
    assert ran.stdout.startswith("Plan for mappings.yaml")
    assert ran.stderr.count("cannot be written any more") == 1
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [(["plan", "missing.yaml"], 2, "InputError"), (["plan"], 1, "CredentialsError"), (["apply"], 2, "UsageError")],
)
def test_errors_are_json_too_and_keep_their_exit_codes(shell: Shell, words: list[str], code: int, error: str) -> None:
    ran = shell.run(*words, "--log-format", "json", "--log-file", "run.log")
    assert ran.returncode == code
    last = parse(ran.stderr)[-1]
    assert (last["level"], last["error"], last["exit_code"]) == ("error", error, code)
    assert parse((shell.folder / "run.log").read_text())[-1]["message"] == last["message"]
    assert shell.run(*words).returncode == code


def test_in_text_the_error_is_said_once_and_is_in_the_file(shell: Shell) -> None:
    ran = shell.run("plan", "--log-file", "run.log", "-vv")
    assert ran.stderr.count("no complete credential") == 1
    assert (shell.folder / "run.log").read_text().count("no complete credential") == 1


def test_graph_is_told_the_run(live: Shell) -> None:
    talk = Talk(quiet=True, verbose=0)
    seen: list[str] = []

    class Client:
        def __init__(self, *_: object, run: str) -> None:
            seen.append(run)
            raise UsageError("far enough")

    mappings: Any = SimpleNamespace(tenant_id=None, cloud="global", region="us", requests_per_second=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reconciler.source.graph_client.GraphClient", Client)
        with pytest.raises(UsageError, match="far enough"), open_sides(mappings, live.environ, talk):
            pass
    assert seen == [talk.run]


# Outcomes


def an_outcome(result: str, message: str = "", number: int = 1) -> ActionOutcome:
    return ActionOutcome.model_validate(
        {
            "id": f"{number:016x}",
            "verbs": ["update", "move"],
            "role": "technician",
            "mapping": "desk",
            "subject": {"login": f"p{number}@contoso.example", "node_id": number},
            "group": {"before": "A", "after": "B"},
            "reason": "direct member of Desk",
            "outcome": result,
            "message": message,
        }
    )


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Callable[[], Lines]]:
    """An open log; gives what is in it so far."""
    log = Log(style="json", file=str(tmp_path / "log"), quiet=True, verbose=0, environ={})
    with log.open("test"):
        yield lambda: parse((tmp_path / "log").read_text())


def test_an_outcome_is_a_line_said_once_and_again_when_it_turned_out_otherwise(lines) -> None:
    talk = Talk(quiet=True, verbose=0)
    done, failed = an_outcome("done"), an_outcome("failed", "INVALIDPARAM_NAME", 2)
    talk.note_outcome(done)
    corrected = done.model_copy(update={"outcome": "failed", "message": "server stored another name"})
    outcomes = Outcomes(
        digest="d",
        account_id=1,
        exit_code=6,
        started_at="",
        ended_at="",
        converged=False,
        actions=(corrected, failed, an_outcome("held", "a guard", 3)),
    )
    talk.note_outcomes(outcomes)
    talk.note_outcomes(outcomes)
    said = of(lines(), "apply")
    assert [(line["outcome"], line["level"], line["detail"]) for line in said] == [
        ("done", "info", ""),
        ("failed", "warning", "server stored another name"),
        ("failed", "warning", "INVALIDPARAM_NAME"),
        ("held", "info", "a guard"),
    ]
    assert said[2]["message"] == "failed: update+move technician p2@contoso.example: INVALIDPARAM_NAME"
    assert (said[0]["login"], said[0]["verbs"], said[0]["mapping"]) == (
        "p1@contoso.example",
        ["update", "move"],
        "desk",
    )


def test_a_command_that_goes_on_begins_a_new_run(lines) -> None:
    talk = Talk(quiet=True, verbose=0)
    talk.note_outcome(an_outcome("done"))
    talk.new_run()
    talk.note_outcome(an_outcome("done"))
    assert len({line["run"] for line in of(lines(), "apply")}) == 2


# Names from outside, and how a command may end


def test_a_name_cannot_act_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[31mred\n2026-01-01T00:00:00.000Z INFO reconciler.plan forged\n::add-mask::x\u202e "
    for style in ("text", "json"):
        log = Log(style=style, file=str(tmp_path / style), quiet=False, verbose=2, environ={})
        with log.open("test"):
            logging.getLogger("reconciler.test").warning("who: %s", hostile)
    text, objects = ((tmp_path / style).read_bytes().decode() for style in ("text", "json"))
    for seen in (text, objects, capsys.readouterr().err):
        assert "\x1b" not in seen
        assert "\u202e" not in seen
        assert not re.search(r"^\s*::", seen, re.M)
    assert next(line for line in text.splitlines() if "forged" in line).startswith("  | ")
    assert hostile in [line["message"].removeprefix("who: ") for line in parse(objects)]


@pytest.mark.parametrize(
    ("error", "code", "level"),
    [
        (UsageError("words", advice="do"), 2, "error"),
        (click.UsageError("words"), 2, "error"),
        (KeyboardInterrupt(), 1, "error"),
        (click.Abort(), 1, "error"),
        (RuntimeError("words"), 1, "critical"),
    ],
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_however_it_ends_it_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, style: str, error: BaseException, code: int, level: str
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back afterwards
    place = tmp_path / "log"

    @click.command()
    @talk_options
    def command(quiet: bool, verbose: int) -> None:
        raise error

    words = ["--log-file", str(place), "--log-format", style]
    if style == "json":
        assert command.main(words, standalone_mode=False) == code
        last = parse(place.read_text())[-1]
        assert (last["level"], last["exit_code"]) == (level, code)
        assert ("traceback" in last) == (level == "critical")
    else:
        with pytest.raises((type(error), click.Abort)):
            command.main(words, standalone_mode=False)
        assert f" {level.upper()} reconciler.talk " in place.read_text()
    assert CURRENT.get() is None
    assert logging.getLogger("reconciler").level == logging.NOTSET
    assert not logging.getLogger("reconciler").handlers


def test_an_exit_on_purpose_and_a_reader_that_left_pass_through() -> None:
    for error in (click.exceptions.Exit(3), BrokenPipeError()):
        log = Log(style="json", file=None, quiet=True, verbose=0, environ={})
        with pytest.raises(type(error)), log.open("test"):
            raise error


# Secrets


def secret_environment(live: Shell, box: Sandbox, way: str) -> dict[str, str]:
    """What the command is given, by way of entry; `GRAPH_ACCESS_TOKEN` and `RESCUE_API_TOKEN` for `tokens`."""
    given = {"RESCUE_INITIAL_PASSWORD": "Canary-Init-1"}
    if way != "tokens":
        holder = next(row["email"] for row in box.state.nodes() if row["account_holder"] and row["email"])
        given |= {"RESCUE_API_TOKEN": "", "RESCUE_EMAIL": holder, "RESCUE_PASSWORD": PASSWORD}
    if way == "authcode":
        box.state.set_switch("deny_login", "yes")
    return given


FOUND_ON_THE_WAY = (
    rb"eyJ[\w-]{8}",  # a token of Entra
    rb"(?<![a-z0-9])[a-z0-9]{79}(?![a-z0-9])",  # an authcode
    rb"(?<![a-z0-5])[a-z0-5]{24}(?![a-z0-9])",  # a session
)


def assert_no_secret(seen: dict[str, bytes], environ: dict[str, str]) -> None:
    names = [name for name in environ if re.search("TOKEN|SECRET|PASSWORD", name) and environ[name]]
    assert names
    for where, content in seen.items():
        for name in names:
            assert environ[name].encode() not in content, (where, name)
        for pattern in FOUND_ON_THE_WAY:
            assert not re.search(pattern, content), (where, pattern)


@pytest.mark.parametrize("way", ["tokens", "password", "authcode"])
@pytest.mark.parametrize("style", ["text", "json"])
def test_no_secret_is_in_any_byte_of_an_apply(live: Shell, box: Sandbox, way: str, style: str) -> None:
    live.environ |= secret_environment(live, box, way)
    words = ["apply", "--yes", "--out", "outcomes.json", "--report", "report.md"]
    ran = live.run(*words, "-vv", "--log-format", style, "--log-file", "run.log")
    assert ran.returncode == 0, ran.stderr
    files = {name: (live.folder / name).read_bytes() for name in ("run.log", "outcomes.json", "report.md")}
    assert b"getHierarchy_v2" in files["run.log"]
    assert_no_secret({"stdout": ran.stdout.encode(), "stderr": ran.stderr.encode(), **files}, live.environ)


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_secret_of_entra_is_in_any_byte(shell: Shell, tmp_path: Path, style: str) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = ca.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    server.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    with run_sandbox(sample_scenario(), tls=(str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))) as box:
        given = box.environment() | box.authority()
        shell.environ |= {**given, "GRAPH_ACCESS_TOKEN": ""}
        shell.environ |= dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(tmp_path / "ca.pem"))
        right = shell.run("plan", "-vv", "--log-format", style, "--log-file", "run.log")
        shell.environ["AZURE_CLIENT_SECRET"] = "canary-wrong~secret"
        wrong = shell.run("plan", "-vv", "--log-format", style, "--log-file", "run.log")
    assert (right.returncode, wrong.returncode) == (0, 1), right.stderr + wrong.stderr
    assert "AADSTS7000215" in wrong.stderr
    log = (shell.folder / "run.log").read_bytes()
    seen = {"log": log, "streams": (right.stdout + right.stderr + wrong.stdout + wrong.stderr).encode()}
    assert_no_secret(seen, given | {"WRONG_SECRET": "canary-wrong~secret"})


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_secret_is_in_a_traceback(live: Shell, style: str) -> None:
    live.environ |= {"RESCUE_INITIAL_PASSWORD": "Canary-Init-1", "AZURE_CLIENT_SECRET": "canary~secret"}
    names = ["RESCUE_API_TOKEN", "GRAPH_ACCESS_TOKEN", "RESCUE_INITIAL_PASSWORD", "AZURE_CLIENT_SECRET"]
    script = f"""
import os, sys
import reconciler.planning.planner as planner

def crash(*_, **__):
    told = [os.environ[name] for name in {names!r}]
    try:
        raise ValueError(*told)
    except ValueError as cause:
        raise RuntimeError(f"a bug that repeats {{told}}") from cause

planner.make_plan = crash
sys.argv = ["reconciler", "plan", "-vv", "--log-format", "{style}", "--log-file", "run.log"]
from reconciler.cli.main import run
run()
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=live.folder, env=live.environ, capture_output=True, check=False
    )
    log = (live.folder / "run.log").read_bytes()
    assert ran.returncode == 1
    for seen in (ran.stderr, log):
        assert b"Traceback" in seen
        assert b"a bug that repeats" in seen
    assert_no_secret({"stderr": ran.stderr, "stdout": ran.stdout, "log": log}, live.environ)
    if style == "json":
        assert "traceback" in parse(ran.stderr.decode())[-1]
