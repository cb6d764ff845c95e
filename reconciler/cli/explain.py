"""`reconciler explain`: why one person is where they are. Reads and plans as `plan` does, and writes nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

import click

from reconciler.cli.talk import Talk, talk_options

if TYPE_CHECKING:
    from reconciler.cli.reading import Sides
    from reconciler.model.mappings import Mappings
    from reconciler.model.readings import Readings
    from reconciler.planning.explain.explaining import Looked


@click.command(short_help="Why one person is where they are, and what would change.")
@click.argument("login")
@click.argument("file", default="mappings.yaml")
@click.option(
    "--refresh",
    type=click.Choice(["auto", "full", "bulk"]),
    default="auto",
    show_default=True,
    help="As for plan. The person's own SSO ID and licence are read in any case.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the explanation is shown on stdout.",
)
@talk_options
def explain(
    login: str, file: str, refresh: Literal["auto", "full", "bulk"], style: str, quiet: bool, verbose: int
) -> int:
    """Show why LOGIN is where they are, and what a plan with FILE (default mappings.yaml) would change.

    LOGIN is a Rescue login, a mail address, a UPN or an Entra object id, in any case. The numbers are the decisions
    (D..) and rules (R..) the planner follows. Exit codes: 0 the person is in Entra or in Rescue; 1 neither knows them
    (it says where was looked), or something could not be read; 2 the file or a flag is wrong.
    """
    from datetime import date

    from reconciler.cli.reading import load_file, open_sides, read_and_plan
    from reconciler.planning.explain.explaining import explain_person
    from reconciler.render.explanation import render_explanation, render_explanation_json

    talk = Talk(quiet=quiet, verbose=verbose)
    mappings = load_file(file, talk)
    with open_sides(mappings, os.environ, talk) as sides:
        made, readings = read_and_plan(mappings, sides, refresh=refresh, talk=talk)
        looked, readings = _look_closer(login, mappings, sides, readings)
    today = date.fromisoformat(made.made_at[:10])
    explanation = explain_person(login, mappings, readings, made, looked, today=today)
    told = talk.masked_explanation(explanation)
    talk.show(render_explanation(told) if style == "text" else render_explanation_json(told), masked=True)
    return 0 if explanation.people else 1


def _look_closer(login: str, mappings: Mappings, sides: Sides, readings: Readings) -> tuple[Looked, Readings]:
    """What only concerns this person: Entra's own word on the account and its groups, and getUser of their nodes."""
    from dataclasses import replace

    from reconciler.planning.explain.explaining import Looked
    from reconciler.planning.explain.subjects import find_subjects, ids_named

    found = [
        sides.entra.fetch_person(name) for name in (login.strip(), *sorted(ids_named(login, readings, mappings.owner)))
    ]
    looked = Looked(
        {id_: person for one in found for id_, person in one.people.items()},
        {id_: groups for one in found for id_, groups in one.groups.items()},
        "; ".join(dict.fromkeys(one.why for one in found if one.why)),
    )
    subjects = find_subjects(login, readings, mappings.owner, looked.people)
    missing = {node.id for subject in subjects for node in subject.nodes} - readings.details.keys()
    details = sides.reader.fetch_details(sorted(missing))
    return looked, replace(readings, details={**readings.details, **details})
