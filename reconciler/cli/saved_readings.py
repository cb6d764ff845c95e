"""`plan --save-readings` and `plan --readings`: the Rescue side of one run kept, and planned from in another.

Whoever plans from it needs no credential of Rescue (product.md §5). It is refused where it is of another account, not
whole, or older than what was read of it can be trusted for; its age is always said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.files import write_whole
from reconciler.cli.reading import ReadsRescue, open_source
from reconciler.cli.talk import Progress, Talk
from reconciler.errors import TargetError, UsageError
from reconciler.model.hierarchy import Caller, Details, NodeType, Tree
from reconciler.model.mappings import Mappings
from reconciler.model.readings import Readings
from reconciler.model.saved import NotSaved, SavedReadings, make_saved, people_of, read_saved

if TYPE_CHECKING:
    from reconciler.source.entra_reader import EntraReader

OLDEST = timedelta(days=3)
"""A scheduled run saves new ones each time: where they are older it no longer runs, and Rescue may be another."""
_SKEW = timedelta(minutes=10)
_SAVE = "save them anew with `reconciler plan --save-readings FILE`, where Rescue can be read"


class SavedRescue:
    """Answers from the file what a reader of the account would have answered then."""

    def __init__(self, saved: SavedReadings) -> None:
        self._saved = saved
        self._details = saved.details
        self.read_at = saved.read_at

    def fetch_tree(self) -> Tree:
        return self._saved.tree

    def fetch_caller(self, tree: Tree) -> Caller:  # noqa: ARG002 - proven to be of this tree when it was saved
        return self._saved.caller

    def fetch_details(
        self, node_ids: Iterable[int], progress: Callable[[int, int], None] | None = None
    ) -> dict[int, Details | None]:
        found = {id_: self._details[id_] for id_ in dict.fromkeys(node_ids)}
        if progress is not None and found:
            progress(len(found), len(found))
        return found


@dataclass(frozen=True, slots=True)
class SavedSides:
    """Entra as it is, and Rescue as it was."""

    entra: EntraReader
    reader: SavedRescue
    progress: Progress


def load_readings(file: str, mappings: Mappings, talk: Talk, now: datetime | None = None) -> SavedRescue:
    """Raises UsageError, with what to do, for what is no saved reading, of another account, or too old."""
    try:
        saved = read_whole(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as unreadable:
        raise UsageError(f"--readings {file} cannot be read", advice=_SAVE) from unreadable
    except NotSaved as wrong:
        raise UsageError(f"--readings {file} holds no saved readings of this version: {wrong}", advice=_SAVE) from wrong
    if saved.account_id != mappings.account_id:
        raise UsageError(
            f"--readings {file} is of Rescue account {saved.account_id} ({saved.organization}), and {mappings.file} "
            f"is for account {mappings.account_id}",
            advice="use readings of the same account, or look at rescue.account_id in the file",
        )
    age = (now or datetime.now(UTC)) - _instant(file, saved.read_at)
    if age > OLDEST:
        raise UsageError(
            f"--readings {file} is {_words(age)} old (read at {saved.read_at}), and Rescue may be another by now",
            advice=_SAVE,
        )
    if age < -_SKEW:
        raise UsageError(
            f"--readings {file} was read at {saved.read_at}, which is yet to come",
            advice=f"look at the clock, or {_SAVE}",
        )
    talk.say(f"Rescue as read at {saved.read_at}, {_words(age)} ago: {file}")
    return SavedRescue(saved)


def read_whole(text: str) -> SavedReadings:
    """Held to what a reading of Rescue itself has to pass (D17): a file may be cut, edited or made by hand.

    Raises NotSaved where its nodes are no consistent tree, or whoever read it was no master administrator.
    """
    from reconciler.target.tree_checks import check_tree

    saved = read_saved(text)
    try:
        tree = check_tree(saved.tree.nodes.values()).tree
    except TargetError as inconsistent:
        raise NotSaved(str(inconsistent)) from inconsistent
    if tree.nodes[saved.caller_node].type != NodeType.MASTER_ADMINISTRATOR:
        raise NotSaved("whoever read it is no master administrator, and may have been shown a part of the tree only")
    return saved


@contextmanager
def open_saved(rescue: SavedRescue, mappings: Mappings, environ: Mapping[str, str], talk: Talk) -> Iterator[SavedSides]:
    """Both sides, without asking for any credential of Rescue."""
    with open_source(mappings, environ, talk) as (entra, progress):
        yield SavedSides(entra, rescue, progress)


def save_readings(
    file: str, readings: Readings, reader: ReadsRescue, read_at: datetime, progress: Progress, talk: Talk
) -> None:
    """Keeps the reading a plan was made from, after asking about everybody whom the plan did not have to know."""
    known = {readings.caller.details.id: readings.caller.details, **readings.details}
    missing = [id_ for id_ in people_of(readings.tree) if id_ not in known]
    rest = reader.fetch_details(missing, lambda done, total: progress("reading the other people", done, total))
    saved = make_saved(readings.tree, readings.caller, {**known, **rest}, read_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    write_whole(file, saved.model_dump_json(ensure_ascii=True) + "\n")
    talk.say(f"saved the readings of Rescue, {len(saved.people)} people, as {file}")


def _instant(file: str, text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as wrong:
        raise UsageError(f"--readings {file} does not say when it was read", advice=_SAVE) from wrong


def _words(age: timedelta) -> str:
    hours, minutes = divmod(max(0, int(age.total_seconds()) // 60), 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
