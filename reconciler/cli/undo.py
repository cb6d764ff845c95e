"""`reconciler undo`: a plan, then an apply, that reverses one run where nothing has changed since."""

from __future__ import annotations

import os
import sys

import click

from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Take one run back.")
@click.argument("outcomes", metavar="OUTCOMES")
@click.argument("file", default="mappings.yaml")
@click.option("--yes", is_flag=True, help="Do not ask. Needed without a terminal.")
@click.option(
    "--out", metavar="FILE", help="Write what became of every action as JSON; an older FILE is removed first."
)
@talk_options
def undo(outcomes: str, file: str, yes: bool, out: str | None, quiet: bool, verbose: int) -> int:
    """Take back what the run of OUTCOMES did, which `apply --out` wrote.

    \b
    Whoever was written since is left alone, and so is what FILE (default
    mappings.yaml) would do again: revert FILE, or put a `hold` on them, first.
    Created people are disabled, nothing is deleted. The guards of FILE apply.
    Ends with 6 where anything is left.
    """
    from reconciler.cli.files import check_distinct, check_writable
    from reconciler.cli.saved import load_outcomes
    from reconciler.cli.undoing import UndoRun
    from reconciler.errors import UsageError

    talk = Talk(quiet=quiet, verbose=verbose)
    if out:
        check_distinct((file, outcomes), (out,))
        check_writable(out)
    run = load_outcomes(outcomes)
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", advice="add --yes to undo without being asked")
    return UndoRun(outcomes, run, file, out, ask=not yes, talk=talk, environ=os.environ).run()
