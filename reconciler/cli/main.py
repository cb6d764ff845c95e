"""The command `reconciler`: joins the commands, and turns errors into words on stderr and exit codes (product.md §3).

Commands are imported when they are asked for, and import what is heavy when they run, so that `--help` stays quick.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.error_words import report_error
from reconciler.cli.signals import sigterm_interrupts, stop_words
from reconciler.errors import ReconcilerError

COMMANDS = {
    "validate": "Check the file: schema and cross-checks, offline.",
    "plan": "Read, plan and show; never writes.",
    "apply": "Read, plan, write, read back.",
    "undo": "Take one run back, where nothing has changed since.",
    "watch": "Apply again and again, until a signal.",
    "groups": "Look for groups to map, on either side.",
    "init": "Write the file by answering questions, or from what is there.",
    "comment": "Put a plan or its outcomes on the pull request.",
    "alarm": "Keep the one issue about refused guards and frozen mappings.",
    "token": "Trade RESCUE_EMAIL and RESCUE_PASSWORD for an authcode.",
    "explain": "Why one person is where they are, and what would change.",
    "doctor": "Check credentials, consent, groups and settings; changes nothing.",
    "sandbox": "Run an Entra and a Rescue on this machine, to try things on.",
    "demo": "See the main job done on the sandbox, in one go.",
}


class Commands(click.Group):
    """Commands by name, each in the module `reconciler.cli.NAME` as the function NAME."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands.update(dict.fromkeys(COMMANDS))  # type: ignore[arg-type]  # names, for "did you mean"

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"reconciler.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reconciler")
def cli() -> None:
    """Keep LogMeIn Rescue equal to Microsoft Entra ID groups, as mappings.yaml says.

    \b
    Exit codes: 0 fine; 1 could not read, network, or a bug; 2 bad flags or an
    invalid file; 3 changes pending (plan --detailed-exitcode); 4 a guard
    refused; 5 not the reviewed or no longer the saved plan; 6 done in part.
    """


def run() -> None:
    """Entry point of the installed commands. Never returns."""
    atexit.register(gc.freeze)  # or Python looks for cycles as it ends, in all that was read: 3 s for a million people
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib would double the start
    try:
        with sigterm_interrupts():
            code = cli.main(prog_name="reconciler", standalone_mode=False)
    except ReconcilerError as error:
        report_error(error)
        code = error.exit_code
    except click.exceptions.Abort as stopped:
        words = str(stopped) or stop_words(stopped, "")
        new_line = "\n" if sys.stderr.isatty() else ""  # behind the ^C of the terminal
        click.echo(f"{new_line}S{words[1:]}.", err=True)
        code = ReconcilerError.exit_code
    except click.ClickException as usage:
        usage.show()
        code = usage.exit_code
    except OSError as failed:  # but for a reader of our output who went away: click ends with 1, and tells nobody
        if failed.errno not in _OUTPUT:
            raise
        click.echo(f"error: the output cannot be written: {failed.strerror or failed}", err=True)
        code = 1
    sys.exit(_flushed(_as_code(code)))


_OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""Trouble with stdout: whatever is read and written by name has errors of its own."""


def _flushed(code: int) -> int:
    """The exit code; 1 where the last of stdout cannot be written. Python would say so in its own words at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or 1
    return code


def _as_code(value: Any) -> int:
    return value if isinstance(value, int) else 0
