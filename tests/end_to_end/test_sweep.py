"""Every fault at every point (FAULTS=all: `make faults`), or one of each kind; the end is an undisturbed run's."""

from __future__ import annotations

from pathlib import Path

import pytest

from .faults import CALLS, Case, chosen
from .sweep import Undisturbed, try_case


def test_the_calls_of_the_run_are_all_named(undisturbed: Undisturbed) -> None:
    assert undisturbed.calls == [point.method for point in CALLS]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in chosen()])
def test_one_call_goes_wrong(
    tmp_path: Path, undisturbed: Undisturbed, case: Case, record_property: pytest.RecordProperty
) -> None:
    record_property("fault", case.fault.name)
    record_property("point", f"{case.point.side} {case.point.purpose} {case.point.nth}")
    try_case(case, tmp_path, undisturbed)
