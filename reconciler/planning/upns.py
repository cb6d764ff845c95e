"""The UPN of everybody a plan is about, for readers who know people by it. No rule and no digest looks at it."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.directory import Group, Person
from reconciler.model.plan import Action
from reconciler.model.readings import Readings


def with_upns(actions: Iterable[Action], readings: Readings) -> tuple[Action, ...]:
    """The actions, each subject with the UPN the member rows gave, or the row of somebody an override includes.

    Others in no group that was read have none.
    """
    actions = tuple(actions)
    sought = {action.subject.entra_id for action in actions if action.subject.entra_id is not None}
    shown = {
        person.id: person.upn
        for person in readings.included.values()
        if isinstance(person, Person) and person.id in sought
    }
    if sought:
        shown |= {
            person.id: person.upn
            for group in (*readings.directory.groups.values(), *readings.directory.nested.values())
            if isinstance(group, Group)
            for person in group.members
            if person.id in sought
        }
    return tuple(
        action.model_copy(update={"subject": action.subject.model_copy(update={"upn": shown[action.subject.entra_id]})})
        if action.subject.entra_id in shown
        else action
        for action in actions
    )
