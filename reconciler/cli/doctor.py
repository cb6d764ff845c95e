"""`reconciler doctor`: looks at everything a run needs, changes nothing, and says what to do about what is wrong."""

from __future__ import annotations

import os

import click

from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Check credentials, consent, groups and settings; changes nothing.")
@click.argument("file", default="mappings.yaml")
@click.option(
    "--probe",
    is_flag=True,
    help="Also show how Rescue lays out its answers, without names, ids or tokens, to be pasted in an issue. "
    "About 45 reading calls.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the report is shown on stdout.",
)
@talk_options
def doctor(file: str, probe: bool, style: str, quiet: bool, verbose: int) -> int:
    """Check what FILE (default mappings.yaml) needs: credentials, consent, groups, account, passwords.

    Every check is made even where another failed; one that depends on a failed one says `not checked`. Nothing is
    written to either side. Exit codes: 0 nothing failed (warnings included); 1 something failed; 2 the file is wrong.
    """
    from reconciler.cli.checks.examine import examine
    from reconciler.render.checkup import render_checkup, render_checkup_json

    talk = Talk(quiet=quiet, verbose=verbose)
    with talk.progress() as progress:
        checkup = examine(file, os.environ, progress, probe=probe)
    talk.show(render_checkup(checkup) if style == "text" else render_checkup_json(checkup))
    told = [check for section in checkup.sections for check in section.checks]
    bad_file = any(check.name == "file" and check.verdict == "failed" for check in told)
    return 2 if bad_file else 1 if checkup.count("failed") else 0
