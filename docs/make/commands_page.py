"""Writes docs/commands.md: every command with its options, from what `--help` is made of (`make schema`)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from reconciler.cli.main import COMMANDS, cli

PAGE = Path(__file__).parents[1] / "commands.md"

_HEAD = """\
<!-- Written by `make schema` from the commands; edit reconciler/cli or docs/make/commands_page.py instead. -->
# Commands

`FILE` is `mappings.yaml` unless named. Results go to stdout, talk and progress to stderr. `rescue-reconciler` is the
same command under its long name. [Reading a plan](reading-a-plan.md) and [when it stops half
way](when-it-stops-half-way.md#exit-codes-of-apply) say what the exit codes mean.
"""
_OF_EVERY = ("quiet", "verbose", "log_format", "log_file", "mask")


def render_page() -> str:
    """The whole page."""
    parts = [_HEAD, _of_every_command(), *(_section(name, command) for name, command in commands())]
    return "\n".join(parts)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Each with its full name, those of a group in its place."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())
        elif command is not None:
            yield name, command


def _of_every_command() -> str:
    """Those that all of them have, told once."""
    _, plan = next(item for item in commands() if item[0] == "plan")
    return "\n".join(["## Options of every command", "", *_table(plan, of_every=True), ""])


def _section(name: str, command: click.Command) -> str:
    arguments = [_argument(item) for item in command.params if isinstance(item, click.Argument)]
    usage = " ".join(["reconciler", name, *arguments])
    lines = [f"## {name}", "", f"`{usage}`", "", *_paragraphs(command), *_table(command, of_every=False), ""]
    return "\n".join(lines)


def _argument(argument: click.Argument) -> str:
    shown = argument.human_readable_name.upper()
    return shown if argument.required else f"[{shown}]"


def _paragraphs(command: click.Command) -> list[str]:
    """What help says; a paragraph that keeps its lines and calls us is something to type."""
    text = inspect.cleandoc(command.help or "").partition("\f")[0]
    found = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.removeprefix("\b").split("\n")
        if lines[0] or not re.search(r"\breconciler [a-z]", paragraph):
            found += [_marked(" ".join(" ".join(lines).split())), ""]
        else:
            found += ["```sh", *(line.strip() for line in lines[1:]), "```", ""]
    return found


def _table(command: click.Command, *, of_every: bool) -> list[str]:
    context = click.Context(command)
    lines = []
    for option in command.get_params(context):
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record is None or "--help" in option.opts or (option.name in _OF_EVERY) != of_every:
            continue
        shown, means = (" ".join(text.split()) for text in record)
        lines.append(f"| `{shown}` | {_marked(means)} |")
    head = ["| option | does |", "| --- | --- |"]
    return head + [_escaped(line) for line in lines] if lines else []


def _escaped(row: str) -> str:
    """Bars within the cells of a row do not end them."""
    cells = re.fullmatch(r"\| (`[^`]*`) \| (.*) \|", row)
    if cells is None:
        raise ValueError(row)
    return f"| {cells[1].replace('|', chr(92) + '|')} | {cells[2].replace('|', chr(92) + '|')} |"


def _marked(text: str) -> str:
    """Options, variables and files in code spans, as help cannot show them."""
    return re.sub(
        r"(?<![`\w-])(--[a-z][a-z-]+|[A-Z]+_[A-Z_]+|[a-z]+\.(?:yaml|json)|m\*+@[a-z.]+)(?![\w`-])", r"`\1`", text
    )


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
