"""One apply from the first reading to the last: plan, digests, guards, question, writes, final reading, reports.

Outcomes are written in every case in which there was a plan, also where nothing was done (exit 4, 5, or a signal).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.apply.applier import Applier, Run, outcome_of, wait_until
from reconciler.apply.checks import compare_result
from reconciler.cli.base import Base
from reconciler.cli.edits import Edit, Edits, LocalEdit
from reconciler.cli.files import write_whole
from reconciler.cli.passwords import password_source
from reconciler.cli.reading import Sides, open_sides, read_and_plan
from reconciler.cli.reports import make_outcomes_report, render_outcomes_as, render_plan_as
from reconciler.cli.saved import load_plan
from reconciler.cli.signals import StopFlag, stop_on_signals
from reconciler.cli.talk import Talk
from reconciler.errors import CredentialsError, GuardRefused, NotReviewed, ReconcilerError, UsageError
from reconciler.model.hierarchy import Details
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Action, ActionOutcome, Outcomes, Plan, Refresh, Result
from reconciler.model.readings import Readings
from reconciler.planning.licences import rank_awards
from reconciler.planning.planner import sort_findings, stage_of
from reconciler.render.text import outcome_line
from reconciler.render.words import guard_words


class Apply:
    """One run of the command. `run` gives the exit code; what stops it before a plan is raised."""

    def __init__(
        self,
        file: str,
        saved: str | None,
        refresh: Refresh,
        reports: Sequence[str],
        out: str | None,
        *,
        edits: Edits | None = None,
        ask: bool,
        talk: Talk,
        environ: Mapping[str, str],
        stopping: StopFlag | None = None,
    ) -> None:
        """`edits`: where the file and what goes with it are found; default: the file alone.

        `stopping`: the flag of whoever handles the signals already; without one they are handled here.
        """
        self._file = file
        self._saved = saved
        self._refresh = refresh
        self._reports = reports
        self._out = out
        self._edits = edits or LocalEdit(file)
        self._ask = ask
        self._talk = talk
        self._environ = environ
        self._stopping = stopping
        self._started = _now()
        self._planned: tuple[Plan, Readings] | None = None
        self._awards: tuple[str, ...] = ()
        self._noted: dict[str, ActionOutcome] = {}

    @property
    def planned(self) -> bool:
        """Whether the run has come to a plan: both sides were read."""
        return self._planned is not None

    def run(self) -> int:
        """Exit code 0 or 6, or 1 where a report could not be written.

        Raises NotReviewed (5), GuardRefused (4), UsageError (2) and whatever bug ended the run, having reported first.
        """
        with nullcontext(self._stopping) if self._stopping is not None else stop_on_signals(self._talk.say) as stopping:
            if self._out and Path(self._out).is_file():
                Path(self._out).unlink()  # what an earlier run did must not be taken for what this one did
            edit = None
            try:
                edit = self._edits.load(self._talk)
                saved = load_plan(self._saved) if self._saved else None
                with open_sides(edit.mappings, self._environ, self._talk) as sides:
                    plan, readings = self._read_and_plan(edit.mappings, sides, edit.base)
                    plan = plan.model_copy(update={"findings": sort_findings((*plan.findings, *edit.findings))})
                    self._planned = plan, readings
                    self._awards = rank_awards(plan.actions, edit.mappings.mappings)
                    stopping.defer()
                    outcomes, bug = self._carry_out(plan, readings, edit, saved, sides, stopping)
            except BaseException as ended:
                if self._planned is None:
                    self._report_unplanned(ended, edit.mappings.account_id if edit is not None else None)
                    raise
                nothing = self._nothing_done(*self._planned, ended)
                self._report(nothing)
                if isinstance(ended, NotReviewed) and edit is not None:
                    edit.tell_refused(nothing)
                raise
            if bug is not None:
                outcomes = outcomes.model_copy(update={"error": self._told(bug)})
            written = self._report(outcomes)
        if bug is not None:
            raise bug
        return outcomes.exit_code if written else outcomes.exit_code or ReconcilerError.exit_code

    def _carry_out(
        self,
        plan: Plan,
        readings: Readings,
        edit: Edit,
        saved: Plan | None,
        sides: Sides,
        stopping: StopFlag,
    ) -> tuple[Outcomes, Exception | None]:
        """What became of the plan, and the bug that ended it, if one did. Raises only before the first write."""
        self._show(plan)
        if edit.unaccepted is not None:
            self._talk.warn(f"nothing is applied: {edit.unaccepted}")
            code = 0 if self._is_whole(plan) else 6
            return self._outcomes(plan, readings, (), code, None).model_copy(update={"guards": ()}), None
        self._refuse_unless(plan, edit, saved)
        password = self._password_for(plan, edit.mappings)
        if plan.actions and self._ask and not stopping():
            refused = _refused(self._talk, stopping)
            if refused is not None:
                return self._outcomes(plan, readings, _all(plan, "skipped", f"not tried: {refused}"), 6, None), None
        if not stopping():
            edit.accept(plan)
        return self._write(plan, readings, sides, password, stopping)

    def _read_and_plan(self, mappings: Mappings, sides: Sides, base: Base | None) -> tuple[Plan, Readings]:
        """The plan of this run, and the readings it was made from."""
        return read_and_plan(mappings, sides, refresh=self._refresh, talk=self._talk, base=base)

    def _show(self, plan: Plan) -> None:
        self._talk.show(render_plan_as(".text", self._talk.masked_plan(plan), self._file), masked=True)

    def _is_whole(self, plan: Plan) -> bool:
        """Whether the plan says all that was wanted of this run; else it ends with 6."""
        return not plan.has_errors

    def _refuse_unless(self, plan: Plan, edit: Edit, saved: Plan | None) -> None:
        """First the digests, then the guards; nothing has been written when either refuses."""
        other = edit.judge(plan)
        if other is not None:
            raise other
        if saved is not None and (saved.digest, saved.config_digest) != (plan.digest, plan.config_digest):
            what = "the file" if saved.config_digest != plan.config_digest else "Entra or Rescue"
            raise NotReviewed(
                f"the plan is no longer the one saved in {self._saved}: {what} changed since; nothing was written",
                advice="look at the plan above, save it anew with `reconciler plan --out`, apply that",
            )
        if plan.refused:
            words = "; ".join(guard_words(guard) for guard in plan.violations)
            raise GuardRefused(
                f"nothing was written, a guard refused the plan: {words}",
                advice="if it is right, put the entry shown above into the file (below its permits:, if it has "
                "them), in a reviewed change",
            )

    def _password_for(self, plan: Plan, mappings: Mappings) -> Callable[[], str] | None:
        """Where first passwords come from, checked; None where nobody new comes to a node."""
        if not any(action.sets_password for action in plan.let_through):
            return None
        return password_source(mappings.settings.initial_password, self._environ)

    def _write(
        self, plan: Plan, readings: Readings, sides: Sides, password: Callable[[], str] | None, stopping: StopFlag
    ) -> tuple[Outcomes, Exception | None]:
        talk = self._talk
        total, done = len(plan.let_through), 0

        def noted(outcome: ActionOutcome) -> None:
            nonlocal done
            done += 1
            self._noted[outcome.id] = outcome
            talk.note_outcome(outcome)
            sides.progress("writing", done, total)
            if outcome.outcome not in ("done", "skipped"):
                talk.say(outcome_line(outcome))

        applier = Applier(
            _RescueAsWriter(sides),
            readings.tree,
            readings.details,
            seats=plan.seats,
            refused_again=plan.sso_verified == "full",
            has_rpat=readings.caller.details.rpat is not None,
            password=password,
            stopping=stopping,
            clock=time.monotonic,
            sleep=time.sleep,
            progress=noted,
        )
        run = applier.run([(stage_of(action), action) for action in plan.let_through], self._awards)
        if run.stopped is not None:
            talk.warn(run.stopped)
        converged = self._read_finally(run, sides, stopping)
        bug = None if isinstance(run.fatal, ReconcilerError) else run.fatal
        if plan.held and converged:
            converged = False
        actions = tuple(run.outcomes.get(action.id) or _held(action) for action in plan.actions)
        whole = converged is True and self._is_whole(plan)
        code = ReconcilerError.exit_code if bug is not None else 0 if whole else 6
        return self._outcomes(plan, readings, actions, code, converged), bug

    def _read_finally(self, run: Run, sides: Sides, stopping: StopFlag) -> bool | None:
        """Does Rescue now show what was done? Corrects outcomes the server stored differently. None: not read."""
        if not run.outcomes:
            return True
        if not run.wrote or isinstance(run.fatal, CredentialsError):
            return None
        wrong: dict[str, str] = {}

        def settled() -> bool:
            nonlocal wrong
            wrong = compare_result(run.outcomes.values(), sides.reader.fetch_tree())
            return not wrong or stopping()

        try:
            wait_until(settled, clock=time.monotonic, sleep=time.sleep)
        except ReconcilerError as unread:
            self._talk.warn(f"whether Rescue equals the plan now is not known, it could not be read again: {unread}")
            return None
        for action_id, message in wrong.items():
            run.outcomes[action_id] = run.outcomes[action_id].model_copy(
                update={"outcome": "failed", "message": message}
            )
        return all(outcome.outcome == "done" for outcome in run.outcomes.values())

    def _nothing_done(self, plan: Plan, readings: Readings, ended: BaseException) -> Outcomes:
        """The outcomes of a plan that something ended before the first write, or a bug between the last and here."""
        if isinstance(ended, GuardRefused):
            actions = _all(plan, "held", "a guard refused the plan")
        else:
            why = str(ended) if isinstance(ended, ReconcilerError) else f"ended by {type(ended).__name__}"
            actions = tuple(
                self._noted.get(action.id) or outcome_of(action, "skipped", f"not tried: {why}")
                for action in plan.actions
            )
        told = {"error": self._told(ended)}
        return self._outcomes(plan, readings, actions, _code_of(ended), None).model_copy(update=told)

    def _report_unplanned(self, ended: BaseException, account: int | None) -> None:
        """`--out` alone, for a run that something ended before it had a plan."""
        if self._out is None:
            return
        outcomes = Outcomes(
            digest=None,
            account_id=account,
            exit_code=_code_of(ended),
            error=self._told(ended),
            started_at=self._started,
            ended_at=_now(),
            converged=None,
            actions=(),
        )
        try:
            write_whole(self._out, make_outcomes_report(".json", outcomes))
        except UsageError as failed:
            self._talk.warn(str(failed))

    def _told(self, ended: BaseException) -> str:
        """What ended the run, as others may read it."""
        if isinstance(ended, ReconcilerError):
            return self._talk.log.redact(str(ended))
        return "stopped by a signal" if isinstance(ended, KeyboardInterrupt) else f"a bug: {type(ended).__name__}"

    def _outcomes(
        self,
        plan: Plan,
        readings: Readings,
        actions: tuple[ActionOutcome, ...],
        code: int,
        converged: bool | None,
    ) -> Outcomes:
        return Outcomes(
            digest=plan.digest,
            edit_digest=plan.edit_digest,
            account_id=readings.caller.account_id,
            exit_code=code,
            started_at=self._started,
            ended_at=_now(),
            converged=converged,
            actions=actions,
            findings=plan.findings,
            guards=plan.guards,
            edits=plan.edits,
            stopped=plan.stopped,
        )

    def _report(self, outcomes: Outcomes) -> bool:
        """Files first, then stdout, whose reader may have gone. False where a file could not be written after all."""
        self._talk.note_outcomes(outcomes)
        written = True
        files = [(self._out, ".json")] if self._out else []
        for file, kind in (*files, *((report, report) for report in self._reports)):
            try:
                write_whole(file, make_outcomes_report(kind, outcomes))
            except UsageError as failed:
                self._talk.warn(f"{failed}; the outcomes below are all there is")
                written = False
        self._talk.show(render_outcomes_as(".text", self._talk.masked_outcomes(outcomes)), masked=True)
        return written


class _RescueAsWriter:
    """The reader and the writer of Rescue as the one thing apply needs."""

    def __init__(self, sides: Sides) -> None:
        self.fetch_tree = sides.reader.fetch_tree
        self.find_login = sides.reader.find_login
        self.perform_create = sides.writer.perform_create
        self.perform_move = sides.writer.perform_move
        self.perform_set = sides.writer.perform_set
        self.fetch_group = sides.reader.fetch_group
        self.perform_create_group = sides.writer.perform_create_group
        self.perform_set_group = sides.writer.perform_set_group
        self._reader = sides.reader

    def fetch_node(self, node: int) -> Details | None:
        return self._reader.fetch_details([node])[node]


def _held(action: Action) -> ActionOutcome:
    why = "" if action.removal else "it depends on a removal, and "
    return outcome_of(action, "held", f"{why}a guard holds the removals back")


def _all(plan: Plan, result: Result, message: str) -> tuple[ActionOutcome, ...]:
    return tuple(outcome_of(action, result, message) for action in plan.actions)


def _refused(talk: Talk, stopping: StopFlag) -> str | None:
    """Asks; why nothing is to be done, or None."""
    try:
        with stopping.interrupting():
            agreed = talk.ask("Apply this plan?")
    except click.Abort:
        return "stopped at the question"
    return None if agreed else "declined"


def _code_of(ended: BaseException) -> int:
    return ended.exit_code if isinstance(ended, ReconcilerError) else ReconcilerError.exit_code


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
