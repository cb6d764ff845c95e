"""`reconciler watch`: apply again and again, until a signal."""

from __future__ import annotations

import os
from typing import Literal

import click

from reconciler.cli.intervals import to_seconds
from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Apply again and again, until a signal.")
@click.argument("file", default="mappings.yaml")
@click.option("--interval", required=True, metavar="TIME", callback=to_seconds, help="Between rounds: 15m, 90s, 1h.")
@click.option("--health", metavar="FILE", help="Keep what the last rounds came to in FILE, as JSON.")
@click.option(
    "--refresh",
    type=click.Choice(["auto", "full", "bulk"]),
    default="auto",
    show_default=True,
    help="Whom to ask Rescue about one by one; see plan. The first round, and the first of each day (UTC), asks about "
    "everybody of ours whatever this says.",
)
@click.option("--report", "reports", multiple=True, metavar="FILE", help="Write a report of each round; see apply.")
@click.option("--out", metavar="FILE", help="Write what became of every action of the last round as JSON.")
@talk_options
def watch(
    file: str,
    interval: int,
    health: str | None,
    refresh: Literal["auto", "full", "bulk"],
    reports: tuple[str, ...],
    out: str | None,
    quiet: bool,
    verbose: int,
) -> int:
    """Make Rescue what FILE (default mappings.yaml) asks for, again and again, without asking.

    FILE is read anew in every round. A round that fails is said and survived: whatever it was, the next one begins when
    the interval is over, or sooner where it could not read. SIGTERM and SIGINT end it after the action in hand, with
    exit code 0.

    Run one per Rescue account: two of them with e-mail and password end each other's login.
    """
    from reconciler.cli.files import check_reports, check_writable
    from reconciler.cli.watching import Watch

    talk = Talk(quiet=quiet, verbose=verbose)
    check_reports(reports)
    for written in (out, health):
        if written:
            check_writable(written)
    return Watch(file, interval, health, refresh, reports, out, talk=talk, environ=os.environ).run()
