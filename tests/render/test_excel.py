"""The workbook, opened by another library: the layout of R77, and that no name in it is anything but text."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import example, given, settings

from reconciler.model.plan import ERROR_CODES, WARNING_CODES, Action, ActionOutcome, Change, Finding, Plan
from reconciler.render import excel
from reconciler.render.rule_numbers import rule_of_finding
from reconciler.render.safe import without_controls
from reconciler.render.table import action_lines

from .plans import an_action, nothing_to_do, one_of_everything, some_outcomes
from .test_hostile_names import ANYTHING, CONTROLS, plan_naming

SHEETS = ["Summary", "Technicians", "Admins", "Licences", "Skipped"]
COLUMNS = [
    "action", "role", "mapping", "Entra object id", "UPN", "e-mail", "display name", "Rescue node id", "from group",
    "to group", "field", "old", "new", "seat effect", "reason", "rule number",
]  # fmt: skip
FORMULAS = [
    "=1+1", '=HYPERLINK("http://evil")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "http://evil/", "mailto:a@b", "{=1}",
    "0123", "1e5", "TRUE", "#REF!", "'quoted", "_x0041_", "_x0041_x0042_", "\ufffe\uffff", "<a>&amp;",
]  # fmt: skip


def opened(made: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(made))


def table(book: Any, name: str) -> list[dict[str, Any]]:
    """The lines of a sheet, by column."""
    heads, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def plan_of(*actions: Action) -> Plan:
    return nothing_to_do().model_copy(update={"actions": actions})


def without_node(action: Action) -> Action:
    return action.model_copy(update={"subject": action.subject.model_copy(update={"node_id": None})})


def test_sheets_and_columns_are_those_of_the_reference() -> None:
    book = opened(excel.render_plan(one_of_everything(), "mappings.yaml"))
    assert book.sheetnames == SHEETS
    for name in SHEETS[1:]:
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == COLUMNS
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == f"A1:P{sheet.max_row}"
        assert {7 <= column.width <= 101 for column in sheet.column_dimensions.values()} == {True}


def test_outcomes_have_two_columns_more_and_name_what_was_not_done() -> None:
    book = opened(excel.render_outcomes(some_outcomes()))
    assert book.sheetnames == SHEETS
    assert [cell.value for cell in book["Technicians"][1]] == [*COLUMNS, "outcome", "message"]
    lines = table(book, "Technicians")
    assert {line["outcome"] for line in lines} == {"done", "failed", "skipped", "stale", "unknown", "held"}
    assert {line["message"] for line in lines if line["outcome"] == "stale"} == {"what was said of stale"}
    missed = [line["outcome"] for line in table(book, "Skipped") if line["outcome"]]
    assert set(missed) == {"failed", "skipped", "stale", "unknown", "held"}


def test_every_change_is_a_line_that_names_whom_it_is_about() -> None:
    lines = table(opened(excel.render_plan(one_of_everything(), "mappings.yaml")), "Technicians")
    old = [line for line in lines if line["e-mail"] == "old@contoso.example"]
    assert [(line["field"], line["old"], line["new"], line["rule number"]) for line in old] == [
        ("login", "old@contoso.example", "newer@contoso.example", "R55"),
        ("name", 'Say "hi"', "Zoë", "R54"),
        ("SSO ID", None, "zoe@contoso.example", "D21"),
    ]
    assert {(line["action"], line["role"], line["mapping"], line["Rescue node id"]) for line in old} == {
        ("update", "technician", "helpdesk-emea", 337366)
    }
    (moved,) = [line for line in lines if line["action"] == "move"]
    assert (moved["field"], moved["old"], moved["new"]) == ("group", "EMEA/Helpdesk", "EMEA/Field")
    assert (moved["from group"], moved["to group"]) == ("EMEA/Helpdesk", "EMEA/Field")
    created = [line for line in lines if line["action"] == "create"]
    assert {line["from group"] for line in created} == {None}
    assert {line["rule number"] for line in created} == {"R43"}


def test_seat_effects_are_numbers_and_have_a_sheet_of_their_own() -> None:
    lines = table(opened(excel.render_plan(one_of_everything(), "mappings.yaml")), "Licences")
    assert [(line["action"], line["field"], line["seat effect"]) for line in lines] == [
        ("disable", "mobile licence", -1),
        ("disable", "enabled", -1),
        ("enable", "enabled", 1),
        ("create", "mobile licence", 1),
    ]


@pytest.mark.parametrize(
    ("action", "effects"),
    [
        (without_node(an_action("a", "create", before=None, changes=(Change(field="enabled", after=True),))), [1]),
        (an_action("a", "create", before=None, changes=(Change(field="enabled", after=True),)), [None]),
        (
            an_action("a", "update", changes=(Change(field="mobile_license", before=False, after=True),)),
            [1],
        ),
        (
            an_action("a", "disable", changes=(Change(field="enabled", before=True, after=False),)).model_copy(
                update={"role": "admin"}
            ),
            [None],
        ),
    ],
    ids=[
        "a creation takes a seat",
        "a blank that is filled may have its seat",
        "an award takes a licence",
        "admins take no seat",
    ],
)
def test_seat_effects_nobody_knows_are_empty(action: Action, effects: list[int | None]) -> None:
    assert [line.effect for line in action_lines(action)] == effects


def test_skipped_holds_findings_errors_first_and_what_the_edit_stops() -> None:
    plan = one_of_everything().model_copy(update={"stopped": (an_action("stopped@contoso.example", "move"),)})
    lines = table(opened(excel.render_plan(plan, "mappings.yaml")), "Skipped")
    assert [(line["action"], line["e-mail"], line["rule number"]) for line in lines] == [
        ("frozen", None, "D17"),
        ("unmanaged", "k@contoso.example", "D6"),
        ("stopped: move", "stopped@contoso.example", "R30"),
    ]
    assert lines[0]["reason"] == "nothing is written for it: gone"


def test_admins_have_a_sheet_of_their_own_and_groups_a_path() -> None:
    admin = an_action("boss@contoso.example", "update", changes=(Change(field="name", before="a", after="b"),))
    group = an_action("x", "create_group", before=None)
    group = group.model_copy(
        update={"subject": group.subject.model_copy(update={"login": None, "path": "EMEA/New", "upn": "u@x"})}
    )
    book = opened(excel.render_plan(plan_of(admin.model_copy(update={"role": "admin"}), group), "mappings.yaml"))
    assert [line["e-mail"] for line in table(book, "Admins")] == ["boss@contoso.example"]
    (line,) = table(book, "Technicians")
    assert (line["action"], line["display name"], line["UPN"], line["rule number"]) == (
        "create group", "EMEA/New", "u@x", "D2",
    )  # fmt: skip


def test_the_summary_has_real_dates_and_numbers() -> None:
    sheet = opened(excel.render_plan(one_of_everything(), "mappings.yaml"))["Summary"]
    facts = {row[0].value: row[1] for row in sheet.iter_rows(max_col=2)}
    assert facts["made at (UTC)"].value == datetime(2026, 11, 22, 19)
    assert facts["made at (UTC)"].is_date
    assert facts["changes"].value == 7
    assert facts["unchanged"].value == 40
    assert facts["file"].value == "mappings.yaml"
    texts = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "REFUSED" in texts
    assert "frozen" in texts
    facts = {
        row[0].value: row[1].value
        for row in opened(excel.render_outcomes(some_outcomes()))["Summary"].iter_rows(max_col=2)
    }
    assert (facts["account"], facts["exit code"], facts["Rescue equals the plan"]) == (1234567, 6, "no")


def test_a_line_has_the_colour_of_its_verb() -> None:
    sheet = opened(excel.render_plan(one_of_everything(), "mappings.yaml"))["Technicians"]
    colours = {row[0].value: row[0].fill.start_color.rgb for row in sheet.iter_rows(min_row=2)}
    assert len(set(colours.values())) == len(colours) == 6
    assert {cell.fill.start_color.rgb for cell in sheet[2]} == {colours["disable"]}


@settings(max_examples=40, deadline=None)
@given(ANYTHING)
@example("")
@pytest.mark.parametrize("in_memory", [True, False])
def test_no_name_is_more_than_text(in_memory: bool, name: str) -> None:
    check_name(name, in_memory)


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("name", FORMULAS)
def test_no_formula_comes_from_a_name(name: str, in_memory: bool) -> None:
    check_name(name, in_memory)


def check_name(name: str, in_memory: bool) -> None:
    """A workbook in which every foreign text is `name` holds it as text, marked as such, in each such cell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excel, "IN_MEMORY", 10_000 if in_memory else 0)
        made = excel.render_plan(plan_naming(name), name or "x")
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        for part in parts.namelist():
            root = ElementTree.fromstring(parts.read(part))  # noqa: S314 - ours; well-formed or it raises
            assert not [element for element in root.iter() if element.tag.endswith(("}f", "}hyperlink"))]
            assert not any(CONTROLS.search(text) for text in root.itertext() if text.strip())
    book = opened(made)
    cells = [cell for name in SHEETS[1:] for row in book[name].iter_rows(min_row=2) for cell in row]
    assert all(cell.data_type in ("s", "n") and cell.hyperlink is None for cell in cells)
    assert all(cell.quotePrefix for cell in cells if cell.data_type == "s")
    numbers = [cell for cell in cells if isinstance(cell.value, int)]
    assert all(cell.column_letter in "HN" for cell in numbers)
    line = table(book, "Technicians")[0]
    shown = without_controls(plan_naming(name).actions[0].reason)
    shown = re.sub("_(?=x[0-9A-F]{4}_)", r"\\x5f", shown)
    assert (line["reason"] or "") == shown
    assert (line["from group"] or "") == shown


@pytest.mark.parametrize("letter", ["x", "ü", "💡"])
def test_long_text_is_cut_to_what_a_cell_takes(letter: str) -> None:
    action = an_action("a", "update", changes=(Change(field="description", before=letter * 40_000, after="b"),))
    (line,) = table(opened(excel.render_plan(plan_of(action), "f")), "Technicians")
    assert len(line["old"].encode("utf-16-le")) // 2 in (excel.LONGEST, excel.LONGEST - 1)
    assert line["old"].endswith(f"{letter}…")


def test_a_node_id_a_number_cannot_hold_is_text() -> None:
    action = an_action("a", "move")
    subject = action.subject.model_copy(update={"node_id": 2**63 - 1})
    (line,) = table(
        opened(excel.render_plan(plan_of(action.model_copy(update={"subject": subject})), "f")), "Technicians"
    )
    assert line["Rescue node id"] == str(2**63 - 1)


def test_equal_plans_give_equal_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (excel.IN_MEMORY, 0):
        monkeypatch.setattr(excel, "IN_MEMORY", limit)
        assert excel.render_plan(one_of_everything(), "f") == excel.render_plan(one_of_everything(), "f")


def test_both_ways_of_writing_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    small = opened(excel.render_plan(one_of_everything(), "f"))
    monkeypatch.setattr(excel, "IN_MEMORY", 0)
    large = opened(excel.render_plan(one_of_everything(), "f"))
    for name in SHEETS:
        assert list(small[name].values) == list(large[name].values)


def test_what_does_not_fit_into_a_sheet_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "LAST_ROW", 4)
    actions = [an_action(f"p{number}@contoso.example", "move") for number in range(5)]
    sheet = opened(excel.render_plan(plan_of(*actions), "f"))["Technicians"]
    assert [cell.value for cell in sheet["A"]] == [
        "action",
        "move",
        "move",
        "3 more lines do not fit into a sheet: see the JSON",
    ]
    assert sheet.auto_filter.ref == "A1:P3"


@pytest.mark.parametrize("code", sorted(ERROR_CODES | WARNING_CODES))
def test_every_finding_has_a_rule_number(code: str) -> None:
    assert rule_of_finding(code)[0] in "DR§"


@pytest.mark.parametrize(
    ("verbs", "entra_id", "mapping", "rules"),
    [
        (("adopt",), "id", "m", ["D5"]),
        (("adopt", "enable"), "id", "m", ["D16"]),
        (("adopt", "disable"), "id", "m", ["D5"]),
        (("disable",), "id", "m", ["D8"]),
        (("disable",), "id", None, ["D7"]),
        (("disable",), None, "m", ["D6"]),
        (("enable",), "id", "m", ["R52"]),
    ],
)
def test_rules_of_verbs(verbs: Any, entra_id: str | None, mapping: str | None, rules: list[str]) -> None:
    action = an_action("a", *verbs, changes=(Change(field="enabled", before=True, after=False),))
    subject = action.subject.model_copy(update={"entra_id": entra_id})
    action = action.model_copy(update={"subject": subject, "mapping": mapping})
    assert [line.rule for line in action_lines(action)] == rules


def test_people_without_a_seat_are_among_the_licences() -> None:
    plan = nothing_to_do().model_copy(
        update={"findings": (Finding(code="no_seat", severity="warning", login="late@x", message="120 of 120"),)}
    )
    book = opened(excel.render_plan(plan, "f"))
    assert [line["e-mail"] for line in table(book, "Licences")] == ["late@x"]
    assert [line["e-mail"] for line in table(book, "Skipped")] == ["late@x"]


def test_an_outcome_that_is_done_is_not_among_the_skipped() -> None:
    outcomes = some_outcomes()
    done = tuple(ActionOutcome(**action.model_dump(exclude={"outcome"}), outcome="done") for action in outcomes.actions)
    book = opened(excel.render_outcomes(outcomes.model_copy(update={"actions": done, "findings": ()})))
    assert table(book, "Skipped") == []
