"""What apply has to know of seats and licences: the live count, and an award as the write of its own it is (D22).

The live count starts at the plan's forecast and follows what really happened, so that a disable that failed, was not
tried or was held back frees nothing. What is not known counts as taken, never as free.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.hierarchy import Details
from reconciler.model.marker import Licence, find_marker, with_marker
from reconciler.model.plan import Action, Change, SeatCount, Seats


@dataclass(slots=True)
class LiveSeats:
    """How many technician seats and mobile licences are in use now, as far as this run knows."""

    planned: Seats
    refused_again: bool
    """Whether people Rescue refused before are tried whatever this run releases (`--refresh full`)."""
    technicians: int = field(init=False)
    licences: int = field(init=False)
    released: bool = False

    def __post_init__(self) -> None:
        self.technicians = self.planned.technician.before
        self.licences = self.planned.mobile.before

    def take(self, action: Action) -> None:
        """Before the write that enables or creates: until it is refused, the seat counts as taken."""
        self.technicians += action.takes_seat

    def give_back(self, action: Action) -> None:
        """The write was refused, and left nobody enabled."""
        self.technicians -= action.takes_seat

    def free(self, action: Action) -> None:
        """The write of an existing person was done: what it frees is free."""
        self.technicians -= action.frees_seat
        self.licences -= action.releases
        self.released |= action.releases

    def no_seat(self, action: Action) -> str | None:
        """Why this person is not enabled or created, or None."""
        if action.takes_seat and _is_full(self.planned.technician, self.technicians):
            bought = self.planned.technician.bought
            return f"no_seat: {self.technicians} of {bought} technician seats are still in use"
        return None

    def no_licence(self, action: Action) -> str | None:
        """Why this person's licence is not even asked for, or None."""
        if _is_full(self.planned.mobile, self.licences):
            return f"no_mobile_seat: {self.licences} of {self.planned.mobile.bought} mobile licences are still taken"
        if _was_refused(action) and not self.refused_again and not self.released:
            return "no_mobile_seat: refused before, and no licence was released"
        return None


def main_part(action: Action) -> Action:
    """The action without its award: the licence is still to come, so the marker does not say `+m` yet.

    Nothing else to change: no changes at all.
    """
    if not action.awards:
        return action
    changes = []
    for change in action.changes:
        if change.field == "mobile_license":
            continue
        if change.field == "description":
            after = str(change.after)
            if _tells_licence(after):
                after = _saying(after, Licence.NOT_GIVEN)
            if _without_licence(after) == _without_licence(str(change.before)):
                continue
            change = Change(field="description", after=after)
        changes.append(change)
    return action.model_copy(update={"changes": tuple(changes)})


def awarded(record: Details, action: Action) -> Details:
    """The record with the licence, and a marker that says so, unless the action's says nothing of licences."""
    return record._replace(mobile=True, description=_ending(record.description, action, Licence.GIVEN))


def refused(record: Details, action: Action) -> Details:
    """The record, still without the licence, and a marker that says that Rescue refused it, likewise."""
    return record._replace(description=_ending(record.description, action, Licence.REFUSED))


def _is_full(seats: SeatCount, in_use: int) -> bool:
    return seats.bought is not None and in_use >= seats.bought


def _was_refused(action: Action) -> bool:
    texts = (str(change.before) for change in action.changes if change.field == "description")
    marker = next(map(find_marker, texts), None)
    return marker is not None and marker.licence is Licence.REFUSED


def _ending(text: str, action: Action, licence: Licence) -> str:
    """What the Description says at last. An undo may leave a marker that never said anything of licences (D3)."""
    planned = action.after("description")
    return _saying(text, None if isinstance(planned, str) and not _tells_licence(planned) else licence)


def _tells_licence(text: str) -> bool:
    marker = find_marker(text)
    return marker is not None and marker.licence is not None


def _saying(text: str, licence: Licence | None) -> str:
    marker = find_marker(text)
    return with_marker(text, marker._replace(licence=licence)) if marker is not None else text


def _without_licence(text: str) -> str:
    return _saying(text, None)
