"""Do: hand each action of a plan to a Writer and collect what became of it (product.md §4, D14, D15).

Best effort: a failed action takes only its dependents with it. No write is repeated blindly: `ERROR` or a lost answer is
`unknown` until the next reading tells. Before every write of an existing person they are read again, and if they are no
longer what the plan was made from, the action is `stale` and nothing is written. The first such write of a run is read
back for what it did not mean to change; a loss there ends the run. Nothing is ever deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from reconciler.errors import ReconcilerError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import PERSON_TYPE, Details, Node, Role, Tree
from reconciler.model.marker import MarkersDiffer, find_marker, without_marker
from reconciler.model.plan import Action, ActionOutcome, Result
from reconciler.model.text import normal_login, normal_text

log = logging.getLogger(__name__)

SETTLE_FOR = 10.0
"""Seconds a write may take to be visible: nothing is promised of it (rescue-api.md §7.13, D15)."""
SETTLE_EVERY = 0.5
_OWN_FAULT = ("EMAIL", "NAME", "SSO")
"""A creation refused for one of these is that person's own matter; others may still be created (D14)."""


class Writer(Protocol):
    """What apply needs of Rescue. All raise TargetRefused for a definite no, TargetUnknown for an unknown fate,
    CredentialsError when the run must end."""

    def fetch_tree(self) -> Tree: ...
    def fetch_node(self, node: int) -> Details | None: ...
    def find_login(self, login: str) -> Details | None: ...
    def perform_create(self, parent: int) -> int: ...
    def perform_move(self, node: int, target: int) -> None: ...
    def perform_set(self, record: Details, password: str | None = None) -> None: ...


class ServerChanged(TargetError):
    """The first write of a run lost something it did not mean to change (D15). The run ends."""

    advice = (
        "no further write was made; compare the person named above in the Admin Center, and report the server's way"
    )


@dataclass(slots=True)
class Run:
    """How far an apply has come. `outcomes` has one entry per action of the plan, whatever ended the run."""

    outcomes: dict[str, ActionOutcome] = field(default_factory=dict)
    stopped: str | None = None
    """Why the run ended early, or None."""


class Applier:
    """Carries out one plan. One use: `run`."""

    def __init__(
        self,
        writer: Writer,
        tree: Tree,
        details: Mapping[int, Details | None],
        *,
        placing_stages: frozenset[int],
        has_rpat: bool,
        password: Callable[[], str | None],
        stopping: Callable[[], bool],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        progress: Callable[[ActionOutcome], None],
    ) -> None:
        """`tree` and `details` are what the plan was made from; `has_rpat`, whether this server knows the remote access
        add-on at all. The tree is read again before each of `placing_stages`. `stopping` is asked between actions.
        """
        self._writer = writer
        self._planned_tree = tree
        self._tree = tree
        self._details = details
        self._placing_stages = placing_stages
        self._has_rpat = has_rpat
        self._password = password
        self._stopping = stopping
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._run = Run()
        self._read_back_done = False
        self._no_creates: str | None = None
        self._stage_trouble: str | None = None
        self._current_stage: int | None = None
        self._made: set[int] = set()

    def run(self, actions: Sequence[tuple[int, Action]]) -> Run:
        """Every action, in the order given, with its stage number. Never raises for one action's trouble.

        What ends the whole run (credentials, an unreadable tree, a server that loses data) is in `Run.stopped`; the
        actions it kept from being tried are `skipped`.
        """
        for stage, action in actions:
            if self._run.stopped is None and self._stopping():
                self._run.stopped = "stopped by a signal"
            if self._run.stopped is not None:
                self._note(action, "skipped", self._run.stopped)
                continue
            try:
                self._enter(stage)
                self._one(action)
            except TargetRefused as refusal:
                self._note(action, "failed", _words(refusal))
            except TargetUnknown as lost:
                self._note(action, "unknown", _words(lost))
            except ReconcilerError as fatal:
                self._note(action, "failed", _words(fatal))
                self._run.stopped = f"the run ended: {fatal}"
        return self._run

    def _one(self, action: Action) -> None:
        for needed in action.depends_on:
            before = self._run.outcomes.get(needed)
            if before is None or before.outcome != "done":
                self._note(action, "skipped", f"depends on action {needed}, which was not done")
                return
        if self._stage_trouble is not None:
            self._note(action, "skipped", self._stage_trouble)
        elif "create" in action.verbs:
            self._create(action)
        else:
            self._change(action)

    def _enter(self, stage: int) -> None:
        """At the first action of a stage that places people, the tree is read again (D15)."""
        if stage == self._current_stage:
            return
        self._current_stage = stage
        self._stage_trouble = None
        if stage in self._placing_stages:
            self._tree = self._writer.fetch_tree()
            self._stage_trouble = _missing(self._planned_tree, self._tree)

    # -- people who exist -------------------------------------------------------------------------------------------

    def _change(self, action: Action) -> None:
        node_id = action.subject.node_id
        planned = self._details.get(node_id) if node_id is not None else None
        if node_id is None or planned is None:
            self._note(action, "failed", "the plan has no reading of this person")
            return
        if "move" in action.verbs and (action.group_id is None or action.group_id not in self._tree.groups):
            self._note(action, "skipped", f"the group {action.group.after} is not there any more")
            return
        actual = self._writer.fetch_node(node_id)
        why = _staleness(planned, actual)
        if actual is None or why is not None:
            self._note(action, "stale", why or "this person is no user in Rescue any more")
            return
        if "move" in action.verbs and action.group_id is not None:
            self._writer.perform_move(node_id, action.group_id)
        if action.changes:
            wanted = _with_changes(actual, action)
            self._writer.perform_set(wanted)
            if not self._read_back_done:
                self._read_back_done = True
                self._read_back(actual, wanted)
        self._note(action, "done", "")

    def _read_back(self, before: Details, wanted: Details) -> None:
        """The first write, read back until it shows or ten seconds are over (D15). Raises ServerChanged for a loss."""
        losses: list[str] = []

        def settled() -> bool:
            losses[:] = _losses(before, wanted, self._writer.fetch_node(wanted.id))
            return not losses

        if not self._wait_until(settled):
            raise ServerChanged(f"writing {wanted.login} lost what it did not mean to change: {'; '.join(losses)}")

    def _wait_until(self, settled: Callable[[], bool]) -> bool:
        return wait_until(settled, clock=self._clock, sleep=self._sleep)

    # -- people who do not ------------------------------------------------------------------------------------------

    def _create(self, action: Action) -> None:
        if self._no_creates is not None:
            self._note(action, "skipped", self._no_creates)
            return
        login, parent = action.after("login"), action.group_id
        if not isinstance(login, str) or parent is None or parent not in self._tree.groups:
            self._note(action, "skipped", f"the group {action.group.after} is not there any more")
            return
        holder = self._writer.find_login(login)
        if holder is not None and normal_login(holder.login) == normal_login(login):
            kind = holder.type.lower()
            self._note(action, "failed", f"blocked_login: the login is held by the {kind} with node {holder.id}")
            return
        if holder is not None:
            self._note(action, "failed", f"Rescue answered for another login when asked for {login}")
            return
        node_id = action.subject.node_id
        filled = node_id is not None
        if node_id is not None:
            blank = self._writer.fetch_node(node_id)
            if blank is None or not _is_blank(blank):
                self._note(action, "stale", f"node {node_id} is not half-made any more")
                return
        else:
            node_id = self._make_node(parent)
        record = self._new_record(node_id, action)
        try:
            self._writer.perform_set(record, self._password())
        except TargetRefused as refusal:
            if not any(word in refusal.token for word in _OWN_FAULT):
                self._no_creates = f"node {node_id} was left half-made, so no more people are created in this run"
            self._note(action, "failed", f"{_words(refusal)}; node {node_id} is left half-made, the next run fills it")
            return
        except TargetUnknown as lost:
            self._no_creates = f"node {node_id} may be half-made, so no more people are created in this run"
            self._note(action, "unknown", f"{_words(lost)}; node {node_id} may be half-made")
            return
        if filled and not self._wait_until(lambda: self._shows(node_id, login)):
            self._note(action, "failed", f"node {node_id} does not show the new person after the write")
            return
        self._note(action, "done", f"node {node_id}")

    def _shows(self, node_id: int, login: str) -> bool:
        seen = self._writer.fetch_node(node_id)
        return seen is not None and normal_login(seen.login) == normal_login(login)

    def _make_node(self, parent: int) -> int:
        """createUser. After `ERROR` or a lost answer the tree says whether it was made (D14)."""
        before = _people_in(self._tree, parent)
        try:
            made = self._writer.perform_create(parent)
        except TargetUnknown as lost:
            self._tree = self._writer.fetch_tree()
            new = _people_in(self._tree, parent) - before - self._made
            found = sorted(node for node in new if _is_blank(self._tree.nodes[node]))
            if len(found) > 1:
                self._no_creates = "there are half-made nodes nobody can tell apart, so no more people are created"
                raise
            if not found:
                raise TargetRefused("ERROR", f"{lost}; the tree shows that no node was made") from lost
            made = found[0]
        self._made.add(made)
        return made

    def _new_record(self, node_id: int, action: Action) -> Details:
        """A new person's record; the nick is the name (D20)."""
        name = str(action.after("name"))
        rpat = False if self._has_rpat else None
        blank = Details(node_id, name, name, "", "", "", PERSON_TYPE[Role(action.role)], False, rpat, False, "Enabled")
        return _with_changes(blank, action)

    def _note(self, action: Action, outcome: Result, message: str) -> None:
        noted = ActionOutcome(
            **{name: getattr(action, name) for name in Action.model_fields}, outcome=outcome, message=message
        )
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


def compare_result(outcomes: Iterable[ActionOutcome], tree: Tree) -> dict[str, str]:
    """Actions reported done that the final reading does not show: action id -> `server stored …` (D20)."""
    wrong: dict[str, str] = {}
    by_login = {normal_login(node.login): node for node in tree.nodes.values() if node.login}
    for outcome in outcomes:
        if outcome.outcome != "done":
            continue
        node = tree.nodes.get(outcome.subject.node_id) if outcome.subject.node_id is not None else None
        login = outcome.after("login")
        if "create" in outcome.verbs and isinstance(login, str):
            node = by_login.get(normal_login(login))
        if node is None or node.type != PERSON_TYPE[Role(outcome.role)]:
            wrong[outcome.id] = "the final reading does not show this person"
            continue
        differing = _shown_differently(outcome, node)
        if differing:
            wrong[outcome.id] = "; ".join(differing)
    return wrong


def _shown_differently(outcome: ActionOutcome, node: Node) -> list[str]:
    found = []
    for change in outcome.changes:
        if change.field == "name" and normal_text(str(change.after)) != normal_text(node.name):
            found.append(f"server stored the name {node.name!r}")
        elif change.field == "login" and normal_login(str(change.after)) != normal_login(node.login):
            found.append(f"server stored the login {node.login!r}")
        elif change.field == "enabled" and change.after != node.enabled:
            found.append(f"server stored the status {node.status}")
        elif change.field == "description" and normal_text(str(change.after)) != normal_text(node.description):
            found.append(f"server stored the description {node.description!r}")
    if outcome.group_id is not None and {"move", "create"} & set(outcome.verbs) and node.parent != outcome.group_id:
        found.append("the person is not in the group")
    return found


def _with_changes(actual: Details, action: Action) -> Details:
    """The full record as just read, with the action's changes: what setUser has to be sent (R91)."""
    values: dict[str, Any] = {}
    for change in action.changes:
        if change.after is None:
            continue
        match change.field:
            case "login" | "name" | "sso_id" | "description":
                values[change.field] = change.after
            case "mobile_license":
                values["mobile"] = change.after
            case "enabled":
                values["status"] = "Enabled" if change.after else "Disabled"
    return actual._replace(**values)


def _staleness(planned: Details, actual: Details | None) -> str | None:
    """Why this person is not what the plan was made from, or None (D15). Presence is left out."""
    if actual is None:
        return None
    pairs = {
        "login": (normal_login(planned.login), normal_login(actual.login)),
        "name": (normal_text(planned.name), normal_text(actual.name)),
        "SSO ID": (planned.sso_id, actual.sso_id),
        "mobile licence": (planned.mobile, actual.mobile),
        "remote access licence": (planned.rpat, actual.rpat),
        "account holder": (planned.account_holder, actual.account_holder),
        "status": (planned.enabled, actual.enabled),
        "description": (normal_text(planned.description), normal_text(actual.description)),
    }
    changed = [name for name, (before, now) in pairs.items() if before != now]
    return f"changed since the plan was made: {', '.join(changed)}" if changed else None


def _losses(before: Details, wanted: Details, seen: Details | None) -> list[str]:
    """What the server lost of one write: things it was not asked to change, and a marker that is not whole."""
    if seen is None:
        return ["the person cannot be read any more"]
    losses = []
    if normal_text(seen.nick) != normal_text(wanted.nick):
        losses.append(f"the nick {before.nick!r} became {seen.nick!r}")
    if wanted.sso_id == before.sso_id and seen.sso_id != before.sso_id:
        losses.append("the SSO ID changed")
    if wanted.mobile == before.mobile and seen.mobile != before.mobile:
        losses.append("the mobile licence changed")
    if before.rpat is not None and seen.rpat is not None and seen.rpat != before.rpat:
        losses.append("the remote access licence changed")
    if normal_text(without_marker(seen.description)) != normal_text(without_marker(wanted.description)):
        losses.append(f"the other text of the description became {without_marker(seen.description)!r}")
    try:
        whole = find_marker(seen.description) == find_marker(wanted.description)
    except MarkersDiffer:
        whole = False
    if not whole:
        losses.append(f"the marker was not stored whole: {seen.description!r}")
    return losses


def _missing(planned: Tree, now: Tree) -> str | None:
    """Why nobody is placed after a second reading, or None: groups or records that went without our doing."""
    groups = sorted(set(planned.groups) - set(now.groups))
    if groups:
        gone = ", ".join(planned.path_text(group) or str(group) for group in groups)
        return f"the tree read again lacks the group {gone}"
    lost = len(set(planned.nodes) - set(now.nodes))
    return f"the tree read again lacks {lost} records" if lost else None


def _people_in(tree: Tree, group: int) -> frozenset[int]:
    return frozenset(node.id for node in tree.people(Role.TECHNICIAN) if node.parent == group)


def _is_blank(node: Node | Details) -> bool:
    return not node.login.strip() and not node.description.strip()


def _words(error: ReconcilerError) -> str:
    return f"{error} ({error.advice})" if error.advice else str(error)
