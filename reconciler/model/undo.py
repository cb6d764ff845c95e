"""What undoing one run comes to: a plan like any other, and what of the run it leaves, each with the reason."""

from __future__ import annotations

from typing import Literal, NamedTuple

from reconciler.model.plan import ActionOutcome, Plan

Why = Literal["again", "stale", "kept", "unsure", "partly", "stays"]
"""`again`: the file would do it again. `stale`: Rescue is no longer as the run left it. `kept`: never written, by
survival or `protected`. `unsure`: what the file wants of them cannot be told. `partly`: it was not done, and something
of it shows. `stays`: no undo takes it back."""


class Left(NamedTuple):
    """One action of the run, or a part of it, that is not undone."""

    action: ActionOutcome
    why: Why
    message: str


class Undo(NamedTuple):
    """The plan that reverses a run, and what it leaves."""

    plan: Plan
    left: tuple[Left, ...]

    @property
    def whole(self) -> bool:
        """Whether everything is undone that can be."""
        return all(left.why == "stays" for left in self.left)
