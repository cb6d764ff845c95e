"""The sandbox's Rescue read by a Singer tap: login with a cookie, the hierarchy, and which technicians come out.

Runs in the project's environment with the standard library alone; the tap is a program in an environment of its own
(argument 1: its Python) and never imported here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import ADMINISTRATOR, HERE, TECHNICIAN_ROWS, Verdicts, ask_sandbox

NAMES = ("nodeid", "parentid", "name", "email", "description", "status")
WANTED = {row[0]: dict(zip(NAMES, row, strict=True)) | {"type": "Technician"} for row in TECHNICIAN_ROWS}


class Tap:
    """Runs the tap as a program."""

    def __init__(self, python: str, folder: Path) -> None:
        self.command = [str(Path(python).absolute()), str(HERE / "tap.py")]
        self.folder = folder
        self.catalog = folder / "catalog.json"
        self.catalog.write_text(self._run("catalog").stdout, encoding="utf-8")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments], capture_output=True, encoding="utf-8", timeout=60, cwd=self.folder
        )

    def read(self, password: str) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, the messages and the talk of one run."""
        config = {"username": ADMINISTRATOR["email"], "password": password, "start_date": "2026-01-01T00:00:00Z"}
        path = self.folder / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        done = self._run("--config", str(path), "--catalog", str(self.catalog))
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def records(messages: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The technician records by node id."""
    found = [message["record"] for message in messages if message["type"] == "RECORD"]
    return {record["nodeid"]: record for record in found}


def check(tap: Tap, verdicts: Verdicts) -> None:
    """All that the tap can say."""
    with verdicts.about("the technicians"):
        code, messages, talk = tap.read(ADMINISTRATOR["password"])
        verdicts.that("the tap logs in and reads to the end", code == 0, talk)
        kinds = [message["type"] for message in messages]
        wanted = ["SCHEMA"] + ["RECORD"] * len(WANTED)
        verdicts.same("it puts out its schema and one record a technician", wanted, kinds[: len(wanted)])
        verdicts.that("and nothing else but its state", set(kinds[len(wanted) :]) <= {"STATE"}, kinds)
        verdicts.same("they are the technicians of the scenario, field by field", WANTED, records(messages))
    with verdicts.about("the calls"):
        calls = [(entry.get("call"), entry["status"], entry["word"]) for entry in ask_sandbox("requests")]
        wanted = [("login", 200, "OK"), ("getHierarchy_v2", 200, "OK")]
        verdicts.same("the sandbox was asked for a login, then for the hierarchy by cookie", wanted, calls)
    with verdicts.about("a wrong password"):
        ask_sandbox("clear_requests")
        code, messages, talk = tap.read("wrong")
        verdicts.that(
            "a wrong password ends the tap with its own words", code != 0 and "Failed to login!" in talk, talk
        )
        verdicts.same("and no record comes out", {}, records(messages))
        words = [(entry.get("call"), entry["status"], entry["word"]) for entry in ask_sandbox("requests")]
        verdicts.same("the sandbox refused it in a word, with status 200", [("login", 200, "INVALID")], words)


def check_the_judge(tap: Tap, verdicts: Verdicts) -> None:
    """The tap tells right from wrong: with another wire it loses exactly what its way of reading makes it lose."""
    for switch, usual, other, left in (
        ("list_end", "blank_line", "bare", sorted(WANTED)[:-1]),  # the last record is thrown away
        ("colon", "bare", "spaced", []),  # " Technician" is no "Technician"
        ("newline", "lf", "crlf", []),  # no blank line is found
    ):
        with verdicts.about(f"the judge and {switch}"):
            ask_sandbox("set_switch", switch, other)
            _, messages, _ = tap.read(ADMINISTRATOR["password"])
            ask_sandbox("set_switch", switch, usual)
            verdicts.same(
                f"with {switch}={other} the tap reads {len(left)} of {len(WANTED)}", left, sorted(records(messages))
            )
    with verdicts.about("the usual wire again"):
        _, messages, _ = tap.read(ADMINISTRATOR["password"])
        verdicts.same("and with the usual wire it reads all of them again", WANTED, records(messages))


def main() -> None:
    """Check, judge the judge, say so."""
    verdicts = Verdicts("Rescue, judged by tap-logmeinrescue")
    with tempfile.TemporaryDirectory(prefix="tap-") as folder:
        tap = Tap(sys.argv[1], Path(folder))
        check(tap, verdicts)
        check_the_judge(tap, verdicts)
    verdicts.finish(f"{len(WANTED)} technicians")


if __name__ == "__main__":
    main()
