"""Every command in the documents can be typed: it exists, and so does each of its options and their values."""

from __future__ import annotations

import re
import shlex
import subprocess

import click
import pytest

from reconciler.cli.main import COMMANDS, cli

from .markdown import FENCES, READ, ROOT, Fence, Page

SHELLS = {"console", "sh", "bash", "yaml"}
_CALL = re.compile(r"(?:^|[\s/;|&\"'(])((?:rescue-)?reconciler (?!\.)[a-z].*)$")
_OPTION = re.compile(r"(?<![\w-])--(?!help\b)[a-z][a-z-]+")


def calls_of(fence: Fence) -> list[str]:
    """Each call of ours in what a reader would type; shell text around it is cut off."""
    found = []
    for line in fence.text.replace("\\\n", " ").splitlines():
        if fence.language == "console":
            if not line.startswith("$ "):
                continue
            line = line[2:]
        call = _CALL.search(line)
        if call and not line.lstrip().startswith("#"):
            found.append(re.split(r" [|>&;#]|2>|\)", call[1])[0].strip())
    return found


CALLS = [(str(fence), call) for fence in FENCES if fence.language in SHELLS for call in calls_of(fence)]


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command, within its group if it is in one, and the words after it. Raises KeyError for one that is not."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        if found is None:
            raise KeyError(words[0])
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize(("where", "call"), CALLS, ids=[f"{where} {call}" for where, call in CALLS])
def test_a_call_is_one_that_click_takes(where: str, call: str) -> None:
    if "$" in call or "<" in call:  # a variable: only the options can be told
        options = set(_OPTION.findall(call))
        command, _ = find_command(shlex.split(call)[1:])
        assert options <= options_of(command)
        return
    words = shlex.split(call)[1:]
    if words in (["--version"], ["--help"]):
        return
    command, rest = find_command(words)
    assert not isinstance(command, click.Group), f"{where}: {call} says which"
    command.make_context("reconciler", list(rest))


def options_of(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("page", READ.values(), ids=[str(path.relative_to(ROOT)) for path in READ])
def test_what_a_code_span_calls_exists(page: Page) -> None:
    known = {option for name in COMMANDS for option in _all_options(name)}
    for span in page.spans:
        call = re.match(r"(?:rescue-)?reconciler ([a-z].*)", span)
        bare = re.match(rf"({'|'.join(COMMANDS)})((?: [a-z]+)*(?: \[?-.*)?)$", span)
        if call or bare:
            words = re.sub(r"[\[\]]", "", call[1] if call else span).split()
            if bare and not call and "--" not in span:
                continue  # a word of English
            command, _ = find_command([word for word in words if not word.startswith("-")][:2] or words)
            assert set(_OPTION.findall(span)) <= options_of(command), f"{page.path.name}: {span}"
        elif span.startswith("--"):
            assert set(_OPTION.findall(span)) <= known, f"{page.path.name}: {span}"


def _all_options(name: str) -> set[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    if isinstance(command, click.Group):
        return {option for inner in command.commands.values() for option in options_of(inner)}
    return options_of(command)


def test_every_command_and_option_is_spoken_of() -> None:
    """In the README or in docs, in a code span or a call."""
    text = " ".join(span for page in READ.values() for span in page.spans) + " ".join(fence.text for fence in FENCES)
    assert {name for name in COMMANDS if not re.search(rf"\breconciler {name}\b", text)} == set()
    options = {option for name in COMMANDS for option in _all_options(name) if option.startswith("--")}
    assert {option for option in options if not re.search(rf"{option}(?![\w-])", text)} == set()


@pytest.mark.parametrize("fence", [fence for fence in FENCES if fence.language in ("sh", "bash")], ids=str)
def test_bash_can_read_what_is_to_be_typed(fence: Fence) -> None:
    read = subprocess.run(["bash", "-n"], input=fence.text, capture_output=True, text=True, check=False)
    assert read.stderr == ""
