"""A world planned twice from one reading, with the file as it is and with the file before the edit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields, replace
from typing import NamedTuple

from reconciler.model.plan import Plan
from reconciler.model.readings import Questions
from reconciler.planning.editing import compare_plans
from reconciler.planning.planner import make_plan

from .world import ROUNDS, TODAY, World


class Compared(NamedTuple):
    plan: Plan
    base: Plan | None

    def keys(self, origin: str) -> list[str]:
        """Logins (or paths) of the actions of an origin, with their verbs."""
        return [told(action) for action in self.plan.actions if action.origin == origin]

    @property
    def stopped(self) -> list[str]:
        return [told(action) for action in self.plan.stopped]


def told(action: object) -> str:
    subject, verbs = action.subject, action.verbs  # type: ignore[attr-defined]
    who = subject.path or (subject.login or "").partition("@")[0]
    return f"{'+'.join(verbs)} {who}"


def before(head: World, undo: Callable[[World], object]) -> World:
    """The same company with the file before the edit; `undo` may touch nothing but what the file says."""
    base = copy.deepcopy(head)
    undo(base)
    return base


def compare(head: World, base: World | None, refresh: str = "auto") -> Compared:
    """As `cli.reading` does it: questions of both answered together, until neither asks."""
    now = head.readings(refresh)  # type: ignore[arg-type]
    files = [(head.file(), now.directory)]
    if base is not None:
        files.append((base.file(), base.readings().directory))
    for _ in range(ROUNDS):
        made = [
            make_plan(file, replace(now, directory=directory), today=TODAY, made_at=f"{TODAY}T00:00:00Z")
            for file, directory in files
        ]
        asked = Questions()
        for item in made:
            if isinstance(item, Questions):
                for field in fields(Questions):
                    getattr(asked, field.name).update(getattr(item, field.name))
        if not asked:
            plans = [item for item in made if isinstance(item, Plan)]
            other = plans[1] if base is not None else None
            return Compared(compare_plans(plans[0], other, {}, {}), other)
        now = head.answer(asked, now)
    raise AssertionError(f"still asking after {ROUNDS} rounds")
