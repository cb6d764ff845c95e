"""`reconciler plan`: reads, plans, shows. Never writes to either side."""

from __future__ import annotations

import os
from typing import Literal

import click

from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Read, plan and show; never writes.")
@click.argument("file", default="mappings.yaml")
@click.option("--out", metavar="FILE", help="Save the plan as JSON, for apply --plan.")
@click.option(
    "--report", "reports", multiple=True, metavar="FILE", help="Write a report: .html .json .md .xlsx. Repeatable."
)
@click.option(
    "--refresh",
    type=click.Choice(["auto", "full", "bulk"]),
    default="auto",
    show_default=True,
    help="Whom to ask Rescue about one by one: those that differ, everybody of ours, or those about to be written.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="MAPPING",
    help="Plan everything and show what is about this mapping. Repeatable; not with --out.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the plan is shown on stdout.",
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit 3 when changes are pending, 4 when a guard would refuse, 6 when a finding is an error "
    "(3, not terraform's 2: that is click's code for bad flags).",
)
@talk_options
def plan(
    file: str,
    out: str | None,
    reports: tuple[str, ...],
    refresh: Literal["auto", "full", "bulk"],
    only: tuple[str, ...],
    style: str,
    detailed_exitcode: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Read Entra and Rescue, plan what FILE (default mappings.yaml) asks for, and show it."""
    from reconciler.cli.files import check_reports, check_writable, write_whole
    from reconciler.cli.only import find_mappings, part_of
    from reconciler.cli.reading import load_file, open_sides, read_and_plan
    from reconciler.cli.reports import make_plan_report, render_plan_as
    from reconciler.errors import UsageError

    if only and out:
        raise UsageError("--only shows a part of a plan, and --out saves all of it", advice="use one of the two")
    talk = Talk(quiet=quiet, verbose=verbose)
    check_reports(reports)
    if out:
        check_writable(out)
    mappings = load_file(file, talk)
    names = find_mappings(mappings, only)
    with open_sides(mappings, os.environ, talk) as sides:
        made, _ = read_and_plan(mappings, sides, refresh=refresh, talk=talk)
    if out:
        write_whole(out, render_plan_as(".json", made, file))
        talk.say(f"saved {out}")
    shown = part_of(made, names, talk) if names else made
    for report in reports:
        write_whole(report, make_plan_report(report, shown, file))
        talk.say(f"wrote {report}")
    talk.show(render_plan_as(f".{style}", talk.masked_plan(shown), file), masked=True)
    if not detailed_exitcode:
        return 0
    if made.refused:
        return 4
    if made.has_errors or made.held:
        return 6
    return 3 if made.actions else 0
