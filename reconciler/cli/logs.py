"""The log of one command: where it goes, what a line looks like, and what is never in it.

stderr gets warnings, with -v what is done and decided, with -vv every call as well. A file (--log-file) gets everything
whatever the flags say, for afterwards; it is added to, never replaced. A line is text, or with --log-format json one
JSON object: `time` (UTC), `level`, `logger`, `message`, `run` (a GUID, new for each run, which Graph is told as well)
and fields of its own. With JSON everything on stderr is JSON: talk, progress, errors and tracebacks too.

No caller logs a secret. Should one be in a foreign message or a traceback all the same, the values of the variables
that hold secrets, and of what was made with them, are struck out of every line.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.signals import stop_words
from reconciler.errors import ReconcilerError, UsageError
from reconciler.minted import keeping_secrets

if TYPE_CHECKING:
    from reconciler.model.plan import Action, ActionOutcome, Plan
    from reconciler.render.mask import Masker

TALK = logging.getLogger("reconciler.talk")
"""What text output says itself: it is in the file and in JSON, never a second time on stderr."""
PLAN = logging.getLogger("reconciler.plan")
APPLY = logging.getLogger("reconciler.apply")
BUGS = logging.getLogger("reconciler.bug")
CURRENT: ContextVar[Log | None] = ContextVar("log", default=None)
"""The log of the running command."""

_OURS = logging.getLogger("reconciler")
_SECRETS = (
    "RESCUE_API_TOKEN RESCUE_PASSWORD RESCUE_INITIAL_PASSWORD GRAPH_ACCESS_TOKEN AZURE_CLIENT_SECRET "
    "AZURE_CLIENT_CERTIFICATE_PASSWORD IDENTITY_HEADER MSI_SECRET ACTIONS_ID_TOKEN_REQUEST_TOKEN GITHUB_TOKEN GH_TOKEN"
).split()
_SHORTEST = 6  # a shorter value would strike out half of every line, and protects nothing
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class Log:
    """Open while it is entered. `run` names the run; `new_run` begins another, for a command that goes on and on."""

    def __init__(
        self,
        *,
        style: str,
        file: str | None,
        quiet: bool,
        verbose: int,
        mask: bool = False,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.json = style == "json"
        self.masker = _make_masker() if mask else None
        self.run = str(uuid.uuid4())
        self._file = file
        self._quiet = quiet
        self.verbose = verbose
        self._level = _LEVELS[min(verbose, 2)]
        if self.json and not quiet:
            self._level = min(self._level, logging.INFO)
        self._secrets: list[str] = []
        for name in _SECRETS:
            self.keep(environ.get(name, "").strip())

    @property
    def flags(self) -> list[str]:
        """The options that give another command of ours, in whatever folder it works, the same log."""
        return [
            *(["--log-format", "json"] if self.json else []),
            *(["--log-file", str(Path(self._file).absolute())] if self._file is not None else []),
            *(["--quiet"] if self._quiet else []),
            *["--verbose"] * self.verbose,
        ]

    def new_run(self) -> str:
        self.run = str(uuid.uuid4())
        return self.run

    def keep(self, secret: str) -> None:
        """From here on this is struck out as well."""
        if len(secret) >= _SHORTEST and secret not in self._secrets:
            self._secrets = sorted((*self._secrets, secret), key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Without secrets, those of the variables and those made on the way, and with --mask without logins, names."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return self.masked(text)

    def masked(self, text: str) -> str:
        return self.masker.text(text) if self.masker else text

    def mask_error(self, error: ReconcilerError) -> None:
        """Whoever catches it tells it without secrets, and with --mask without logins and names."""
        error.args, error.advice = (self.redact(str(error)),), self.redact(error.advice)

    @contextmanager
    def open(self, command: str) -> Iterator[None]:
        """From here the program's log goes where it should. Raises UsageError for a file that cannot be written."""
        from reconciler import __version__

        handlers = [self._make_stderr()]
        if self._file is not None:
            handlers.append(self._make_file(self._file))
        token = CURRENT.set(self)
        before = _OURS.level
        _OURS.setLevel(min(handler.level for handler in handlers))
        for handler in handlers:
            _OURS.addHandler(handler)
        if not logging.getLogger().handlers:  # else Python prints foreign warnings, which may hold addresses
            logging.getLogger().addHandler(logging.NullHandler())
        try:
            TALK.debug("run %s: reconciler %s %s", self.run, __version__, command, extra=_fields(command=command))
            with self._telling_errors(command), keeping_secrets(self.keep):
                yield
            TALK.debug("run %s: ended", self.run)
        finally:
            _OURS.setLevel(before)
            for handler in handlers:
                _OURS.removeHandler(handler)
                handler.close()
            CURRENT.reset(token)

    @contextmanager
    def _telling_errors(self, command: str) -> Iterator[None]:
        """Notes what ended the command. In JSON that is all that is said; in text whoever catches it says it."""
        code = ReconcilerError.exit_code
        try:
            yield
            return
        except (click.exceptions.Exit, BrokenPipeError):
            raise
        except ReconcilerError as error:
            code = error.exit_code
            log_error(error)
            if not self.json:
                self.mask_error(error)
                raise
        except click.ClickException as usage:
            code = usage.exit_code
            TALK.error("%s", usage.format_message(), extra=_fields(exit_code=code))
            if not self.json:
                raise
        except (KeyboardInterrupt, click.exceptions.Abort) as stopped:
            words = stop_words(stopped, command)
            TALK.error("%s", words, extra=_fields(exit_code=code))
            if not self.json:
                raise click.exceptions.Abort(words) from stopped
        except Exception as bug:
            TALK.critical("a bug ended the run", exc_info=True, extra=_fields(exit_code=code))
            if not self.json:
                self._strike_out_of(bug)
                raise
        raise click.exceptions.Exit(code)

    def _strike_out_of(self, bug: Exception) -> None:
        """The traceback that Python is about to print goes through `redact` first."""
        usual = sys.excepthook

        def hook(kind: Any, error: BaseException, at: Any) -> None:
            if error is not bug:
                usual(kind, error, at)
                return
            sys.stderr.write(self.redact("".join(traceback.format_exception(kind, error, at))))

        sys.excepthook = hook

    def _make_stderr(self) -> logging.Handler:
        handler = _Stream(sys.stderr)
        handler.setLevel(self._level)
        if self.json:
            handler.setFormatter(_Json(self))
            return handler
        handler.setFormatter(_Text(self, short=not self.verbose))
        shown = (TALK.name,) if self.verbose else (TALK.name, PLAN.name, APPLY.name)
        handler.addFilter(lambda record: record.name not in shown)  # the plan and the outcomes are on stdout
        return handler

    def _make_file(self, file: str) -> logging.Handler:
        try:
            handler = _File(file, mode="a", encoding="utf-8", errors="backslashreplace")
        except OSError as failed:
            raise UsageError(
                f"--log-file {file} cannot be written: {failed.strerror}", advice="choose another place"
            ) from failed
        handler.setLevel(logging.DEBUG)
        handler.setFormatter(_Json(self) if self.json else _Text(self, short=False))
        return handler


class _Stream(logging.StreamHandler[Any]):
    def handleError(self, record: logging.LogRecord) -> None:
        """Nobody reads our stderr any more: there is nobody to tell."""


class _File(logging.FileHandler):
    failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        """A full disk ends the log, not the run; said once, without the line that could not be written."""
        if not self.failed:
            self.failed = True
            click.echo(f"warning: the log {self.baseFilename} cannot be written any more", err=True)

    def close(self) -> None:
        with suppress(OSError):  # what could not be written cannot be written now
            super().close()


class _Text(logging.Formatter):
    """One entry. Names in it come from outside: no control character, and nothing begins a line that is not ours."""

    def __init__(self, log: Log, *, short: bool) -> None:
        super().__init__()
        self._log = log
        self._short = short

    def format(self, record: logging.LogRecord) -> str:
        from reconciler.render.safe import visible

        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{''.join(traceback.format_exception(*record.exc_info)).rstrip()}"
        first, *more = self._log.redact(text).split("\n")
        head = f"{record.levelname.lower()}:" if self._short else f"{_time(record)} {record.levelname} {record.name}"
        return "\n".join([f"{head} {visible(first)}", *(f"  | {visible(line)}" for line in more)])


class _Json(logging.Formatter):
    """One object a line, in ASCII, so that no name in it can act on a terminal, nor as a command of a CI."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "run": self._log.run,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(_each_text(line, self._log.redact), default=str).replace("##[", r"##\u005b")


def log_error(error: ReconcilerError) -> None:
    """What ended a run. Text on stderr is for whoever catches it."""
    fields = _fields(error=type(error).__name__, advice=error.advice, exit_code=error.exit_code)
    TALK.error("%s", error, extra=fields)


def log_bug(what: str) -> None:
    """The exception being handled, with its traceback, wherever the log goes: for a bug that is survived."""
    BUGS.critical("%s", what, exc_info=True, extra=_fields(exit_code=ReconcilerError.exit_code))


def _make_masker() -> Masker:
    from reconciler.render.mask import Masker

    return Masker()


def log_plan(plan: Plan) -> None:
    """One line for every action, finding and guard that refused, then one for the plan."""
    for action in plan.actions:
        PLAN.info("%s: %s", _what(action), action.reason, extra=_fields(**_about(action)))
    for action in plan.stopped:
        PLAN.info("stopped by the edit: %s", _what(action), extra=_fields(**_about(action), stopped=True))
    for finding in plan.findings:
        PLAN.log(
            logging.ERROR if finding.severity == "error" else logging.WARNING,
            "%s %s: %s",
            finding.code,
            finding.login or finding.mapping or "",
            finding.message,
            extra=_fields(
                finding=finding.code, severity=finding.severity, mapping=finding.mapping, login=finding.login
            ),
        )
    for guard in plan.violations:
        fields = guard.model_dump(include={"mapping", "measured", "of", "limit"})
        verdict = "refused the plan" if plan.refused else "holds the removals back"
        PLAN.error("%s %s", guard.name, verdict, extra=_fields(guard=guard.name, **fields))
    PLAN.info(
        "plan made: %d changes",
        plan.summary.changes_total,
        extra=_fields(
            digest=plan.digest,
            edit_digest=plan.edit_digest,
            config_digest=plan.config_digest,
            summary=plan.summary.model_dump(),
        ),
    )


def log_outcome(outcome: ActionOutcome) -> None:
    """One line for what became of an action."""
    level = logging.WARNING if outcome.outcome in ("failed", "unknown", "stale") else logging.INFO
    note = f": {outcome.message}" if outcome.message else ""
    fields = _fields(**_about(outcome), outcome=outcome.outcome, detail=outcome.message)
    APPLY.log(level, "%s: %s%s", outcome.outcome, _what(outcome), note, extra=fields)


def _what(action: Action) -> str:
    return f"{'+'.join(action.verbs)} {action.role} {action.subject.login or action.subject.path or ''}".rstrip()


def _about(action: Action) -> dict[str, Any]:
    return {
        "action": action.id,
        "verbs": list(action.verbs),
        "role": action.role,
        "login": action.subject.login,
        "entra_id": action.subject.entra_id,
        "node_id": action.subject.node_id,
        "group": action.group.after or action.group.before,
        "mapping": action.mapping,
        "reason": action.reason,
        "removal": action.removal,
        "origin": action.origin,
    }


def _fields(**fields: Any) -> dict[str, Any]:
    return {"fields": fields}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """The same value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each_text(inner, change) for name, inner in value.items()}
    return [_each_text(inner, change) for inner in value] if isinstance(value, list) else value
