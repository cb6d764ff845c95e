"""What one apply is made from: the file, the file before it, and what has to be so before anything is written.

Three ways lead to it: the files and digests of the command line (here), a merge on GitHub, and what a merge there has
accepted (`github_edits`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.cli.base import Base, load_base
from reconciler.cli.talk import Talk
from reconciler.errors import NotReviewed
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Finding, Outcomes, Plan


def _anything(plan: Plan) -> NotReviewed | None:  # noqa: ARG001 - one of several judges
    return None


def _nothing(*_: Plan | Outcomes) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Edit:
    """`judge`: why a plan is not the reviewed one, None where it may be applied. `accept`: called once, after all that
    can refuse and before the first write; what it raises ends the run. `tell_refused`: told the outcomes where `judge`
    refused. `unaccepted`: why nothing at all may be written and the plan is only shown, None for an apply.
    """

    mappings: Mappings
    base: Base | None = None
    findings: tuple[Finding, ...] = ()
    judge: Callable[[Plan], NotReviewed | None] = field(default=_anything)
    accept: Callable[[Plan], None] = field(default=_nothing)
    tell_refused: Callable[[Outcomes], None] = field(default=_nothing)
    unaccepted: str | None = None


class Edits(Protocol):
    """Where an apply finds its edit. Raises what reading files or GitHub raises, before anything else is read."""

    def load(self, talk: Talk) -> Edit: ...


@dataclass(frozen=True, slots=True)
class LocalEdit:
    """The files of the command line. `reviewed`: the digest of what the edit did when it was reviewed."""

    file: str
    base: str | None = None
    reviewed: str | None = None

    def load(self, talk: Talk) -> Edit:
        from reconciler.cli.reading import load_file

        mappings = load_file(self.file, talk)
        base = load_base(self.base, mappings, talk) if self.base is not None else None
        return Edit(mappings, base, judge=self._judge)

    def _judge(self, plan: Plan) -> NotReviewed | None:
        if self.reviewed is None or same_digest(self.reviewed, plan):
            return None
        return NotReviewed(
            "the edit would now do something else than what was reviewed; nothing was written",
            advice="look at the plan above; if it is right, apply again with --reviewed "
            f"{plan.edit_digest} (reviewed was {self.reviewed.strip() or 'nothing'})",
        )


def same_digest(reviewed: str, plan: Plan) -> bool:
    return reviewed.strip().lower() == plan.edit_digest
