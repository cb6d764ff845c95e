"""One undo from the first reading to the last: an apply whose plan takes an earlier run back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from reconciler.cli.applying import Apply
from reconciler.cli.base import Base
from reconciler.cli.reading import Sides, read_and_answer
from reconciler.cli.talk import Talk
from reconciler.errors import UsageError
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Outcomes, Plan
from reconciler.model.readings import Questions, Readings
from reconciler.model.undo import Undo
from reconciler.planning.undo import make_undo
from reconciler.render.undo import render_left

_ROUNDS = 40
"""What the file would do is asked anew whenever something is left out, each time with up to eight rounds."""


class UndoRun(Apply):
    """One run of the command. `run` gives the exit code: as apply's, and 6 where anything of the run is left."""

    def __init__(
        self,
        source: str,
        outcomes: Outcomes,
        file: str,
        out: str | None,
        *,
        ask: bool,
        talk: Talk,
        environ: Mapping[str, str],
    ) -> None:
        """`source`: the file the outcomes were read from, as messages call it."""
        super().__init__(file, None, "auto", (), out, ask=ask, talk=talk, environ=environ)
        self._source = source
        self._undone = outcomes
        self._undo: Undo | None = None

    def _read_and_plan(self, mappings: Mappings, sides: Sides, base: Base | None) -> tuple[Plan, Readings]:  # noqa: ARG002 - an undo compares with no other file
        if self._undone.account_id != mappings.account_id:
            raise UsageError(
                f"{self._source} tells of account {self._undone.account_id}, and {mappings.file} is for account "
                f"{mappings.account_id}",
                advice="give the file of the account the run was made in",
            )

        def plan(readings: Readings, /, *, today: date, made_at: str) -> Undo | Questions:
            return make_undo(mappings, readings, self._undone, today=today, made_at=made_at)

        undo, readings = read_and_answer(plan, mappings, sides, rounds=_ROUNDS, talk=self._talk)
        self._undo = undo
        self._talk.note_plan(undo.plan)
        return undo.plan, readings

    def _show(self, plan: Plan) -> None:
        self._talk.masked_outcomes(self._undone)  # whoever is left need not be in the plan
        digest = f", {self._undone.digest[:12]}" if self._undone.digest is not None else ""
        self._talk.show(f"Undo of {self._source}: the run of {self._undone.started_at}{digest}")
        super()._show(plan)
        if self._undo is not None:
            self._talk.show(render_left(self._undo.left))

    def _is_whole(self, plan: Plan) -> bool:
        return super()._is_whole(plan) and self._undo is not None and self._undo.whole
