"""`reconciler comment`: what was planned or done, where reviewers read it. Neither Entra nor Rescue is spoken to."""

from __future__ import annotations

import os

import click

from reconciler.cli.authors import author_option
from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Put a plan or its outcomes on the pull request.")
@click.argument("file", default="mappings.yaml")
@click.option("--plan", "plan_file", metavar="FILE", help="A plan saved by plan --out.")
@click.option("--outcomes", "outcomes_file", metavar="FILE", help="The outcomes saved by apply --out.")
@click.option("--pr", type=click.IntRange(min=1), metavar="N", help="The pull request; default: that of the event.")
@click.option(
    "--commit", metavar="SHA", help="The commit that was planned, for its status; default: the event's head commit."
)
@author_option
@click.option("--artifact", metavar="URL", help="Where the whole plan and the reports are; default: the run.")
@talk_options
def comment(
    file: str,
    plan_file: str | None,
    outcomes_file: str | None,
    pr: int | None,
    commit: str | None,
    author: str | None,
    artifact: str | None,
    quiet: bool,
    verbose: int,
) -> int:
    """Show a plan, or what became of it, on the pull request that edits FILE (default mappings.yaml).

    One comment a file, updated in place; an apply gets one of its own. In Actions also the job summary, the step's
    outputs (digest, edit-digest, changes, removals) and annotations; a plan made with --base sets the commit status
    that an apply on merge goes by.
    """
    from reconciler.cli.commenting import Commenting
    from reconciler.cli.saved import load_outcomes, load_plan
    from reconciler.errors import UsageError

    talk = Talk(quiet=quiet, verbose=verbose)
    if (plan_file is None) == (outcomes_file is None):
        raise UsageError("say what to show", advice="give --plan FILE or --outcomes FILE, one of them")
    work = Commenting(file, os.environ, talk, pr=pr, commit=commit, author=author, artifact=artifact)
    if plan_file is not None:
        work.show_plan(load_plan(plan_file))
    elif outcomes_file is not None:
        work.show_outcomes(load_outcomes(outcomes_file))
    return 0
