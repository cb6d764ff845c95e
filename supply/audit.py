"""pip-audit over hash-locked files, believed only where it says of every locked package that it looked it up.

pip-audit exits 0 where it has no database: then it names each package with a reason for skipping it, or none at all.
Here that is a failure of its own. Exit codes: 0 all looked up and nothing known · 1 something is known · 2 not looked
up. Run it with the interpreter that the locks are for: markers are followed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from supply.locks import LockError, read_lock

MOST_SECONDS = 900


@dataclass
class Verdict:
    """Of one lock."""

    looked_up: int = 0
    unsafe: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 1 if self.unsafe else 2 if self.unknown else 0


def judge(locked: Mapping[str, set[str]], report: str) -> Verdict:
    """What pip-audit's JSON says of each locked package. Whatever it does not say makes the package unknown."""
    verdict = Verdict()
    try:
        rows = json.loads(report)["dependencies"]
        audited = {(canonicalize_name(row["name"]), row["version"]): row["vulns"] for row in rows if "vulns" in row}
        skipped: dict[str, str] = {
            canonicalize_name(row["name"]): str(row["skip_reason"]) for row in rows if "skip_reason" in row
        }
        verdict.unsafe = [
            f"{name} {version}: {_described(known)}"
            for (name, version), vulnerabilities in sorted(audited.items())
            for known in vulnerabilities
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as strange:
        return Verdict(unknown=[f"the report cannot be read: {type(strange).__name__}: {strange}"[:300]])
    for name, versions in sorted(locked.items()):
        for version in sorted(versions):
            if name in skipped:
                verdict.unknown.append(f"{name} {version}: {skipped[name]}")
            elif (name, version) not in audited:
                verdict.unknown.append(f"{name} {version}: not in the report")
            else:
                verdict.looked_up += 1
    return verdict


def _described(known: Any) -> str:
    fixed = ", ".join(known["fix_versions"]) or "no version yet"
    aliases = f" ({', '.join(known['aliases'])})" if known.get("aliases") else ""
    return f"{known['id']}{aliases}, fixed in {fixed}"


def audit(lock: Path, command: Sequence[str]) -> Verdict:
    """Runs pip-audit over one lock. Raises LockError for a file that is none."""
    locked = read_lock(lock.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json", f"--output={report}"]
        try:
            ran = subprocess.run(  # noqa: S603 - the command is ours
                [*command, *options, "--requirement", str(lock)],
                capture_output=True,
                text=True,
                timeout=MOST_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as failed:
            return Verdict(unknown=[f"pip-audit did not run: {failed}"])
        if not report.is_file():
            words = ran.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            return Verdict(unknown=[f"pip-audit wrote no report (exit code {ran.returncode}): {words[0][:300]}"])
        verdict = judge(locked, report.read_text(encoding="utf-8"))
        if ran.returncode not in (0, 1):
            verdict.unknown.append(f"pip-audit ended with exit code {ran.returncode}")
        elif ran.returncode == 1 and not verdict.unsafe:
            verdict.unknown.append("pip-audit ended with exit code 1 and named nothing")
        return verdict


def main(arguments: Sequence[str]) -> int:
    """audit.py [--with PIP_AUDIT] LOCK... prints a line a finding and one a lock."""
    command, locks = [sys.executable, "-m", "pip_audit"], list(arguments)
    if locks[:1] == ["--with"]:
        command, locks = locks[1:2], locks[2:]
    if not command or not locks:
        print("usage: python -m supply.audit [--with PIP_AUDIT] LOCK...", file=sys.stderr)
        return 2
    codes = set()
    for name in locks:
        try:
            verdict = audit(Path(name), command)
        except (OSError, LockError) as bad:
            verdict = Verdict(unknown=[str(bad)])
        for words in verdict.unsafe:
            print(f"{name}: KNOWN: {words}")
        for words in verdict.unknown:
            print(f"{name}: NOT LOOKED UP: {words}")
        counts = f"{verdict.looked_up} looked up, {len(verdict.unsafe)} known, {len(verdict.unknown)} not looked up"
        print(f"{name}: {counts}")
        codes.add(verdict.exit_code)
    return 1 if 1 in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
