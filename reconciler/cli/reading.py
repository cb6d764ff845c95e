"""Opens both sides, reads them whole, and plans until planning asks nothing more; with a base, two files from that.

The only place where `source`, `target` and `planning` meet. Whatever cannot be read whole ends the run before a plan.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from reconciler.cli.alongside import read_both
from reconciler.cli.base import Base
from reconciler.cli.collecting import seldom_collecting
from reconciler.cli.talk import Progress, Talk
from reconciler.errors import InputError, ReconcilerError, TargetError
from reconciler.model.directory import Directory
from reconciler.model.hierarchy import Caller, Details, Tree
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Plan, Refresh
from reconciler.model.readings import Questions, Readings

if TYPE_CHECKING:
    from reconciler.source.entra_reader import EntraReader
    from reconciler.target.rescue_reader import RescueReader
    from reconciler.target.rescue_writer import RescueWriter

P = TypeVar("P", covariant=True)
ROUNDS = 8
"""Each round of questions depends on the answers of the one before; five kinds of questions need no more than this."""


class Planning(Protocol[P]):
    """A way of planning that gives its result, or the questions it has first."""

    def __call__(self, readings: Readings, /, *, today: date, made_at: str) -> P | Questions: ...


class ReadsRescue(Protocol):
    """Where a plan has the Rescue side from: the account itself, or what an earlier run saved of it."""

    def fetch_tree(self) -> Tree: ...

    def fetch_caller(self, tree: Tree) -> Caller: ...

    def fetch_details(
        self, node_ids: Iterable[int], progress: Callable[[int, int], None] | None = None
    ) -> dict[int, Details | None]: ...


class ReadableSides(Protocol):
    """What a plan needs of both sides."""

    @property
    def entra(self) -> EntraReader: ...

    @property
    def reader(self) -> ReadsRescue: ...

    @property
    def progress(self) -> Progress: ...


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
def open_source(mappings: Mappings, environ: Mapping[str, str], talk: Talk) -> Iterator[tuple[EntraReader, Progress]]:
    """The reader of Entra and where progress is told; its credentials are looked for here, nothing is read."""
    from reconciler.source.clouds import graph_base_url
    from reconciler.source.credentials import make_token_source
    from reconciler.source.entra_reader import EntraReader
    from reconciler.source.graph_client import GraphClient
    from reconciler.transport import Channel

    tokens = make_token_source(environ, tenant_id=mappings.tenant_id, cloud=mappings.cloud)
    graph_url = graph_base_url(environ, mappings.cloud)
    with (
        Channel(graph_url, service="Microsoft Graph (GRAPH_BASE_URL)") as graph,
        talk.progress() as progress,
    ):
        client = GraphClient(graph, tokens, run=talk.run)
        yield EntraReader(client, tenant_id=mappings.tenant_id, progress=progress), progress


@contextmanager
def open_sides(mappings: Mappings, environ: Mapping[str, str], talk: Talk) -> Iterator[Sides]:
    """Clients for both sides, closed at the end. Credentials are looked for here, before anything is read."""
    from reconciler.target.connect import open_rescue

    with open_source(mappings, environ, talk) as (entra, progress):
        rescue = open_rescue(environ, mappings.region, mappings.requests_per_second)
        with rescue.channel:
            yield Sides(entra, rescue.reader, rescue.writer, progress)


@seldom_collecting()
def read_and_plan(
    mappings: Mappings, sides: ReadableSides, *, refresh: Refresh, talk: Talk, base: Base | None = None
) -> tuple[Plan, Readings]:
    """One plan and the readings it was made from; with a base it says what the edit does and stops (§5).

    Both files are planned from one reading: no group and nobody is read twice, and what the plan of one has to know the
    other knows as well. Raises TargetError when the account is another one or the caller no master administrator (D17),
    SourceError when no mapped group can be read, InputError for what only the reading can show to be wrong with the
    file; a base that is wrong in that way counts as empty.
    """
    files = [mappings, *([base.mappings] if base is not None and base.mappings is not None else [])]
    readings, directories = _read(files, sides, refresh, talk)
    for _ in range(ROUNDS):
        now = datetime.now(UTC)
        made = [_make_plan(mappings, readings, now)]
        if base is not None and base.mappings is not None:
            try:
                made.append(_make_plan(base.mappings, replace(readings, directory=directories[1]), now))
            except InputError as wrong:
                base = base.counted_as_empty(mappings, talk, f"it is not valid any more:\n{wrong}")
        questions = [item for item in made if not isinstance(item, Plan)]
        plans = [item for item in made if isinstance(item, Plan)]
        if not questions:
            readings.kept.clear()
            plan = plans[0] if base is None else _compare(mappings, base, *plans)
            talk.note_plan(plan)
            return plan, readings
        readings = _answer(_merge(questions), readings, sides)
    raise ReconcilerError(f"planning still had questions after {ROUNDS} rounds", advice="please report this as a bug")


@seldom_collecting()
def read_and_answer(
    plan: Planning[P], mappings: Mappings, sides: Sides, *, rounds: int, talk: Talk
) -> tuple[P, Readings]:
    """What another way of planning comes to, and the readings it was made from. Raises as `read_and_plan`."""
    readings, _ = _read([mappings], sides, "auto", talk)
    for _ in range(rounds):
        now = datetime.now(UTC)
        made = plan(readings, today=now.date(), made_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if not isinstance(made, Questions):
            readings.kept.clear()
            return made, readings
        readings = _answer(made, readings, sides)
    raise ReconcilerError(f"planning still had questions after {rounds} rounds", advice="please report this as a bug")


def _read(
    files: list[Mappings], sides: ReadableSides, refresh: Refresh, talk: Talk
) -> tuple[Readings, Sequence[Directory]]:
    """Both sides whole for the first file, at the same time, before any question; and what Entra says of each file."""
    mappings = files[0]

    def read_entra() -> list[Directory]:
        found = sides.entra.fetch_directories(files)
        for note in found[0].notes:
            talk.warn(note)
        return found

    def read_rescue() -> tuple[Tree, Caller]:
        tree = sides.reader.fetch_tree()
        return tree, sides.reader.fetch_caller(tree)

    directories, (tree, caller) = read_both(read_entra, read_rescue, "LogMeIn Rescue", talk)
    if caller.account_id != mappings.account_id:
        raise TargetError(
            f"this is Rescue account {caller.account_id} ({caller.organization}), and {mappings.file} is for "
            f"account {mappings.account_id}",
            advice="check the credentials, or rescue.account_id in the file",
        )
    return Readings(directories[0], tree, caller, refresh), directories


def _compare(mappings: Mappings, base: Base, plan: Plan, before: Plan | None = None) -> Plan:
    from reconciler.planning.editing import compare_plans

    return compare_plans(plan, before, mappings.words, base.words)


def _merge(asked: list[Questions]) -> Questions:
    """What either plan asks, asked once."""
    merged = Questions()
    for questions in asked:
        for item in fields(Questions):
            getattr(merged, item.name).update(getattr(questions, item.name))
    return merged


def _make_plan(mappings: Mappings, readings: Readings, now: datetime) -> Plan | Questions:
    from reconciler.planning.planner import make_plan

    return make_plan(mappings, readings, today=now.date(), made_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _answer(questions: Questions, readings: Readings, sides: ReadableSides) -> Readings:
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
