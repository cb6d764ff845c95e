"""Do: hand each action of a plan to a Writer and collect what became of it (product.md §4, D14, D15).

Best effort: a failed action takes only its dependents with it. No write is repeated blindly: `ERROR` or a lost answer
is `unknown` until the next reading tells. Before every write of an existing person they are read again, and if they are
no longer what the plan was made from, the action is `stale` and nothing is written. The first write of a run is read
back for what it did not mean to change; a loss there ends the run. Nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from reconciler.apply.awards import Awarder, Pending
from reconciler.apply.checks import (
    misplaced,
    missing_records,
    staleness,
    with_changes,
    words_of,
)
from reconciler.apply.first_write import FirstWrite
from reconciler.apply.groups import Becomes, Ends, GroupMaker, GroupWriter
from reconciler.apply.new_nodes import NodeMaker
from reconciler.apply.seats import LiveSeats, main_part
from reconciler.errors import CredentialsError, ReconcilerError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import Details, Role, Tree, is_blank
from reconciler.model.plan import Action, ActionOutcome, Result, Seats
from reconciler.model.text import normal_login

T = TypeVar("T")
SETTLE_FOR = 10.0
"""Seconds a write may take to be visible: nothing is promised of it (rescue-api.md §7.13, D15)."""
SETTLE_EVERY = 0.5
UNREAD_IN_A_ROW = 3
"""One person who cannot be read is one failed action; so many in a row, and Rescue as a whole cannot be."""
_OWN_FAULT = ("EMAIL", "NAME", "SSO")
"""A creation refused for one of these is that person's own matter; others may still be created (D14)."""


class Writer(GroupWriter, Protocol):
    """What apply needs of Rescue. Writes raise TargetRefused for a definite no, TargetUnknown for an unknown fate.

    Reads raise TargetError, TargetRefused for a definite no. CredentialsError: about ourselves, so the run must end.
    """

    def fetch_node(self, node: int) -> Details | None: ...
    def find_login(self, login: str) -> Details | None: ...
    def perform_create(self, parent: int) -> int: ...
    def perform_move(self, node: int, target: int) -> None: ...
    def perform_set(self, record: Details, password: str | None = None) -> None: ...


@dataclass(slots=True)
class Run:
    """How far an apply has come. `outcomes` has one entry per action of the plan, whatever ended the run."""

    outcomes: dict[str, ActionOutcome] = field(default_factory=dict)
    stopped: str | None = None
    """Why the run ended early, or None."""
    wrote: bool = False
    """Whether a write was sent, whatever became of it."""
    fatal: Exception | None = None
    """What ended the run, where it was no signal; anything but a ReconcilerError is a bug."""


class Applier:
    """Carries out one plan. One use: `run`."""

    def __init__(
        self,
        writer: Writer,
        tree: Tree,
        details: Mapping[int, Details | None],
        *,
        seats: Seats,
        refused_again: bool,
        has_rpat: bool,
        password: Callable[[], str] | None,
        stopping: Callable[[], bool],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        progress: Callable[[ActionOutcome], None],
    ) -> None:
        """`tree` and `details` are what the plan was made from, and `seats` is its forecast.

        `refused_again`: licences that Rescue refused before are tried whatever this run releases (`--refresh full`).
        `has_rpat`: this server knows the remote access add-on. `password` gives the first one of each new person.
        `stopping` is asked between actions.
        """
        self._writer = writer
        self._planned = tree
        self._tree = tree
        self._details = details
        self._password = password
        self._stopping = stopping
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._run = Run()
        self._stage_trouble: dict[int, str | None] = {}
        self._unread = 0
        self._seats = LiveSeats(seats, refused_again)
        self._awarder = Awarder(writer, self._seats, self._read, self._wait_until)
        self._awards: dict[str, Pending] = {}
        """By action id: what is left to do for people whose other changes, if they had any, are done."""
        self._groups = GroupMaker(writer, read=self._read, wait_until=self._wait_until, writes=self._writes)
        self._nodes = NodeMaker(writer.perform_create, self._fetch_tree, writes=self._writes, has_rpat=has_rpat)
        self._first_write = FirstWrite(writer.fetch_node, self._wait_until)

    def run(self, actions: Sequence[tuple[int, Action]], awards: Sequence[str] = ()) -> Run:
        """Every action, in the order given, with its stage number. Never raises: see `Run.stopped` and `Run.fatal`.

        Licences are awarded when all of them are done, in the order of `awards`, ids of actions (D22).

        What ends the whole run is our own credentials, an unreadable tree, a server that loses data, words nobody knows
        and bugs; the actions it kept from being tried are `skipped`.
        """
        for stage, action in actions:
            self._try(action, partial(self._one, stage, action))
        for action_id in (*awards, *list(self._awards)):
            pending = self._awards.pop(action_id, None)
            if pending is not None:
                self._try(pending.action, partial(self._award, pending), written=pending.written)
        self._run.outcomes = {action.id: self._run.outcomes[action.id] for _, action in actions}
        return self._run

    def _try(self, action: Action, do: Callable[[], None], *, written: bool = False) -> None:
        """One step, unless the run has ended. Whatever it raises becomes the action's outcome."""
        if self._run.stopped is None and self._stopping():
            self._run.stopped = "stopped by a signal"
        if self._run.stopped is not None:
            if written:
                self._note(action, "failed", f"the mobile licence was not tried: {self._run.stopped}")
            else:
                self._note(action, "skipped", f"not tried: {self._run.stopped}")
            return
        try:
            do()
        except Becomes as known:
            self._note(action, known.outcome, str(known))
        except TargetRefused as refusal:
            self._note(action, "failed", words_of(refusal))
        except TargetUnknown as lost:
            self._note(action, "unknown", words_of(lost))
        except Ends as ending:
            cause = ending.__cause__
            self._end(cause if isinstance(cause, Exception) else ending)
            self._note(action, ending.outcome, str(ending))
        except ReconcilerError as fatal:
            self._end(fatal)
            self._note(action, "failed", words_of(fatal))
        except Exception as bug:
            self._end(bug)
            self._run.outcomes.setdefault(action.id, outcome_of(action, "unknown", "a bug ended the run here"))

    def _end(self, cause: Exception) -> None:
        self._run.fatal = cause
        words = words_of(cause) if isinstance(cause, ReconcilerError) else str(cause) or type(cause).__name__
        self._run.stopped = f"the run ended: {words}"

    def _one(self, stage: int, action: Action) -> None:
        for needed in action.depends_on:
            before = self._run.outcomes.get(needed)
            if needed not in self._awards and (before is None or before.outcome != "done"):
                who = before.subject.login or before.subject.path if before else needed
                self._note(action, "skipped", f"depends on the action for {who}, which was not done")
                return
        trouble = self._seats.no_seat(action)
        if trouble is not None:
            self._note(action, "skipped", trouble)
            return
        action = self._groups.resolve(action)
        if {"create", "move", "create_group"} & set(action.verbs):
            trouble = self._look_again(stage)
            if trouble is not None:
                self._note(action, "skipped", trouble)
                return
        if "create_group" in action.verbs:
            message = self._groups.make(action, self._planned, self._tree)
            self._note(self._groups.resolve(action), "done", message)
            return
        if {"create", "move"} & set(action.verbs):
            trouble = misplaced(action, self._planned, self._tree, frozenset(self._groups.made.values()))
            if trouble is not None:
                self._note(action, "stale", trouble)
                return
        if "create" in action.verbs:
            self._create(action)
        else:
            self._change(action)

    def _look_again(self, stage: int) -> str | None:
        """Before the first action of a stage that places anybody, the tree is read again: why nobody is placed (D15).

        An update with a move sits among the updates, so each stage is asked for, not only that of the moves. Groups
        created in this run may take a while to show.
        """
        if stage not in self._stage_trouble:
            try:
                self._wait_until(self._shows_new_groups)
            except ReconcilerError as unread:
                raise Ends("skipped", f"not tried: the tree could not be read again: {unread}") from unread
            self._stage_trouble[stage] = missing_records(self._planned, self._tree)
        return self._stage_trouble[stage]

    def _shows_new_groups(self) -> bool:
        return not set(self._groups.made.values()) - self._fetch_tree().nodes.keys()

    def _fetch_tree(self) -> Tree:
        self._tree = self._writer.fetch_tree()
        return self._tree

    def _writes(self) -> None:
        self._run.wrote = True

    # -- people who exist -------------------------------------------------------------------------------------------

    def _change(self, action: Action) -> None:
        node_id = action.subject.node_id
        if node_id is None or (planned := self._details.get(node_id)) is None:
            self._note(action, "failed", "the plan has no reading of this person")
            return
        main = main_part(action)
        if not main.changes and action.verbs == ("update",):
            self._awards[action.id] = Pending(action, planned)
            return
        actual = self._read(lambda: self._writer.fetch_node(node_id))
        why = staleness(planned, actual)
        if actual is None or why is not None:
            self._note(action, "stale", f"{why}")
            return
        target = action.group_id if "move" in action.verbs else None
        if target is not None:
            self._run.wrote = True
            self._writer.perform_move(node_id, target)
        if not main.changes:
            self._done(action, actual)
            return
        wanted = with_changes(actual, main)
        self._run.wrote = True
        self._seats.take(action)
        try:
            self._writer.perform_set(wanted, self._password() if self._password and action.sets_password else None)
        except (TargetRefused, TargetUnknown) as trouble:
            if isinstance(trouble, TargetRefused):
                self._seats.give_back(action)
            result: Result = "failed" if isinstance(trouble, TargetRefused) else "unknown"
            self._note(action, result, f"moved, but: {words_of(trouble)}" if target else words_of(trouble))
            return
        except ReconcilerError as fatal:
            if target is None:
                raise
            raise Ends("failed", f"moved, but: {words_of(fatal)}") from fatal
        verifies = not self._first_write.verified
        differing = self._first_write.verify(actual, wanted)
        if differing:
            self._note(action, "failed", "; ".join(differing))
            return
        self._seats.free(action)
        self._done(action, wanted, current=verifies)

    def _wait_until(self, settled: Callable[[], bool]) -> bool:
        return wait_until(settled, clock=self._clock, sleep=self._sleep)

    def _read(self, ask: Callable[[], T]) -> T:
        """A reading before a write. One that fails is that action's failure; several in a row end the run."""
        try:
            answer = ask()
        except TargetRefused:
            self._unread = 0
            raise
        except TargetError as unread:
            self._unread += 1
            if self._unread >= UNREAD_IN_A_ROW:
                raise
            raise Becomes("failed", f"not written, for the reading before it failed: {unread}") from unread
        self._unread = 0
        return answer

    # -- people who do not ------------------------------------------------------------------------------------------

    def _create(self, action: Action) -> None:
        if self._nodes.closed is not None:
            self._note(action, "skipped", self._nodes.closed)
            return
        login, parent, planned = action.after("login"), action.group_id, action.subject.node_id
        if not isinstance(login, str) or parent is None:
            self._note(action, "failed", "the plan does not say with which login, or where")
            return
        holder = self._read(lambda: self._writer.find_login(login))
        if holder is not None:
            whose = (
                "" if normal_login(holder.login) == normal_login(login) else f", whom Rescue shows as {holder.login}"
            )
            message = f"blocked_login: the login is held by the {holder.type.lower()} with node {holder.id}{whose}"
            self._note(action, "failed", message)
            return
        if planned is None:
            self._seats.take(action)  # a blank that is left half-made may be enabled
            try:
                blank = self._nodes.make(parent, Role(action.role), self._tree)
            except (TargetRefused, Becomes):
                self._seats.give_back(action)
                raise
        else:
            found = self._read(lambda: self._writer.fetch_node(planned))
            if found is None or not is_blank(found) or found.sso_id:
                self._note(action, "stale", f"node {planned} is not half-made any more")
                return
            blank = found
            self._seats.take(action)
        name = str(action.after("name"))
        empty = blank._replace(nick=name, description="")  # the nick is the name (D20)
        wanted = with_changes(empty, main_part(action))
        self._fill(action, blank, wanted, filled=planned is not None)

    def _fill(self, action: Action, blank: Details, wanted: Details, *, filled: bool) -> None:
        """setUser on a node that nobody has yet. After one that is left half-made no more creations (D14)."""
        self._run.wrote = True
        try:
            self._writer.perform_set(wanted, self._password() if self._password else None)
        except TargetUnknown as lost:
            self._nodes.closed = f"node {blank.id} may be half-made, so no more people are created in this run"
            self._note(action, "unknown", f"{words_of(lost)}; node {blank.id} may be half-made")
            return
        except ReconcilerError as refusal:
            what = f"{words_of(refusal)}; node {blank.id} is left half-made, the next run fills it"
            if not isinstance(refusal, TargetRefused):
                raise Ends("failed", what) from refusal
            if "PASSWORD" in refusal.token or not any(word in refusal.token for word in _OWN_FAULT):
                self._nodes.closed = f"node {blank.id} was left half-made, so no more people are created in this run"
            if filled:
                self._seats.give_back(action)
            self._note(action, "failed", what)
            return
        differing = self._first_write.verify(blank, wanted)
        if filled and not differing and not self._wait_until(lambda: self._shows(wanted)):
            differing = [f"node {blank.id} does not show the new person after the write"]
        if differing:
            self._note(action, "failed", "; ".join(differing))
        else:
            self._done(action, wanted, f"node {blank.id}", current=True)

    def _done(self, action: Action, record: Details, message: str = "", *, current: bool = False) -> None:
        """All of it but an award is done: noted, or left for the last stage."""
        if action.awards:
            self._awards[action.id] = Pending(action, record, written=True, current=current)
        else:
            self._note(action, "done", message)

    def _award(self, pending: Pending) -> None:
        try:
            found = self._awarder.award(pending)
        finally:
            self._run.wrote |= self._awarder.wrote
        if found.ends is not None:
            raise Ends(found.outcome, found.message) from found.ends
        made = f"node {pending.record.id}" if "create" in pending.action.verbs else ""
        self._note(pending.action, found.outcome, found.message or made)

    def _shows(self, wanted: Details) -> bool:
        """A blank that was filled is read again just after (D14)."""
        try:
            seen = self._writer.fetch_node(wanted.id)
        except CredentialsError as dead:
            raise Ends("unknown", f"written, but it could not be read back: {dead}") from dead
        except TargetError:
            return False
        return seen is not None and normal_login(seen.login) == normal_login(wanted.login)

    def _note(self, action: Action, result: Result, message: str) -> None:
        noted = outcome_of(action, result, message)
        self._run.outcomes[action.id] = noted
        self._progress(noted)


def wait_until(settled: Callable[[], bool], *, clock: Callable[[], float], sleep: Callable[[float], None]) -> bool:
    """Asks until `settled` is true or SETTLE_FOR seconds are over; at least once. The last answer."""
    until = clock() + SETTLE_FOR
    while not settled():
        if clock() >= until:
            return False
        sleep(SETTLE_EVERY)
    return True


def outcome_of(action: Action, result: Result, message: str) -> ActionOutcome:
    """The plan's action and what became of it."""
    return ActionOutcome(
        **{name: getattr(action, name) for name in Action.model_fields}, outcome=result, message=message
    )
