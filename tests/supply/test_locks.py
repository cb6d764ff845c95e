"""What a lock asks for, and that our own locks are what the others take them for."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply.locks import LockError, read_lock

ROOT = Path(__file__).parents[2]
HASH = "--hash=sha256:" + "0" * 64
LOCKS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("requirements", "tests/conformance")
    for path in (ROOT / folder).glob("*.txt")
    if path.name != "overrides-rescue.txt"
)


def test_names_are_normalised_markers_followed_and_comments_passed_over() -> None:
    text = (
        f"# by hand\nPy_YAML==6.0.3 \\\n    {HASH} \\\n    {HASH}\n    # via nobody\n"
        f'old==1.0 ; python_version < "3" \\\n    {HASH}\nold==2.0 ; python_version >= "3" \\\n    {HASH}\n'
        f"extra[more]==1.0.post1  {HASH}\n"
    )
    assert read_lock(text) == {"py-yaml": {"6.0.3"}, "old": {"2.0"}, "extra": {"1.0.post1"}}
    assert read_lock(text, everywhere=True)["old"] == {"1.0", "2.0"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "click==8.5.1\n",
        f"click>=8.5.1 {HASH}\n",
        f"click {HASH}\n",
        f"click==8.* {HASH}\n",
        f"click==8.5.1,!=9 {HASH}\n",
        f"-r other.txt {HASH}\n",
        "<html>\n",
    ],
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(LockError):
        read_lock(text)


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_here_can_be_read_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert read_lock(text, everywhere=True)
    assert "://" not in text


def test_what_runs_is_locked_as_it_is_tested() -> None:
    """requirements/runtime.txt: each dependency and what it needs, each at the version and hashes of dev.txt."""
    texts = {name: (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8") for name in ("runtime", "dev")}
    runs, tested = (read_lock(texts[name], everywhere=True) for name in ("runtime", "dev"))
    assert {name: versions for name, versions in tested.items() if name in runs} == runs
    hashes = {name: set(re.findall(r"--hash=\S+", text)) for name, text in texts.items()}
    assert hashes["runtime"] <= hashes["dev"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    assert {canonicalize_name(Requirement(each).name) for each in asked} <= runs.keys()
    assert not runs.keys() & {"pytest", "ruff", "mypy", "hatchling"}


def test_the_locked_npm_packages_have_hashes_and_name_no_registry() -> None:
    text = (ROOT / "tests/conformance/npm/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 100
