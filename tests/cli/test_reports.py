"""`--report` by suffix, from outside: what is written, and what is refused before the work."""

from __future__ import annotations

import errno
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from reconciler.cli.reports import make_outcomes_report, make_plan_report
from reconciler.errors import UsageError
from reconciler.render import excel
from reconciler.sandbox import Sandbox
from tests.render.plans import one_of_everything, some_outcomes

from .conftest import Shell


def cells(file: Path, sheet: str) -> list[dict[str, Any]]:
    heads, *rows = openpyxl.load_workbook(file)[sheet].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_a_plan_as_a_workbook_says_what_the_json_says(live: Shell) -> None:
    ran = live.run("plan", "--report", "plan.xlsx", "--report", "plan.json")
    assert ran.returncode == 0, ran.stderr
    assert "wrote plan.xlsx" in ran.stderr
    plan = json.loads((live.folder / "plan.json").read_text(encoding="utf-8"))
    lines = [line for role in ("Technicians", "Admins") for line in cells(live.folder / "plan.xlsx", role)]
    assert {line["Entra object id"] for line in lines} == {action["subject"]["entra_id"] for action in plan["actions"]}
    assert {(line["e-mail"], line["UPN"]) for line in lines} == {
        (action["subject"]["login"], action["subject"]["upn"]) for action in plan["actions"]
    }
    assert "eszabo@contoso.example" in {line["UPN"] for line in lines}
    skipped = [line["action"] for line in cells(live.folder / "plan.xlsx", "Skipped")]
    assert skipped == [finding["code"] for finding in plan["findings"]]


def test_an_apply_as_a_workbook_has_the_outcomes(live: Shell) -> None:
    ran = live.run("apply", "--yes", "--report", "Done.XLSX")
    assert ran.returncode == 0, ran.stderr
    assert {line["outcome"] for line in cells(live.folder / "Done.XLSX", "Technicians")} == {"done"}


def test_a_plan_as_a_page_says_what_the_json_says(live: Shell) -> None:
    ran = live.run("plan", "--report", "plan.html", "--report", "plan.json")
    assert ran.returncode == 0, ran.stderr
    assert "wrote plan.html" in ran.stderr
    plan = json.loads((live.folder / "plan.json").read_text(encoding="utf-8"))
    data = page_data(live.folder / "plan.html")
    login, before = data["columns"].index("login"), data["columns"].index("before")
    assert [row[login] for row in data["actions"]] == [action["subject"]["login"] for action in plan["actions"]]
    groups = [data["groups"][row[before]][0] if row[before] is not None else None for row in data["actions"]]
    told = [action["group"]["before"] for action in plan["actions"]]
    assert groups == [None if path is None else path.split("/")[-1] or "Administrators" for path in told]


def test_an_apply_as_a_page_has_the_outcomes(live: Shell) -> None:
    ran = live.run("apply", "--yes", "--report", "Done.HTML")
    assert ran.returncode == 0, ran.stderr
    data = page_data(live.folder / "Done.HTML")
    assert {row[data["columns"].index("state")] for row in data["actions"]} == {"done"}


def page_data(page: Path) -> dict[str, Any]:
    """What the script of a page works on."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found
    made: dict[str, Any] = json.loads(found.group(1))
    return made


def test_a_suffix_nobody_has_is_refused_before_the_work(live: Shell, box: Sandbox) -> None:
    ran = live.run("plan", "--report", "plan.xls")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ".xlsx" in ran.stderr
    assert box.requests() == []


def test_no_room_for_a_large_workbook_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(excel, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(UsageError, match=r"a\.xlsx cannot be made: No space left on device"):
        make_plan_report("a.xlsx", one_of_everything(), "mappings.yaml")
    monkeypatch.undo()
    monkeypatch.setattr(excel, "IN_MEMORY", 0)
    monkeypatch.setattr("zipfile.ZipFile.write", full)
    with pytest.raises(UsageError, match="No space left on device"):
        make_outcomes_report("a.xlsx", some_outcomes())
