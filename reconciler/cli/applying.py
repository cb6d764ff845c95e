"""One apply from the first reading to the last: plan, digests, guards, question, writes, final reading, reports.

Outcomes are written in every case in which there was a plan, also where nothing was done (exit 4, 5, or a signal).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.apply import Applier, Run, compare_result, wait_until
from reconciler.cli.files import write_whole
from reconciler.cli.passwords import initial_password
from reconciler.cli.reading import Sides, load_file, open_sides, read_and_plan
from reconciler.cli.reports import render_outcomes_as, render_plan_as
from reconciler.cli.signals import stop_on_signals
from reconciler.cli.talk import Talk
from reconciler.errors import GuardRefused, NotReviewed, TargetError, UsageError
from reconciler.model.hierarchy import Details
from reconciler.model.plan import Action, ActionOutcome, Outcomes, Plan, Refresh, Result
from reconciler.model.readings import Readings
from reconciler.planning.planner import PLACING_STAGES, stage_of
from reconciler.render.json_plan import read_plan, render_json
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
        ask: bool,
        talk: Talk,
        environ: Mapping[str, str],
    ) -> None:
        self._file = file
        self._saved = saved
        self._refresh = refresh
        self._reports = reports
        self._out = out
        self._ask = ask
        self._talk = talk
        self._environ = environ
        self._started = _now()

    def run(self) -> int:
        """Exit code 0 or 6. Raises NotReviewed (5), GuardRefused (4) and UsageError (2) after writing the outcomes."""
        talk = self._talk
        mappings = load_file(self._file, talk)
        reviewed = _load_saved(self._saved) if self._saved else None
        with open_sides(mappings, self._environ, talk) as sides:
            plan, readings = read_and_plan(mappings, sides, refresh=self._refresh, talk=talk)
            talk.show(render_plan_as(".text", plan, self._file))
            self._refuse_unless(plan, readings, reviewed)
            password = self._password_for(plan)
            if plan.actions and self._ask and not click.confirm("Apply this plan?", err=True):
                self._report(self._nothing_done(plan, readings, "skipped", "declined", 1))
                raise click.Abort
            outcomes = self._write(plan, readings, sides, password)
        self._report(outcomes)
        return outcomes.exit_code

    def _refuse_unless(self, plan: Plan, readings: Readings, reviewed: Plan | None) -> None:
        """First the digests, then the guards; nothing has been written when either refuses."""
        if reviewed is not None and (reviewed.digest, reviewed.config_digest) != (plan.digest, plan.config_digest):
            what = "the file" if reviewed.config_digest != plan.config_digest else "Entra or Rescue"
            message = f"the plan is no longer the one saved in {self._saved}: {what} changed since; nothing was written"
            self._report(self._nothing_done(plan, readings, "skipped", "not the saved plan", NotReviewed.exit_code))
            raise NotReviewed(
                message, advice="look at the plan above, save it anew with `reconciler plan --out`, apply that"
            )
        if plan.violations:
            words = "; ".join(guard_words(guard) for guard in plan.violations)
            self._report(self._nothing_done(plan, readings, "held", "a guard refused the plan", GuardRefused.exit_code))
            raise GuardRefused(
                f"nothing was written, a guard refused the plan: {words}",
                advice="if it is right, add a permits: entry for the actions listed in the plan's JSON, in a reviewed change",
            )

    def _password_for(self, plan: Plan) -> str | None:
        if not any("create" in action.verbs for action in plan.actions):
            return None
        return initial_password(self._environ)

    def _write(self, plan: Plan, readings: Readings, sides: Sides, password: str | None) -> Outcomes:
        talk = self._talk
        total = len(plan.actions)
        with stop_on_signals(talk) as stopping:
            done = 0

            def noted(outcome: ActionOutcome) -> None:
                nonlocal done
                done += 1
                sides.progress("writing", done, total)
                if outcome.outcome != "done":
                    talk.say(outcome_line(outcome))

            applier = Applier(
                _RescueAsWriter(sides),
                readings.tree,
                readings.details,
                placing_stages=PLACING_STAGES,
                has_rpat=readings.caller.details.rpat is not None,
                password=lambda: password,
                stopping=stopping,
                clock=time.monotonic,
                sleep=time.sleep,
                progress=noted,
            )
            run = applier.run([(stage_of(action), action) for action in plan.actions])
            converged = self._read_finally(run, sides)
        actions = tuple(run.outcomes[action.id] for action in plan.actions)
        whole = all(action.outcome == "done" for action in actions) and converged is not False and not plan.has_errors
        if run.stopped is not None:
            talk.warn(run.stopped)
        if actions and converged is None:
            talk.warn("Rescue could not be read again, so whether it equals the plan is not known")
            whole = False
        return self._outcomes(plan, readings, actions, 0 if whole else 6, converged)

    def _read_finally(self, run: Run, sides: Sides) -> bool | None:
        """Does Rescue now show what was done? Corrects outcomes the server stored differently. None: not read."""
        if not run.outcomes:
            return True
        if not any(outcome.outcome in ("done", "unknown") for outcome in run.outcomes.values()):
            return None if run.stopped is not None else False
        wrong: dict[str, str] = {}

        def settled() -> bool:
            nonlocal wrong
            wrong = compare_result(run.outcomes.values(), sides.reader.fetch_tree())
            return not wrong

        try:
            wait_until(settled, clock=time.monotonic, sleep=time.sleep)
        except TargetError as unread:
            self._talk.warn(str(unread))
            return None
        for action_id, message in wrong.items():
            run.outcomes[action_id] = run.outcomes[action_id].model_copy(
                update={"outcome": "failed", "message": message}
            )
        return all(outcome.outcome == "done" for outcome in run.outcomes.values())

    def _nothing_done(self, plan: Plan, readings: Readings, result: Result, message: str, code: int) -> Outcomes:
        actions = tuple(_outcome(action, result, message) for action in plan.actions)
        return self._outcomes(plan, readings, actions, code, None)

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
        )

    def _report(self, outcomes: Outcomes) -> None:
        if self._out:
            write_whole(self._out, render_json(outcomes))
        for report in self._reports:
            write_whole(report, render_outcomes_as(report, outcomes))
        self._talk.show(render_outcomes_as(".text", outcomes))


class _RescueAsWriter:
    """The reader and the writer of Rescue as the one thing apply needs."""

    def __init__(self, sides: Sides) -> None:
        self.fetch_tree = sides.reader.fetch_tree
        self.find_login = sides.reader.find_login
        self.perform_create = sides.writer.perform_create
        self.perform_move = sides.writer.perform_move
        self.perform_set = sides.writer.perform_set
        self._reader = sides.reader

    def fetch_node(self, node: int) -> Details | None:
        return self._reader.fetch_details([node])[node]


def _outcome(action: Action, result: Result, message: str) -> ActionOutcome:
    fields = {name: getattr(action, name) for name in Action.model_fields}
    return ActionOutcome(**fields, outcome=result, message=message)


def _load_saved(file: str) -> Plan:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise UsageError(
            f"--plan {file} cannot be read", advice="make one with `reconciler plan --out FILE`"
        ) from unreadable
    return read_plan(text, file)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
