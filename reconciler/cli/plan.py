"""`reconciler plan`: reads, plans, shows. Never writes to either side."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Literal

import click
from click.core import ParameterSource

from reconciler.cli.authors import author_option
from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Read, plan and show; never writes.")
@click.argument("file", default="mappings.yaml")
@click.option(
    "--base",
    metavar="FILE",
    help="The file before the edit: the plan tells what the edit does and stops from what is pending anyway. "
    "A missing FILE counts as empty.",
)
@click.option(
    "--github",
    "on_github",
    is_flag=True,
    help="The same with the file that a merge accepted last, found by the commit statuses of the repository.",
)
@author_option
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
@click.option(
    "--save-readings",
    "save",
    metavar="FILE",
    help="Keep what Rescue says, everybody in full (so with --refresh full), for --readings.",
)
@click.option(
    "--readings",
    "saved",
    metavar="FILE",
    help="Plan from what --save-readings kept, without any credential of Rescue; Entra is read as it is now.",
)
@talk_options
def plan(
    file: str,
    base: str | None,
    on_github: bool,
    author: str | None,
    out: str | None,
    reports: tuple[str, ...],
    refresh: Literal["auto", "full", "bulk"],
    only: tuple[str, ...],
    style: str,
    detailed_exitcode: bool,
    save: str | None,
    saved: str | None,
    quiet: bool,
    verbose: int,
) -> int:
    """Read Entra and Rescue, plan what FILE (default mappings.yaml) asks for, and show it."""
    from reconciler.cli.base import load_base
    from reconciler.cli.files import check_distinct, check_reports, check_writable, write_whole
    from reconciler.cli.only import find_mappings, part_of
    from reconciler.cli.reading import load_file, open_sides, read_and_plan
    from reconciler.cli.reports import make_plan_report, render_plan_as
    from reconciler.cli.saved_readings import load_readings, open_saved, save_readings
    from reconciler.errors import UsageError

    if base is not None and on_github:
        raise UsageError("--github finds the file before the edit itself", advice="leave out --base")
    if only and out:
        raise UsageError("--only shows a part of a plan, and --out saves all of it", advice="use one of the two")
    if save and saved:
        raise UsageError("--save-readings reads Rescue, and --readings does not", advice="use one of the two")
    if save and _is_said("refresh") and refresh != "full":
        raise UsageError(f"--save-readings asks about everybody, --refresh {refresh} does not", advice="leave it out")
    talk = Talk(quiet=quiet, verbose=verbose)
    check_reports(reports)
    check_distinct((file, base, saved), (out, save, *reports))
    for written in filter(None, (out, save)):
        check_writable(written)
    mappings = load_file(file, talk)
    names = find_mappings(mappings, only)
    before = load_base(base, mappings, talk) if base is not None else None
    if on_github:
        from reconciler.cli.github_edits import fetch_base

        before = fetch_base(file, mappings, os.environ, author, talk)
    if saved is not None:
        rescue = load_readings(saved, mappings, talk)
        with open_saved(rescue, mappings, os.environ, talk) as saved_sides:
            made, _ = read_and_plan(mappings, saved_sides, refresh=refresh, talk=talk, base=before)
        made = made.model_copy(update={"rescue_read_at": rescue.read_at})
    else:
        began = datetime.now(UTC)
        with open_sides(mappings, os.environ, talk) as sides:
            asked: Literal["auto", "full", "bulk"] = "full" if save else refresh
            made, readings = read_and_plan(mappings, sides, refresh=asked, talk=talk, base=before)
            if save:
                save_readings(save, readings, sides.reader, began, sides.progress, talk)
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


def _is_said(option: str) -> bool:
    """Whether somebody said it, and it is not the default."""
    return click.get_current_context().get_parameter_source(option) is not ParameterSource.DEFAULT
