"""Files in tests/examples: what is said about each stands beside it, whole, in NAME.txt.

`REFRESH_EXAMPLES=1 pytest tests/config/test_examples.py` writes the expected texts anew, to be read in review. A first
line `# AZURE_TENANT_ID=…` in a file says what the environment says.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from reconciler.cli.validate import validate
from reconciler.config.load import load_mappings
from reconciler.config.messages import schema_accepts
from reconciler.config.yaml_lines import read_yaml
from reconciler.errors import InputError
from reconciler.model.file import MappingsFile

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "examples"
BAD = sorted(EXAMPLES.glob("bad/*.yaml"))
GOOD = sorted(EXAMPLES.glob("good/*.yaml"))
REAL = [path for path in [ROOT / "mappings.yaml"] if path.exists()]


def name(path: Path) -> str:
    return path.stem


def tenant_of(path: Path) -> str | None:
    found = re.match(rb"# AZURE_TENANT_ID=(\S+)", path.read_bytes())
    return found.group(1).decode() if found else None


def compare(text: str, expected: Path) -> None:
    if os.environ.get("REFRESH_EXAMPLES"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", BAD, ids=name)
def test_a_bad_file_is_refused_with_every_problem(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    with pytest.raises(InputError) as caught:
        load_mappings(path.name, tenant_id=tenant_of(path))
    assert caught.value.exit_code == 2
    compare("".join(f"{line}\n" for line in caught.value.lines()), path.with_suffix(".txt"))


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_a_good_file_is_valid_with_its_warnings_and_notes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    result = CliRunner(env={"AZURE_TENANT_ID": tenant_of(path)}).invoke(validate, [path.name])
    assert result.exit_code == 0
    compare(result.stderr + result.stdout, path.with_suffix(".txt"))


def test_every_expected_text_has_its_file() -> None:
    assert {path.with_suffix(".yaml") for path in EXAMPLES.glob("*/*.txt")} == {*BAD, *GOOD}


@pytest.mark.parametrize("path", BAD + GOOD + REAL, ids=name)
def test_schema_and_models_accept_the_same(path: Path) -> None:
    try:
        value = read_yaml(path.name, path.read_bytes()).value
    except InputError:
        return  # there is no value to judge
    assert schema_accepts(value) == models_accept(value)


@pytest.mark.parametrize("path", REAL, ids=name)
def test_the_real_file_is_valid(path: Path) -> None:
    load_mappings(path, tenant_id=None)


def models_accept(value: Any) -> bool:
    try:
        MappingsFile.model_validate(value)
    except ValidationError:
        return False
    return True
