"""What commands say while they work: results on stdout; talk, progress and warnings on stderr.

On a terminal progress is a bar; elsewhere a plain line where a step ends; with --quiet nothing. Colour only on a
terminal and never with NO_COLOR.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""

_COLOURS = {"+": "green", "-": "red", "~": "yellow", "=": "cyan", ">": "blue", "^": "green", "!": "red", "✗": "red"}


class Talk:
    """How one command speaks. `quiet` silences talk, never results or errors."""

    def __init__(self, *, quiet: bool, verbose: int) -> None:
        self.quiet = quiet
        level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
        style = "%(asctime)s %(levelname)s %(name)s %(message)s" if verbose else "warning: %(message)s"
        logging.basicConfig(level=level, stream=sys.stderr, format=style)

    def say(self, message: str) -> None:
        """One line of talk."""
        if not self.quiet:
            click.echo(message, err=True)

    def warn(self, message: str) -> None:
        """One line that matters even when quiet."""
        click.echo(f"warning: {message}", err=True)

    def show(self, text: str) -> None:
        """A result. Lines are coloured by their sign."""
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for line in text.splitlines():
            sign = line[2:3] if line.startswith("  ") else ""
            click.echo(click.style(line, fg=_COLOURS[sign]) if coloured and sign in _COLOURS else line)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Something to tell progress to. Ends with the bar gone, so that what follows starts on a clean line."""
        if self.quiet:
            yield lambda _what, _done, _total: None
        elif sys.stderr.isatty():
            with _bar() as told:
                yield told
        else:
            yield _plain_lines()


def talk_options(command: F) -> F:
    """--quiet and -v, for every command that talks."""
    command = click.option("-v", "--verbose", count=True, help="Log what is done; twice for every call.")(command)
    return click.option("-q", "--quiet", is_flag=True, help="Only results, warnings and errors.")(command)


def _plain_lines() -> Progress:
    def told(what: str, done: int, total: int) -> None:
        if done >= total:
            click.echo(f"{what}: {total}", err=True)

    return told


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            task = tasks.setdefault(what, None)
            if task is None:
                task = tasks[what] = bar.add_task(what, total=total)
            bar.update(task, completed=done, total=total)

        yield told
