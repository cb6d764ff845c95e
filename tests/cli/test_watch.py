"""`reconciler watch`: real processes on the sandbox, and the pauses between rounds on a clock of our own."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.cli import watching
from reconciler.cli.logs import Log
from reconciler.cli.talk import Talk
from reconciler.cli.watching import FIRST_RETRY, JITTER, Watch
from reconciler.errors import CredentialsError, GuardRefused, InputError, Problem, SourceError, UsageError
from tests.end_to_end.world import STORY_FILE, World, nth, story, upn, world

from .conftest import COMMAND, Shell

Health = dict[str, Any]


@contextmanager
def watching_it(made: World, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = made.start("watch", "--interval", "1s", "--health", "health.json", *words)
    try:
        yield process
    finally:
        if process.poll() is None:
            made.kill(process)


def await_health(made: World, process: subprocess.Popen[str], met: Callable[[Health], bool]) -> Health:
    """The health file once it is as asked for."""
    file = made.folder / "health.json"
    until = time.monotonic() + 20
    while True:
        told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if told and met(told):
            return dict(told)
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, told
        time.sleep(0.01)


def ended(code: int) -> Callable[[Health], bool]:
    """The last round ended with this code, and the next is waited for."""
    return lambda told: told["state"] == "waiting" and told["last_round"]["exit_code"] == code


def stop(made: World, process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> Any:
    process.send_signal(number)
    done = made.finish(process)
    assert done.code == 0, done.err
    told = json.loads((made.folder / "health.json").read_text(encoding="utf-8"))
    assert (told["state"], told["next_round"]) == ("stopped", None)
    return done


# Real processes


def test_rounds_go_on_each_a_run_of_its_own(tmp_path: Path) -> None:
    words = ("--out", "o.json", "--report", "r.md")
    with world(story(), STORY_FILE, tmp_path) as made, watching_it(made, *words) as process:
        first = await_health(made, process, ended(0))
        assert made.node("new")["name"] == "Nora New"
        assert first["last_round"] == first["last_good_round"]
        assert (first["last_round"]["refresh"], first["pid"], first["failures_in_a_row"]) == ("full", process.pid, 0)
        assert json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))["exit_code"] == 0
        made.forget_calls()
        run = first["last_round"]["run"]
        second = await_health(made, process, lambda told: ended(0)(told) and told["last_round"]["run"] != run)
        assert str(uuid.UUID(second["last_round"]["run"])) == second["last_round"]["run"]
        assert second["last_round"]["refresh"] == "auto"
        assert made.writes() == []
        assert first["started_at"] == second["started_at"] <= second["next_round"]
        done = stop(made, process)
        assert f"run {run}" in done.err
        assert "once a minute" in done.err
        assert "nothing to do" in (tmp_path / "r.md").read_text(encoding="utf-8")
        assert "stopped" in done.err


def test_the_file_is_read_anew_and_a_wrong_one_is_survived(tmp_path: Path) -> None:
    with world(story(), "version: 1\nmappings: {}\n", tmp_path) as made, watching_it(made) as process:
        told = await_health(made, process, ended(2))
        assert told["last_good_round"] is None
        assert "mappings cannot be a set of keys" in told["last_round"]["error"]
        made.file.write_text(STORY_FILE, encoding="utf-8")
        told = await_health(made, process, ended(0))
        assert told["failures_in_a_row"] == 0
        assert told["last_round"]["refresh"] == "full"  # there was no plan before
        good = told["last_good_round"]
        made.file.unlink()
        told = await_health(made, process, ended(2))
        assert told["failures_in_a_row"] > 0
        assert told["last_good_round"]["exit_code"] == 0
        assert told["last_good_round"]["ended_at"] >= good["ended_at"]
        assert "error: mappings.yaml" in stop(made, process).err


def test_an_entra_that_is_not_there_for_a_while(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        # A pause longer than anybody waits: the round ends at once.
        made.box.state.add_fault(side="graph", method="/", times=2, effect="status", status=503, retry_after=9999)
        with watching_it(made, "--log-format", "json", "--log-file", "log") as process:
            told = await_health(made, process, lambda told: (told["last_round"] or {}).get("exit_code") == 1)
            assert told["last_round"]["error"]
            told = await_health(made, process, ended(0))
            assert made.node("new")["name"] == "Nora New"
            done = stop(made, process)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    failed = [line for line in lines if line.get("exit_code") == 1]
    assert failed
    assert failed[0]["error"]
    assert failed[0]["run"] != told["last_round"]["run"]
    assert all(json.loads(line) for line in done.err.splitlines())


def test_a_guard_that_refuses_is_survived(tmp_path: Path) -> None:
    with world(story(), STORY_FILE.replace("max_removals: 50%", "max_removals: 1"), tmp_path) as made:
        before = made.tree()
        with watching_it(made) as process:
            told = await_health(made, process, lambda told: ended(4)(told) and told["failures_in_a_row"] > 1)
            assert "a guard refused" in told["last_round"]["error"]
            assert told["last_round"]["refresh"] == "auto"  # the first plan was made from a full reading
            assert made.tree() == before
            stop(made, process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_creation(tmp_path: Path, number: signal.Signals) -> None:
    method, call = nth(10)
    assert method == "createUser"
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method=method, nth=call, effect="slow", seconds=0.6)
        with watching_it(made, "--out", "outcomes.json") as process:
            made.await_call(lambda entry: entry.get("fault") == "slow", process)
            done = stop(made, process, number)
        assert "stopping after the action in hand" in done.err
        assert [entry["call"] for entry in made.writes()[-2:]] == ["createUser", "setUser_v2"]
        assert made.node("new")["enabled"]
        assert done.result_of("new") == "done"
        assert done.result_of("newer") == "skipped"
        assert upn("newer") not in {row["email"] for row in made.box.state.nodes()}
        told = json.loads((tmp_path / "health.json").read_text(encoding="utf-8"))
        assert told["last_round"]["exit_code"] == 6


def test_a_signal_while_reading(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        made.box.state.add_fault(side="rescue", method="getAccount", nth=1, effect="slow", seconds=0.6)
        with watching_it(made) as process:
            made.await_call(lambda entry: entry.get("fault") == "slow", process)
            stop(made, process)
        assert made.tree() == before


def test_a_second_watch_on_the_same_health_file_is_refused(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made, watching_it(made) as process:
        await_health(made, process, ended(0))
        other = made.run("watch", "--interval", "1s", "--health", "health.json")
        assert (other.code, other.out) == (2, "")
        assert "another watch has health.json" in other.err
        stop(made, process)
        with watching_it(made) as again:  # the lock went with the process
            await_health(made, again, lambda told: told["pid"] == again.pid)
            stop(made, again)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--interval", "15"], "such as 15m"),
        (["--interval", "1.5h"], "such as 15m"),
        (["--interval", "15 m"], "such as 15m"),
        (["--interval", "-5m"], "such as 15m"),
        (["--interval", "15M"], "such as 15m"),
        (["--interval", "1d"], "such as 15m"),
        (["--interval", ""], "such as 15m"),
        (["--interval", "٣m"], "such as 15m"),
        (["--interval", "0s"], "from 1s to 168h"),
        (["--interval", "169h"], "from 1s to 168h"),
        ([], "Missing option '--interval'"),
        (["--interval", "1m", "--health", "no/such/health.json"], "there is no folder no/such"),
        (["--interval", "1m", "--report", "a.txt"], "the suffix decides the kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_before_the_first_round(shell: Shell, words: list[str], said: str) -> None:
    ran = shell.run("watch", *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_without_a_health_file_nothing_is_written_and_no_lock_is_taken(shell: Shell) -> None:
    process = subprocess.Popen(
        [COMMAND, "watch", "--interval", "1h"],
        cwd=shell.folder, env=shell.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while "next round at" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert [entry.name for entry in shell.folder.iterdir()] == ["mappings.yaml"]


# The pauses, on a clock of our own


class Rounds:
    """Stands for Apply: each round ends as the script says, and the last by a signal."""

    def __init__(self, *script: int | Exception, takes: float = 0.0) -> None:
        self.script = list(script)
        self.takes = takes
        self.now = 0.0
        self.pauses: list[float] = []
        self.refreshes: list[str] = []

    def __call__(self, _file: str, _saved: None, refresh: str, *_: Any, **__: Any) -> Any:
        self.refreshes.append(refresh)
        planned = not (self.script and isinstance(self.script[0], (SourceError, InputError)))
        return SimpleNamespace(run=self.run, planned=planned)

    def run(self) -> int:
        self.now += self.takes
        if not self.script:
            raise KeyboardInterrupt
        ends = self.script.pop(0)
        if isinstance(ends, Exception):
            raise ends
        return ends

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def watch_by(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch, interval: float = 900, health: str | None = None, **more: Any
) -> None:
    monkeypatch.setattr(watching, "Apply", rounds)
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: rounds.now, sleep=rounds.sleep))
    talk = more.pop("talk", None) or Talk(quiet=True, verbose=0)
    assert Watch("f", interval, health, "auto", (), None, talk=talk, environ={}).run() == 0


def close_to(seconds: float) -> Any:
    return pytest.approx(seconds, rel=JITTER + 1e-9)


@pytest.mark.parametrize("code", [0, 2, 4, 6])
def test_the_interval_counts_from_the_start_of_a_round(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    rounds = Rounds(code, code, takes=100)
    watch_by(rounds, monkeypatch)
    assert rounds.pauses == [close_to(800), close_to(800)]


def test_a_round_longer_than_the_interval_is_followed_by_a_short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(0, takes=5000)
    watch_by(rounds, monkeypatch)
    assert rounds.pauses == [close_to(90)]


def test_pauses_differ_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(*[0] * 20)
    watch_by(rounds, monkeypatch)
    assert len(set(rounds.pauses)) > 15
    assert all(pause == close_to(900) for pause in rounds.pauses)


@pytest.mark.parametrize("failure", [1, SourceError("Entra is away"), ZeroDivisionError()], ids=repr)
def test_what_may_pass_is_tried_again_sooner_and_then_later(
    monkeypatch: pytest.MonkeyPatch, failure: int | Exception
) -> None:
    rounds = Rounds(*[failure] * 7, 0, failure)
    watch_by(rounds, monkeypatch)
    waits = [FIRST_RETRY * 2**n for n in range(5)]
    assert waits[-1] < 900
    assert rounds.pauses == [close_to(wait) for wait in (*waits, 900, 900, 900, FIRST_RETRY)]


def test_a_short_interval_bounds_the_pause_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(1, 1)
    watch_by(rounds, monkeypatch, interval=5)
    assert rounds.pauses == [close_to(5), close_to(5)]


def test_refused_credentials_are_tried_more_and_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(*[CredentialsError("INVALID")] * 9)
    watch_by(rounds, monkeypatch)
    assert rounds.pauses == [close_to(min(900 * 2**n, 24 * 3600)) for n in range(9)]


def test_failures_without_end_overflow_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(*[SourceError("away")] * 1500, *[CredentialsError("INVALID")] * 3)
    watch_by(rounds, monkeypatch)
    assert rounds.pauses[1499] == close_to(900)
    assert rounds.pauses[-1] == close_to(24 * 3600)


def test_the_first_plan_and_the_first_of_each_day_are_made_from_a_full_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = InputError("f", [Problem(1, 1, "wrong", "right")])
    rounds = Rounds(SourceError("away"), problem, GuardRefused("no"), UsageError("no password"), 0, 0, 6, 1)

    class Clock(datetime):
        @classmethod
        def now(cls, _zone: Any = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 11, 22, 23, 32, tzinfo=UTC) + timedelta(seconds=rounds.now)

    monkeypatch.setattr(watching, "datetime", Clock)
    watch_by(rounds, monkeypatch, interval=600)
    # 23:32, 23:32:30, :42:30, :52:30, 00:02:30 and on, each give or take the jitter.
    assert rounds.refreshes == ["full", "full", "full", "auto", "full", "auto", "auto", "auto", "auto"]


def test_a_bug_is_survived_and_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = "Sesam-oeffne-dich"
    rounds = Rounds(ZeroDivisionError(f"with {secret}\x1b[2J"), 0)
    log = Log(style="text", file=str(tmp_path / "log"), quiet=True, verbose=0, environ={"RESCUE_API_TOKEN": secret})
    health = tmp_path / "health.json"
    with log.open("watch"):
        watch_by(rounds, monkeypatch, health=str(health))
    for said in (capsys.readouterr().err, (tmp_path / "log").read_text(encoding="utf-8")):
        assert "Traceback" in said
        assert "ZeroDivisionError" in said
        assert secret not in said
        assert "\x1b" not in said
    told = json.loads(health.read_text(encoding="utf-8"))
    assert (told["last_round"]["exit_code"], told["failures_in_a_row"]) == (0, 0)


def test_a_health_file_that_cannot_be_written_any_more_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    rounds = Rounds(0, 0)
    usual = rounds.run

    def run() -> int:
        for entry in list(folder.iterdir()) if folder.exists() else []:
            entry.unlink()
        if folder.exists():
            folder.rmdir()
        return usual()

    rounds.run = run  # type: ignore[method-assign]
    watch_by(rounds, monkeypatch, health=str(folder / "health.json"))
    assert "health.json cannot be written" in capsys.readouterr().err
    assert len(rounds.pauses) == 2


def test_a_reader_of_the_results_that_went_away_ends_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokenPipeError):
        watch_by(Rounds(BrokenPipeError()), monkeypatch)
