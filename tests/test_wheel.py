"""What is installed: a wheel holds everything the commands read at run time, and nothing but the package."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reconciler.render import html

ROOT = Path(__file__).parents[1]


def build(folder: Path, **environ: str) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def test_a_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "reconciler").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == ours | {"reconciler/sandbox/mappings.yaml"}
    assert {f"reconciler/render/page/{name}" for name in (*html.SCRIPTS, *html.STYLES)} <= held


def test_two_builds_have_one_hash(wheel: Path, tmp_path: Path) -> None:
    """Of one work tree; tests/supply has it of one commit, in two folders."""
    again = build(tmp_path, TZ="Asia/Tokyo", PYTHONHASHSEED="1")
    one, other = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (wheel, again))
    assert one == other


def test_the_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """Plan, reports and apply, with no file of the repository in reach."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "RESCUE_"))}
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import reconciler.cli.main as main, sys; print(main.__file__, file=sys.stderr); main.run()",
            "demo",
        ],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.stderr.splitlines()[0] == str(tmp_path / "installed/reconciler/cli/main.py")
    assert ran.returncode == 0, ran.stderr
