"""The audit from outside, with a pip-audit that says what a test wants: green only where all was looked up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from supply.audit import judge

ROOT = Path(__file__).parents[2]
HASH = "--hash=sha256:" + "0" * 64
LOCK = f"click==8.5.1 \\\n    {HASH}\nPyYAML==6.0.3 \\\n    {HASH}\n"
WHOLE = [{"name": "click", "version": "8.5.1", "vulns": []}, {"name": "pyyaml", "version": "6.0.3", "vulns": []}]
KNOWN = {"id": "PYSEC-2026-1", "fix_versions": ["8.5.2"], "aliases": ["CVE-2026-1"], "description": "bad"}
SKIPPED = {"name": "pyyaml", "skip_reason": "Dependency not found on PyPI and could not be audited: pyyaml (6.0.3)"}
NOT = "NOT LOOKED UP"


def run(folder: Path, report: str | None, code: int = 0, lock: str = LOCK) -> subprocess.CompletedProcess[str]:
    """The audit of one lock; `report` is what pip-audit writes, None: nothing."""
    (folder / "lock.txt").write_text(lock, encoding="utf-8")
    fake = folder / "pip-audit"
    writes = f"Path(out).write_text({report!r}, encoding='utf-8')" if report is not None else "print('No database!')"
    fake.write_text(
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
        "(out,) = [one.removeprefix('--output=') for one in sys.argv if one.startswith('--output=')]\n"
        "assert sys.argv[-2:] == ['--requirement', 'lock.txt'] and '--require-hashes' in sys.argv\n"
        f"{writes}\nprint('No known vulnerabilities found', file=sys.stderr)\nsys.exit({code})\n",
        encoding="utf-8",
    )
    fake.chmod(0o755)
    return audit(folder, "--with", str(fake), "lock.txt")


def audit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "supply.audit", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(rows: list[Any]) -> str:
    return json.dumps({"dependencies": rows, "fixes": []})


@pytest.mark.parametrize(
    ("report", "code", "exit_code", "words"),
    [
        pytest.param(said(WHOLE), 0, 0, "lock.txt: 2 looked up, 0 known, 0 not looked up", id="good"),
        pytest.param(
            said([{**WHOLE[0], "vulns": [KNOWN]}, WHOLE[1]]), 1, 1,
            "KNOWN: click 8.5.1: PYSEC-2026-1 (CVE-2026-1), fixed in 8.5.2", id="vulnerable",
        ),
        pytest.param(
            said([{**WHOLE[0], "vulns": [{**KNOWN, "fix_versions": [], "aliases": []}]}, WHOLE[1]]), 1, 1,
            "KNOWN: click 8.5.1: PYSEC-2026-1, fixed in no version yet", id="vulnerable, no way out",
        ),
        pytest.param(
            said([{**WHOLE[0], "vulns": [KNOWN]}, SKIPPED]), 1, 1, f"{NOT}: pyyaml 6.0.3: Dependency not found",
            id="vulnerable and skipped",
        ),
        pytest.param(said([WHOLE[0], SKIPPED]), 0, 2, "could not be audited", id="one skipped"),
        pytest.param(
            said([{"name": "click", "skip_reason": "no"}, SKIPPED]), 0, 2,
            "lock.txt: 0 looked up, 0 known, 2 not looked up", id="all skipped",
        ),
        pytest.param(said([WHOLE[0]]), 0, 2, f"{NOT}: pyyaml 6.0.3: not in the report", id="one missing"),
        pytest.param(
            said([WHOLE[0], {**WHOLE[1], "version": "6.0.2"}]), 0, 2, "pyyaml 6.0.3: not in the report",
            id="another version",
        ),
        pytest.param(said([]), 0, 2, "0 looked up", id="empty list"),
        pytest.param("{}", 0, 2, "the report cannot be read: KeyError", id="empty object"),
        pytest.param("", 0, 2, "the report cannot be read", id="empty file"),
        pytest.param("null", 0, 2, "the report cannot be read", id="null"),
        pytest.param("<html>503</html>", 0, 2, "the report cannot be read", id="garbage"),
        pytest.param(said(["click"]), 0, 2, "click 8.5.1: not in the report", id="rows of text"),
        pytest.param(said([{**WHOLE[0], "vulns": 3}]), 0, 2, "the report cannot be read", id="vulns of a number"),
        pytest.param("[" * 100_000, 0, 2, "the report cannot be read", id="endless nesting"),
        pytest.param(None, 0, 2, "wrote no report (exit code 0)", id="no report"),
        pytest.param(None, 1, 2, "wrote no report (exit code 1)", id="no report, and red"),
        pytest.param(said(WHOLE), 1, 2, "exit code 1 and named nothing", id="red without a reason"),
        pytest.param(said(WHOLE), 3, 2, "ended with exit code 3", id="a crash after the report"),
    ],
)  # fmt: skip
def test_green_only_where_all_was_looked_up(
    tmp_path: Path, report: str | None, code: int, exit_code: int, words: str
) -> None:
    ran = run(tmp_path, report, code)
    assert (ran.returncode, ran.stderr) == (exit_code, "")
    assert words in ran.stdout


def test_a_lock_that_is_none_is_no_empty_audit(tmp_path: Path) -> None:
    ran = run(tmp_path, said([]), lock="# nothing\n")
    assert (ran.returncode, "nothing is locked" in ran.stdout) == (2, True)
    ran = audit(tmp_path, "--with", str(tmp_path / "pip-audit"), "missing.txt")
    assert (ran.returncode, "No such file" in ran.stdout) == (2, True)


def test_a_missing_pip_audit_and_missing_arguments_are_no_pass(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(LOCK, encoding="utf-8")
    ran = audit(tmp_path, "--with", str(tmp_path / "nothing"), "lock.txt")
    assert (ran.returncode, "pip-audit did not run" in ran.stdout) == (2, True)
    assert [audit(tmp_path, *arguments).returncode for arguments in ((), ("--with",), ("--with", "x"))] == [2, 2, 2]


def test_one_bad_lock_among_good_ones_is_what_counts(tmp_path: Path) -> None:
    run(tmp_path, said(WHOLE))
    ran = audit(tmp_path, "--with", str(tmp_path / "pip-audit"), "lock.txt", "missing.txt")
    assert ran.returncode == 2
    assert ran.stdout.splitlines()[0] == "lock.txt: 2 looked up, 0 known, 0 not looked up"


def test_versions_of_one_package_are_each_looked_for() -> None:
    verdict = judge({"click": {"8.5.1", "9.0"}}, said(WHOLE))
    assert (verdict.looked_up, verdict.unknown, verdict.exit_code) == (1, ["click 9.0: not in the report"], 2)


def test_the_scheduled_workflow_audits_every_lock_and_can_fail() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/audit.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1]["run"] == "make audit"
    assert "continue-on-error" not in str(workflow)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-m supply.audit requirements/*.txt\n" in makefile
