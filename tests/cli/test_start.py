"""Starting: help, unknown words, and what must not be imported for it."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest

from reconciler.cli import main
from reconciler.cli.main import COMMANDS
from reconciler.errors import GuardRefused, ReconcilerError

from .conftest import ROOT, Shell

HEAVY = {"azure.identity", "httpx", "msal", "cryptography", "rich", "deepdiff", "uvicorn", "xlsxwriter"}


def imported(shell: Shell, *arguments: str) -> set[str]:
    """Every module a run of the command imports."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments],
        cwd=shell.folder,
        env=shell.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}


def test_help_imports_nothing_heavy(shell: Shell) -> None:
    modules = imported(shell, "--help")
    assert "click" in modules  # the reading of importtime works
    assert modules & (HEAVY | {"pydantic", "yaml", "jsonschema"}) == set()


def test_validate_imports_no_client(shell: Shell) -> None:
    modules = imported(shell, "validate")
    assert "pydantic" in modules
    assert modules & HEAVY == set()


def test_help_lists_every_command_and_the_exit_codes(shell: Shell) -> None:
    ran = shell.run("--help")
    assert ran.returncode == 0
    for name, text in COMMANDS.items():
        assert f"{name} " in ran.stdout
        assert text in " ".join(ran.stdout.split())
    assert "Exit codes: 0 fine; 1" in ran.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_module_help_and_a_place_in_the_readme(shell: Shell, name: str) -> None:
    assert (ROOT / "reconciler" / "cli" / f"{name}.py").is_file()
    ran = shell.run(name, "-h")
    assert ran.returncode == 0
    assert f"Usage: reconciler {name}" in ran.stdout
    assert f"`reconciler {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_both_names_are_the_same_command(shell: Shell) -> None:
    other = Path(sys.executable).with_name("rescue-reconciler")
    ran = subprocess.run([other, "--version"], env=shell.environ, capture_output=True, text=True, check=True)
    assert ran.stdout == shell.run("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["paln"], "Did you mean 'plan'?"),
        (["plan", "--no-such-flag"], "No such option"),
        (["plan", "--refresh", "some"], "'some' is not one of 'auto', 'full', 'bulk'"),
        (["plan", "a.yaml", "b.yaml"], "unexpected extra argument"),
    ],
)
def test_bad_words_are_refused_with_2(shell: Shell, arguments: list[str], said: str) -> None:
    ran = shell.run(*arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stdout == ""


def test_without_a_command_the_help_is_shown(shell: Shell) -> None:
    ran = shell.run()
    assert ran.returncode == 2
    assert "Commands" in ran.stdout + ran.stderr


def test_a_shell_completes_the_names_of_commands(shell: Shell) -> None:
    ran = shell.run(_RECONCILER_COMPLETE="bash_complete", COMP_WORDS="reconciler ", COMP_CWORD="1")
    assert ran.stdout.splitlines() == [f"plain,{name}" for name in COMMANDS]


ENDS: dict[str, tuple[BaseException | int | None, int, list[str]]] = {
    "nothing said": (None, 0, []),
    "a code": (6, 6, []),
    "refused": (GuardRefused("a guard\nrefused \x1b[2J", advice="look"), 4, ["a guard", "refused \\x1b[2J", "look"]),
    "an error without a word": (ReconcilerError(""), 1, ["error: ReconcilerError"]),
    "a signal": (click.exceptions.Abort(), 1, ["Stopped."]),
    "a wrong flag": (click.UsageError("no such option"), 2, ["no such option"]),
    "no room behind stdout": (OSError(errno.ENOSPC, "No space left"), 1, ["cannot be written: No space left"]),
}


@pytest.mark.parametrize("how", ENDS)
def test_each_end_has_its_code_and_its_words_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    ends, code, said = ENDS[how]

    def end(**_: object) -> int | None:
        if isinstance(ends, BaseException):
            raise ends
        return ends

    monkeypatch.setattr(main.cli, "main", end)
    with pytest.raises(SystemExit) as ended:
        main.run()
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (code, "")
    assert [words for words in said if words not in told.err] == []
    assert bool(told.err) is bool(said)


def test_what_nobody_expected_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(**_: object) -> int:
        raise FileNotFoundError(errno.ENOENT, "no such file", "the one")

    monkeypatch.setattr(main.cli, "main", end)
    with pytest.raises(FileNotFoundError):
        main.run()


@pytest.mark.parametrize(("code", "ended_with"), [(0, 1), (6, 6)])
def test_a_last_line_that_cannot_be_written_is_no_success(
    monkeypatch: pytest.MonkeyPatch, code: int, ended_with: int
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        full.write("left in the buffer")
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(main.cli, "main", lambda **_: code)
        with pytest.raises(SystemExit) as ended:
            main.run()
        monkeypatch.undo()
    assert ended.value.code == ended_with
