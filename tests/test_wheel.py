"""What is installed: a wheel holds everything the commands read at run time, not only what Python imports."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from reconciler.render import html

ROOT = Path(__file__).parents[1]


def test_a_wheel_holds_the_style_and_the_script_of_the_page(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        held = packed.namelist()
    assert {f"reconciler/render/page/{name}" for name in (*html.SCRIPTS, *html.STYLES)} <= set(held)
    assert "reconciler/sandbox/mappings.yaml" in held
