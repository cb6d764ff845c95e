"""Rounds of apply that never overlap, and a file that says how they went (product.md §3).

Each round is a run of its own in the log, on the file as it is then. Whatever ends one is said and survived: a wrong
file, a guard that refuses, a side that cannot be read, a bug. Where a side could not be read the next round comes
sooner, and with every failure later again, up to the interval. Refused credentials are the exception: repeated refusals
lock accounts, so each doubles the pause, up to a day.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.cli.applying import Apply
from reconciler.cli.files import write_whole
from reconciler.cli.logs import log_bug, log_error
from reconciler.cli.signals import StopFlag, stop_on_signals
from reconciler.cli.talk import Talk
from reconciler.errors import CredentialsError, ReconcilerError, UsageError
from reconciler.model.plan import Refresh

FIRST_RETRY = 30.0
"""Seconds until the round after one that could not read; doubled by each that follows."""
DAY = 24 * 3600.0
JITTER = 0.05
"""Share by which a pause is longer or shorter, so that many accounts do not ask at the same moment."""
HASTY = 60

_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to."""

    run: str
    refresh: Refresh
    started_at: str
    ended_at: str
    exit_code: int
    error: str | None
    refused: bool = False
    """Whether our credentials were: not told, it only decides about the pause."""

    def told(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "refused"}


class Watch:
    """One watch from its start to a signal. `run` gives 0; raises UsageError where another one has the health file."""

    def __init__(
        self,
        file: str,
        interval: float,
        health: str | None,
        refresh: Refresh,
        reports: Sequence[str],
        out: str | None,
        *,
        talk: Talk,
        environ: Mapping[str, str],
    ) -> None:
        self._file = file
        self._interval = interval
        self._health = health
        self._refresh = refresh
        self._reports = reports
        self._out = out
        self._talk = talk
        self._environ = environ
        self._started = _stamp(datetime.now(UTC))
        self._last: Round | None = None
        self._last_good: Round | None = None
        self._failures = 0
        self._full_on: date | None = None

    def run(self) -> int:
        """Rounds until a signal. One that comes while nothing is written ends it at once."""
        if self._interval < HASTY:
            self._talk.warn("Entra and Rescue are asked more than once a minute; --interval 15m is usual")
        with _alone(self._health), stop_on_signals(self._talk.say) as stopping:
            try:
                stopping.defer()  # but for readings and pauses, which may be cut short
                while not stopping():
                    began = time.monotonic()
                    self._tell("running", None)
                    self._last = self._round(stopping)
                    good = self._last.exit_code == 0
                    self._last_good = self._last if good else self._last_good
                    self._failures = 0 if good else self._failures + 1
                    if not stopping():
                        self._wait(self._pause(time.monotonic() - began), stopping)
            except KeyboardInterrupt:
                stopping.set()
            self._tell("stopped", None)
            self._talk.say("stopped")
        return 0

    def _round(self, stopping: StopFlag) -> Round:
        """One apply. Raises KeyboardInterrupt where a signal cut its reading short, and BrokenPipeError."""
        self._talk.new_run()
        now = datetime.now(UTC)
        refresh: Refresh = "full" if self._full_on != now.date() else self._refresh
        self._talk.say(f"round begins: run {self._talk.run}, --refresh {refresh}")
        error, refused = None, False
        apply = Apply(
            self._file,
            None,
            refresh,
            self._reports,
            self._out,
            ask=False,
            talk=self._talk,
            environ=self._environ,
            stopping=stopping,
        )
        try:
            with stopping.interrupting():
                if stopping():
                    raise KeyboardInterrupt
                code = apply.run()
        except ReconcilerError as failed:
            log_error(failed)
            self._talk.tell_error(failed)
            code, error, refused = failed.exit_code, str(failed), isinstance(failed, CredentialsError)
        except BrokenPipeError:
            raise
        except Exception as bug:
            log_bug("a bug ended the round")
            code, error = ReconcilerError.exit_code, f"a bug: {type(bug).__name__}"
        if refresh == "full" and apply.planned:
            self._full_on = now.date()
        self._talk.say(f"round ends: exit code {code}")
        told = self._talk.log.redact(error) if error is not None else None
        return Round(self._talk.run, refresh, _stamp(now), _stamp(datetime.now(UTC)), code, told, refused)

    def _pause(self, took: float) -> float:
        """Seconds until the next round, given what the last one came to and how long it took."""
        usual = max(self._interval - took, self._interval / 10)
        if self._last is not None and self._last.refused:
            usual = max(usual, min(DAY, self._interval * 2.0 ** min(self._failures - 1, 30)))
        elif self._last is not None and self._last.exit_code == ReconcilerError.exit_code:
            usual = min(self._interval, FIRST_RETRY * 2.0 ** min(self._failures - 1, 30))
        return usual * _random.uniform(1 - JITTER, 1 + JITTER)

    def _wait(self, seconds: float, stopping: StopFlag) -> None:
        """Raises KeyboardInterrupt for a signal, also for one that came just before."""
        then = _stamp(datetime.now(UTC) + timedelta(seconds=seconds))
        self._tell("waiting", then)
        self._talk.say(f"next round at {then}")
        with stopping.interrupting():
            if stopping():
                raise KeyboardInterrupt
            time.sleep(seconds)

    def _tell(self, state: str, next_round: str | None) -> None:
        """The health file anew. A full disk does not end the watch."""
        if self._health is None:
            return
        told = {
            "format_version": "1.0",
            "state": state,
            "file": self._file,
            "pid": os.getpid(),
            "interval_seconds": self._interval,
            "started_at": self._started,
            "last_good_round": self._last_good.told() if self._last_good else None,
            "last_round": self._last.told() if self._last else None,
            "failures_in_a_row": self._failures,
            "next_round": next_round,
        }
        try:
            write_whole(self._health, json.dumps(told, indent=2) + "\n")
        except UsageError as failed:
            self._talk.warn(str(failed))


@contextmanager
def _alone(health: str | None) -> Iterator[None]:
    """Holds the lock beside the health file, which the system lets go of however the process ends."""
    if health is None:
        yield
        return
    place = Path(f"{health}.lock")
    try:
        lock = place.open("a")
    except OSError as failed:
        raise UsageError(f"{place} cannot be written: {failed.strerror}", advice="choose another --health") from failed
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            raise UsageError(
                f"another watch has {health}", advice="stop it first; one per Rescue account is enough"
            ) from taken
        yield


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
