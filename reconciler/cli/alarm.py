"""`reconciler alarm`: the one issue about refused guards and frozen mappings."""

from __future__ import annotations

import os

import click

from reconciler.cli.authors import author_option
from reconciler.cli.talk import Talk, talk_options


@click.command(short_help="Keep the one issue about refused guards and frozen mappings.")
@click.argument("file", default="mappings.yaml")
@click.option("--outcomes", "outcomes_file", metavar="FILE", required=True, help="The outcomes saved by apply --out.")
@author_option
@talk_options
def alarm(file: str, outcomes_file: str, author: str | None, quiet: bool, verbose: int) -> int:
    """Open, update or close the one issue that says what of FILE (default mappings.yaml) is not kept up, and why."""
    from reconciler.cli.saved import load_outcomes
    from reconciler.github.alarm import put_alarm
    from reconciler.github.client import GitHubClient
    from reconciler.github.environment import load_environment, path_in_repository
    from reconciler.github.ours import fetch_author
    from reconciler.render.alarm import alarm_title, is_well, render_alarm

    talk = Talk(quiet=quiet, verbose=verbose)
    outcomes = talk.masked_outcomes(load_outcomes(outcomes_file))
    if outcomes.digest is None:
        talk.say("the run had no plan: whether a guard refuses is not known, so the issue stays as it is")
        return 0
    here = load_environment(os.environ)
    name = path_in_repository(file, os.environ)
    with GitHubClient(here.api_url, here.needed_repository(), here.needed_token()) as client:
        whose = fetch_author(client, author)
        result, number = put_alarm(
            client, whose, alarm_title(name), render_alarm(outcomes, name), well=is_well(outcomes)
        )
    talk.say(f"issue #{number}: {result}" if number else "no issue is open, and none is needed")
    return 0
