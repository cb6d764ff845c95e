"""`reconciler apply`: reads and plans again, checks digests, then guards, writes, reads back, reports."""

from __future__ import annotations

import os
import sys
from typing import Literal

import click

from reconciler.cli.authors import author_option
from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Read, plan, write, read back.")
@click.argument("file", default="mappings.yaml")
@click.option("--base", metavar="FILE", help="The file before the edit; see plan. What it does not hold is the edit's.")
@click.option(
    "--reviewed",
    metavar="EDIT_DIGEST",
    help="Apply only if the edit still does what this edit digest, of a plan with --base, stands for. Needs --base.",
)
@click.option(
    "--github",
    "on_github",
    type=click.Choice(["merge", "schedule"]),
    help="merge: apply what a pull request brought to this commit, if it still does what was reviewed there, and mark "
    "the commit as accepted. schedule: apply the file as a merge accepted it last. Finds --base and --reviewed itself.",
)
@author_option
@click.option("--plan", "saved", metavar="FILE", help="Apply only if the plan is still the one saved here.")
@click.option("--yes", is_flag=True, help="Do not ask. Needed without a terminal.")
@click.option(
    "--refresh",
    type=click.Choice(["auto", "full", "bulk"]),
    default="auto",
    show_default=True,
    help="Whom to ask Rescue about one by one; see plan.",
)
@click.option(
    "--report", "reports", multiple=True, metavar="FILE", help="Write a report: .html .json .md .xlsx. Repeatable."
)
@click.option(
    "--out", metavar="FILE", help="Write what became of every action as JSON; an older FILE is removed first."
)
@talk_options
def apply(
    file: str,
    base: str | None,
    reviewed: str | None,
    on_github: Literal["merge", "schedule"] | None,
    author: str | None,
    saved: str | None,
    yes: bool,
    refresh: Literal["auto", "full", "bulk"],
    reports: tuple[str, ...],
    out: str | None,
    quiet: bool,
    verbose: int,
) -> int:
    """Make Rescue what FILE (default mappings.yaml) asks for."""
    from reconciler.cli.applying import Apply
    from reconciler.cli.edits import Edits, LocalEdit
    from reconciler.cli.files import check_distinct, check_reports, check_writable
    from reconciler.errors import UsageError

    if on_github is not None and base is not None:
        raise UsageError("--github finds the file before the edit itself", advice="leave out --base")
    if on_github == "schedule" and reviewed is not None:
        raise UsageError("--github schedule applies no edit that waits for review", advice="use --github merge")
    if reviewed is not None and base is None and on_github is None:
        raise UsageError(
            "--reviewed is what an edit does, and without --base there is none", advice="add --base, the file before it"
        )
    talk = Talk(quiet=quiet, verbose=verbose)
    check_reports(reports)
    check_distinct((file, base, saved), (out, *reports))
    if out:
        check_writable(out)
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", advice="add --yes to apply without being asked")
    edits: Edits = LocalEdit(file, base, reviewed)
    if on_github is not None:
        from reconciler.cli.github_edits import AcceptedEdit, MergedEdit

        merge = on_github == "merge"
        edits = MergedEdit(file, os.environ, author, reviewed) if merge else AcceptedEdit(file, os.environ, author)
    return Apply(
        file,
        saved,
        refresh,
        reports,
        out,
        edits=edits,
        ask=not yes,
        talk=talk,
        environ=os.environ,
    ).run()
