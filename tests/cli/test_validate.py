"""`reconciler validate` as a person meets it: what goes where, and the exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.validate import validate
from reconciler.errors import InputError

GOOD = """\
version: 1
rescue: {account_id: 1, owner: a}
mappings:
  - {entra_group: a, rescue_group: A, nested: direct}
"""


def run(*arguments: str, cwd: Path, tenant: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "AZURE_TENANT_ID"}
    environment |= {"AZURE_TENANT_ID": tenant} if tenant is not None else {}
    command = [str(Path(sys.executable).with_name("reconciler")), "validate", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_valid_file_is_one_line_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "mappings.yaml").write_text(GOOD, encoding="utf-8")
    done = run(cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "mappings.yaml: valid, 1 mapping (1 technician, 0 admin)\n",
        "",
    )


def test_warnings_go_to_stderr(tmp_path: Path) -> None:
    text = GOOD + "guards: {max_moves: off}\nlimits: {members: 5}\n"
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    done = run("m.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == "m.yaml: valid, 1 mapping (1 technician, 0 admin)\n"
    assert done.stderr == "warning: m.yaml:5:21: the guard max_moves is off\n"


def test_an_invalid_file_is_exit_2_with_every_problem_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("version: 1\nrescue: {account_id: x}\nmappings: {}\n", encoding="utf-8")
    done = run("m.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "m.yaml:2:22: rescue.account_id cannot be" in done.stderr
    assert "m.yaml:3:11: mappings cannot be a set of keys; write a list" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_cannot_be_read_is_exit_2(name: str, tmp_path: Path) -> None:
    done = run(name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"{name}: " in done.stderr


def test_the_tenant_of_the_environment_counts(tmp_path: Path) -> None:
    text = "version: 1\nrescue: {account_id: 1}\nmappings: []\n"
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    done = run("m.yaml", cwd=tmp_path, tenant="contoso.example")
    assert done.returncode == 2
    assert "rescue lacks owner, which has no default while AZURE_TENANT_ID is not an object id" in done.stderr
    assert run("m.yaml", cwd=tmp_path, tenant="").returncode == 0


def test_the_command_itself_raises_what_main_prints(tmp_path: Path) -> None:
    result = CliRunner().invoke(validate, [str(tmp_path / "none.yaml")])
    assert isinstance(result.exception, InputError)


def test_validating_imports_nothing_slow(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(GOOD, encoding="utf-8")
    code = (
        "import sys\nfrom reconciler.cli.validate import validate\nearly = set(sys.modules)\n"
        f"validate([{str(tmp_path / 'm.yaml')!r}], standalone_mode=False)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))\n"
        "print(*sorted({name.split('.')[0] for name in early}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    _, late, early = done.stdout.splitlines()
    slow = {"httpx", "azure", "rich", "deepdiff", "requests", "uvicorn"}
    assert not slow & set(late.split())
    assert not (slow | {"jsonschema", "pydantic", "yaml"}) & set(early.split())
