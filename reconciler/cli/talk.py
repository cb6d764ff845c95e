"""What commands say while they work: results on stdout; talk, progress and warnings on stderr.

On a terminal progress is a bar; elsewhere a plain line where a step ends; with --quiet nothing. Colour only on a
terminal and never with NO_COLOR. Everything said goes to the log as well (`logs.py`); with --log-format json stderr is
the log and nothing else.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from reconciler.cli.error_words import report_error
from reconciler.cli.logs import CURRENT, TALK, Log, log_outcome, log_plan

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError
    from reconciler.model.explanation import Explanation
    from reconciler.model.plan import ActionOutcome, Outcomes, Plan

F = TypeVar("F", bound=Callable[..., Any])
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""

_COLOURS = {"+": "green", "-": "red", "~": "yellow", "=": "cyan", ">": "blue", "^": "green", "!": "red", "✗": "red"}


class Talk:
    """How one command speaks. `quiet` silences talk, never results or errors."""

    def __init__(self, *, quiet: bool, verbose: int) -> None:
        self.quiet = quiet
        self.log = CURRENT.get() or Log(style="text", file=None, quiet=quiet, verbose=verbose)
        self._logged: dict[str, ActionOutcome] = {}
        self._clear: Callable[[], None] = lambda: None

    @property
    def run(self) -> str:
        """The GUID of this run, as in every line of the log."""
        return self.log.run

    def new_run(self) -> None:
        """From here on it is another run, for a command that plans and applies again and again."""
        self.log.new_run()
        self._logged.clear()

    def say(self, message: str) -> None:
        """One line of talk."""
        TALK.info("%s", message)
        if not self.quiet and not self.log.json:
            _tell(self.log.masked(message))

    def warn(self, message: str) -> None:
        """One line that matters even when quiet."""
        TALK.warning("%s", message)
        if not self.log.json:
            _tell(f"warning: {self.log.masked(message)}")

    def masked_plan(self, plan: Plan) -> Plan:
        """The plan as it may be shown: with --mask without logins and names."""
        return self.log.masker.plan(plan) if self.log.masker else plan

    def masked_outcomes(self, outcomes: Outcomes) -> Outcomes:
        """Likewise."""
        return self.log.masker.outcomes(outcomes) if self.log.masker else outcomes

    def masked_explanation(self, explanation: Explanation) -> Explanation:
        """Likewise; the people in it are known from itself."""
        masker = self.log.masker
        if masker is None:
            return explanation
        for person in explanation.people:
            seen = person.entra
            masker.hide(*((seen.name, seen.upn, seen.mail) if seen else ()))
            for role in person.roles:
                masker.hide(*((role.node.login, role.node.name, role.node.sso_id) if role.node else ()))
        return masker.value(explanation)

    def tell_error(self, error: ReconcilerError) -> None:
        """An error that is survived, as `main` tells those that are not; in JSON the log has it already."""
        if not self.log.json:
            self.log.mask_error(error)
            with suppress(OSError):
                report_error(error)

    def note_plan(self, plan: Plan) -> None:
        """Every decision into the log."""
        log_plan(self.masked_plan(plan))

    def note_outcome(self, outcome: ActionOutcome) -> None:
        """What became of one action, into the log; said once, and again only where it turned out otherwise."""
        if self._logged.get(outcome.id) != outcome:
            self._logged[outcome.id] = outcome
            log_outcome(self.log.masker.outcome(outcome) if self.log.masker else outcome)

    def note_outcomes(self, outcomes: Outcomes) -> None:
        """All of them: those not noted while they happened."""
        for outcome in outcomes.actions:
            self.note_outcome(outcome)

    def show(self, text: str, *, masked: bool = False) -> None:
        """A result. Lines are coloured by their sign. `masked`: made from a value that was masked already."""
        self._clear()
        text = text if masked else self.log.masked(text)
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for line in text.splitlines():
            sign = line[2:3] if line.startswith("  ") else ""
            click.echo(click.style(line, fg=_COLOURS[sign]) if coloured and sign in _COLOURS else line)

    def ask(self, question: str) -> bool:
        """A yes or no on the terminal. click's Abort where the answer is Ctrl-C or the input ends."""
        self._clear()
        return click.confirm(question, err=True)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Something to tell progress to. With -v lines instead of a bar: the log is on the terminal as well."""
        if self.quiet or self.log.json:
            yield _logged(None)
        elif sys.stderr.isatty() and not self.log.verbose:
            bar = _Bar()
            self._clear = bar.clear
            try:
                yield _logged(bar.told)
            finally:
                bar.clear()
        else:
            yield _logged(_plain_lines())


def talk_options(command: F) -> F:
    """--quiet, -v and the options of the log, for every command that talks; the log is open while it runs."""

    @functools.wraps(command)
    def logged(*args: Any, log_format: str, log_file: str | None, mask: bool, **kwargs: Any) -> Any:
        log = Log(style=log_format, file=log_file, quiet=kwargs["quiet"], verbose=kwargs["verbose"], mask=mask)
        with log.open(command.__name__):
            return command(*args, **kwargs)

    for option in (
        click.option(
            "--mask",
            is_flag=True,
            help="Hide logins and names (m***@contoso.example) in all that is shown and logged, not in files written.",
        ),
        click.option(
            "--log-file",
            metavar="FILE",
            help="Add the whole log to FILE, as if with -vv, whatever -q and -v make of stderr.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="A line of the log. With json all of stderr is JSON lines: talk, decisions, errors.",
        ),
        click.option(
            "-v", "--verbose", count=True, help="Log on stderr what is done and decided; twice for every call."
        ),
        click.option("-q", "--quiet", is_flag=True, help="Only results, warnings and errors."),
    ):
        option(logged)
    return cast(F, logged)


def _logged(told: Progress | None) -> Progress:
    """Progress that is also in the log, where a step ends."""

    def both(what: str, done: int, total: int) -> None:
        if done >= total:
            TALK.info("%s: %d", what, total, extra={"fields": {"step": what, "done": done, "total": total}})
        if told is not None:
            told(what, done, total)

    return both


def _tell(message: str) -> None:
    """One line on stderr. Where nobody reads it any more the work goes on: its results are told elsewhere."""
    with suppress(OSError):
        click.echo(message, err=True)


def _plain_lines() -> Progress:
    def told(what: str, done: int, total: int) -> None:
        if done >= total:
            _tell(f"{what}: {total}")

    return told


class _Bar:
    """A bar on stderr while a step is under way, and none between steps: what is shown then stands on clean lines."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""
        self._task: Any = None

    def told(self, what: str, done: int, total: int) -> None:
        if self._bar is None or what != self._step:
            self.clear()
            self._start(what, total)
        self._bar.update(self._task, completed=done, total=total)
        if done >= total:
            self.clear()

    def clear(self) -> None:
        """Takes the bar away, if there is one."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self, what: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._step, self._task = what, self._bar.add_task(what, total=total)
