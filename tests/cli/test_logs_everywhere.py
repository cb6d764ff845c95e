"""Every command takes the options of the log, and means the same by them."""

from __future__ import annotations

import json
import signal
import subprocess

import click
import pytest

from reconciler.cli.main import COMMANDS, cli

from .conftest import COMMAND, Shell
from .test_logs import parse

OPTIONS = ("--log-format [text|json]", "--log-file FILE", "-v, --verbose", "-q, --quiet")


def every_command() -> list[str]:
    """Those of a group by both their words."""
    found = []
    for name in sorted(COMMANDS):
        command = cli.get_command(click.Context(cli), name)
        inner = sorted(command.commands) if isinstance(command, click.Group) else []
        found += [f"{name} {word}" for word in inner] or [name]
    return found


@pytest.mark.parametrize("name", every_command())
def test_every_command_has_the_options(shell: Shell, name: str) -> None:
    said = shell.run(*name.split(), "--help").stdout
    assert [option for option in OPTIONS if option not in said] == []


def test_validate_says_in_json_what_it_says_in_text(shell: Shell) -> None:
    shell.edit("version: 1\n", "version: 1\nguards: {max_moves: off}\n")
    text, as_json = shell.run("validate"), shell.run("validate", "--log-format", "json")
    assert text.stdout == as_json.stdout
    assert text.stderr.startswith("warning: mappings.yaml:")
    lines = parse(as_json.stderr)
    assert ("warning", text.stderr.splitlines()[0].removeprefix("warning: ")) in [
        (line["level"], line["message"]) for line in lines
    ]


def test_validate_quiet_still_says_what_is_wrong(shell: Shell) -> None:
    shell.edit("version: 1\n", "version: 2\n")
    ran = shell.run("validate", "-q", "--log-format", "json", "--log-file", "v.log")
    assert (ran.returncode, ran.stdout) == (2, "")
    (line,) = parse(ran.stderr)
    assert (line["level"], line["error"], line["exit_code"]) == ("error", "InputError", 2)
    assert line in parse((shell.folder / "v.log").read_text(encoding="utf-8"))


def test_the_sandbox_prints_its_variables_and_talks_json(shell: Shell) -> None:
    with subprocess.Popen(
        [COMMAND, "sandbox", "--log-format", "json"],
        cwd=shell.folder,
        env=shell.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        started = json.loads(process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert all(line.startswith("export ") for line in [first, *out.splitlines()])
    assert started["message"].startswith("sandbox on http://127.0.0.1:")
    assert [line["message"] for line in parse(err)] == ["sandbox stopped"]


def test_the_demo_gives_its_steps_the_same_log(shell: Shell) -> None:
    ran = shell.run("demo", "--log-format", "json", "--log-file", "demo.log", "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert {line["level"] for line in parse(ran.stderr)} <= {"warning", "error"}
    commands = [line.get("command") for line in parse((shell.folder / "demo.log").read_text(encoding="utf-8"))]
    assert [name for name in commands if name] == ["demo", "validate", "plan", "apply", "plan"]
    assert not (shell.folder / "rescue-demo" / "demo.log").exists()
