"""Awards of mobile licences: the last stage of an apply (D22).

Each is a write of its own, after whatever else was written for that person, and read back: only a flag that is seen is
a licence. Refused, by whatever word, `ERROR` too, or not kept: the marker says `~m` then, so that it is not tried at
every run. An answer that was lost says nothing, and nothing is written about it: the next plan tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from reconciler.apply.checks import find_losses, staleness, words_of
from reconciler.apply.groups import Becomes
from reconciler.apply.seats import LiveSeats, awarded, refused
from reconciler.errors import ReconcilerError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import Details
from reconciler.model.marker import find_markers
from reconciler.model.plan import Action, Result


class Rescue(Protocol):
    """The two calls an award is made of. They raise as apply's Writer does."""

    def fetch_node(self, node: int) -> Details | None: ...
    def perform_set(self, record: Details, password: str | None = None) -> None: ...


class Pending(NamedTuple):
    """An award that waits for the last stage.

    `record`: the person as this run wrote them, or, where it wrote nothing, as the plan was made from them. `current`:
    that is what Rescue shows, so they need not be read again first.
    """

    action: Action
    record: Details
    written: bool = False
    current: bool = False


class Awarded(NamedTuple):
    """What became of one award. `ends`: why the run ends here."""

    outcome: Result
    message: str = ""
    ends: ReconcilerError | None = None


@dataclass(slots=True)
class Awarder:
    """Tries awards one by one. `read` is for readings before a write, `wait_until` asks until something is so."""

    rescue: Rescue
    seats: LiveSeats
    read: Callable[[Callable[[], Details | None]], Details | None]
    wait_until: Callable[[Callable[[], bool]], bool]
    wrote: bool = False
    """Whether a write was sent, whatever became of it."""

    def award(self, pending: Pending) -> Awarded:
        """One award. Raises what `read` raises, and what ends a run."""
        rest = "; everything else was written" if pending.written else ""
        why = self.seats.no_licence(pending.action)
        if why is not None:
            return Awarded("failed" if pending.written else "skipped", why + rest)
        try:
            actual = pending.record if pending.current else self._read_again(pending)
        except Becomes as unread:
            raise Becomes(unread.outcome, f"{unread}{rest}") from unread
        stale = staleness(pending.record, actual)
        if actual is None or stale is not None:
            return Awarded("stale", f"{stale}{rest}")
        wanted = awarded(actual, pending.action)
        self.wrote = True
        self.seats.licences += 1
        try:
            self.rescue.perform_set(wanted)
        except TargetRefused as refusal:
            return self._refused(pending.action, actual, words_of(refusal), rest)
        except TargetUnknown as lost:
            return self._after_error(pending.action, actual, wanted, lost, rest)
        return self._read_back(pending.action, actual, wanted, rest)

    def _read_again(self, pending: Pending) -> Details | None:
        """The person just before the award; what this run wrote may take a while to be seen."""
        seen: Details | None = None

        def settled() -> bool:
            nonlocal seen
            seen = self.read(lambda: self.rescue.fetch_node(pending.record.id))
            return not pending.written or staleness(pending.record, seen) is None

        self.wait_until(settled)
        return seen

    def _read_back(self, action: Action, before: Details, wanted: Details, rest: str) -> Awarded:
        """What the write did, and that it did nothing else (D15)."""
        seen: Details | None = None
        told = before.description != wanted.description  # else nothing but the flag tells whether the write is visible

        def settled() -> bool:
            nonlocal seen
            seen = self.rescue.fetch_node(wanted.id)
            return seen is not None and _same_marker(seen, wanted) and (seen.mobile or told)

        try:
            self.wait_until(settled)
        except ReconcilerError as unread:
            return Awarded("unknown", f"written, but it could not be read back: {unread}", unread)
        if seen is None or (told and not seen.mobile and seen.description == before.description):
            return Awarded("unknown", f"the mobile licence was awarded, and nothing of it shows{rest}")
        if losses := find_losses(before, wanted, seen):
            what = f"writing {wanted.login} did what it was not meant to do: {'; '.join(losses)}"
            advice = "no further write was made; compare this person in the Admin Center with the plan"
            return Awarded("failed", what, TargetError(what, advice=advice))
        if seen.mobile:
            return Awarded("done")
        return self._refused(action, seen, "Rescue said OK and did not keep it", rest)

    def _after_error(self, action: Action, before: Details, wanted: Details, lost: TargetUnknown, rest: str) -> Awarded:
        """`ERROR` is a refusal unless the licence is there; without any answer, what is not there may still come."""
        try:
            seen = self.rescue.fetch_node(wanted.id)
        except ReconcilerError as unread:
            return Awarded("unknown", f"{words_of(lost)}, and it could not be read back: {unread}{rest}", unread)
        if seen is not None and seen.mobile and _same_marker(seen, wanted):
            return self._read_back(action, before, wanted, rest)
        if seen is None or not lost.token or staleness(before, seen) is not None:
            return Awarded("unknown", f"{words_of(lost)}{rest}")
        return self._refused(action, seen, words_of(lost), rest)

    def _refused(self, action: Action, record: Details, why: str, rest: str) -> Awarded:
        """The marker says so, unless it does already; the flag stays off."""
        self.seats.licences -= 1
        message = f"no_mobile_seat: {why}{rest}"
        told = refused(record, action)
        if told.description == record.description:
            return Awarded("failed", message)
        try:
            self.rescue.perform_set(told)
        except (TargetRefused, TargetUnknown) as trouble:
            message += f"; the marker may not say so, the next run tries again: {words_of(trouble)}"
        except ReconcilerError as fatal:
            return Awarded("failed", f"{message}; the marker does not say so: {words_of(fatal)}", fatal)
        return Awarded("failed", message)


def _same_marker(seen: Details, wanted: Details) -> bool:
    return find_markers(seen.description) == find_markers(wanted.description)
