"""Opens both sides, reads them whole, and plans until planning asks nothing more.

The only place where `source`, `target` and `planning` meet. Whatever cannot be read whole ends the run before a plan.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.cli.talk import Progress, Talk
from reconciler.errors import ReconcilerError, TargetError
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Plan, Refresh
from reconciler.model.readings import Questions, Readings

if TYPE_CHECKING:
    from reconciler.source.entra_reader import EntraReader
    from reconciler.target.rescue_reader import RescueReader
    from reconciler.target.rescue_writer import RescueWriter

ROUNDS = 8
"""Each round of questions depends on the answers of the one before; five kinds of questions need no more than this."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides, opened, and where progress is told."""

    entra: EntraReader
    reader: RescueReader
    writer: RescueWriter
    progress: Progress


def load_file(file: str, talk: Talk) -> Mappings:
    """The file, its warnings told. Raises InputError for what is wrong with it."""
    from reconciler.config.load import load_mappings

    mappings = load_mappings(file, tenant_id=os.environ.get("AZURE_TENANT_ID") or None)
    for warning in mappings.warnings:
        talk.warn(warning)
    return mappings


@contextmanager
def open_sides(mappings: Mappings, environ: Mapping[str, str], talk: Talk) -> Iterator[Sides]:
    """Clients for both sides, closed at the end. Credentials are looked for here, before anything is read."""
    from reconciler.source.clouds import graph_base_url
    from reconciler.source.credentials import make_token_source
    from reconciler.source.entra_reader import EntraReader
    from reconciler.source.graph_client import GraphClient
    from reconciler.target.connect import open_rescue
    from reconciler.transport import Channel

    tokens = make_token_source(environ, tenant_id=mappings.tenant_id, cloud=mappings.cloud)
    rescue = open_rescue(environ, mappings.region, mappings.requests_per_second)
    graph_url = graph_base_url(environ, mappings.cloud)
    with (
        rescue.channel,
        Channel(graph_url, service="Microsoft Graph (GRAPH_BASE_URL)") as graph,
        talk.progress() as progress,
    ):
        entra = EntraReader(GraphClient(graph, tokens, run=talk.run), tenant_id=mappings.tenant_id, progress=progress)
        yield Sides(entra, rescue.reader, rescue.writer, progress)


def read_and_plan(mappings: Mappings, sides: Sides, *, refresh: Refresh, talk: Talk) -> tuple[Plan, Readings]:
    """One plan and the readings it was made from.

    Raises TargetError when the account is another one or the caller no master administrator (D17), SourceError when no
    mapped group can be read, InputError for what only the reading can show to be wrong with the file.
    """
    directory = sides.entra.fetch_directory(mappings)
    for note in directory.notes:
        talk.warn(note)
    tree = sides.reader.fetch_tree()
    caller = sides.reader.fetch_caller(tree)
    if caller.account_id != mappings.account_id:
        raise TargetError(
            f"this is Rescue account {caller.account_id} ({caller.organization}), and {mappings.file} is for "
            f"account {mappings.account_id}",
            advice="check the credentials, or rescue.account_id in the file",
        )
    readings = Readings(directory, tree, caller, refresh)
    for _ in range(ROUNDS):
        now = datetime.now(UTC)
        made = _make_plan(mappings, readings, now)
        if isinstance(made, Plan):
            talk.note_plan(made)
            return made, readings
        readings = _answer(made, readings, sides)
    raise ReconcilerError(f"planning still had questions after {ROUNDS} rounds", advice="please report this as a bug")


def _make_plan(mappings: Mappings, readings: Readings, now: datetime) -> Plan | Questions:
    from reconciler.planning.planner import make_plan

    return make_plan(mappings, readings, today=now.date(), made_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _answer(questions: Questions, readings: Readings, sides: Sides) -> Readings:
    """The readings with every question answered; one bulk call a kind."""
    if questions.accounts:
        found = sides.entra.fetch_whereabouts(sorted(questions.accounts), groups_for=questions.groups_of)
        readings = replace(readings, whereabouts={**readings.whereabouts, **found})
    if questions.addresses:
        addresses = sides.entra.fetch_addresses(sorted(questions.addresses))
        readings = replace(readings, addresses={**readings.addresses, **addresses})
    if questions.included:
        found_people = sides.entra.fetch_people(sorted(questions.included))
        readings = replace(readings, included={**readings.included, **found_people})
    if questions.again:
        again = {group: sides.entra.fetch_group(group) for group in sorted(questions.again)}
        readings = replace(readings, again={**readings.again, **again})
    if questions.details:
        details = sides.reader.fetch_details(
            sorted(questions.details), lambda done, total: sides.progress("reading people in Rescue", done, total)
        )
        readings = replace(readings, details={**readings.details, **details})
    return readings
