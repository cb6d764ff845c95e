"""A plan, and what became of it, as an Excel workbook: the original's dry run (R76), in the layout of R77.

Every foreign text is written as text, marked as text, so that no name is a formula, a link or a number, not even when
somebody edits its cell. Equal values give equal bytes. Small workbooks are made in memory; large ones pass through the
system's folder for temporary files, where nothing is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from io import BytesIO
from operator import attrgetter
from typing import Any, NamedTuple

from reconciler.model.plan import VERBS, Action, Finding, Guard, Outcomes, Plan, SeatCount
from reconciler.render.edits import has_base, word
from reconciler.render.excel_rows import Cell, Cells, blank_xml, long_sheet, number_xml, text_xml
from reconciler.render.safe import width, without_controls
from reconciler.render.table import Line, lines_of, seat_lines, skipped_lines

LONGEST = 32_767
"""UTF-16 units Excel takes in one cell; the last of a longer text is an ellipsis."""
LAST_ROW = 1_048_576
PLAIN = "0"
"""The format of numbers that are names, such as a node id."""
IN_MEMORY = 10_000
"""Actions up to which no file is used."""
_ESCAPED = re.compile("_(?=x[0-9a-fA-F]{4}_)")
"""What Excel would show as another character, such as `_x0041_`."""


class Column(NamedTuple):
    title: str
    field: str
    number: str | None = None
    """The number format, for columns that hold numbers."""
    widest: int = 44


PLAN_COLUMNS = (
    Column("action", "action"),
    Column("role", "role"),
    Column("mapping", "mapping"),
    Column("Entra object id", "entra_id"),
    Column("UPN", "upn"),
    Column("e-mail", "email"),
    Column("display name", "name"),
    Column("Rescue node id", "node_id", PLAIN),
    Column("from group", "before"),
    Column("to group", "after"),
    Column("field", "field"),
    Column("old", "old", widest=32),
    Column("new", "new", widest=32),
    Column("seat effect", "effect", "+0;-0;0"),
    Column("reason", "reason", widest=100),
    Column("rule number", "rule"),
)
ORIGIN = (Column("origin", "origin"),)
"""Beyond R77, where there is a base."""
OUTCOME_COLUMNS = (*PLAN_COLUMNS, Column("outcome", "outcome"), Column("message", "message", widest=100))

COLOURS = {
    "create_group": "#D5EBD0",
    "create": "#E2F3DD",
    "adopt": "#DCEBF7",
    "enable": "#D2EEE6",
    "update": "#FFF5D6",
    "move": "#E8E1F3",
    "disable": "#F9D3CD",
    "error": "#F9D3CD",
    "warning": "#FFF5D6",
}
HEADER = "#33475B"


def render_plan(plan: Plan, file: str) -> bytes:
    """The whole plan as a workbook. Raises OSError where a large one finds no room for its temporary file."""

    def summary(page: _Summary) -> None:
        page.title("Rescue plan")
        page.facts(
            ("file", file),
            ("made at (UTC)", _instant(plan.made_at)),
            ("shown only", ", ".join(plan.only) or None),
            ("changes", plan.summary.changes_total),
            ("guards", "refused" if plan.refused else f"{len(plan.held)} actions held back" if plan.held else "passed"),
            ("SSO IDs checked", plan.sso_verified),
            ("Rescue as read at", plan.rescue_read_at),
            ("digest", plan.digest),
            ("edit digest", plan.edit_digest),
            ("config digest", plan.config_digest),
        )
        page.table(
            "Edited keys",
            ("key", "before", "after", "people affected"),
            [(edit.key, _word(edit.before), _word(edit.after), edit.people) for edit in plan.edits],
        )
        page.table("People and groups", ("what", "count"), _counts(plan))
        page.table(
            "Seats",
            ("pool", "bought", "before", "freed", "taken", "after", "without"),
            [_seats("technician", plan.seats.technician), _seats("mobile", plan.seats.mobile)],
        )
        page.guards(plan.guards)
        page.table(
            "Mappings",
            ("name", "state", "Entra group", "Rescue group", "members"),
            [(one.name, one.state, one.entra_group, one.rescue_group, one.members) for one in plan.mappings],
        )

    columns = (*PLAN_COLUMNS, *ORIGIN) if has_base(plan) else PLAN_COLUMNS
    return _workbook("Rescue plan", plan.made_at, columns, summary, plan.actions, plan.stopped, plan.findings)


def render_outcomes(outcomes: Outcomes) -> bytes:
    """What became of a plan, likewise."""
    tally: dict[str, int] = {}
    for action in outcomes.actions:
        tally[action.outcome] = tally.get(action.outcome, 0) + 1

    def summary(page: _Summary) -> None:
        page.title("Rescue apply")
        page.facts(
            ("account", outcomes.account_id),
            ("started at (UTC)", _instant(outcomes.started_at)),
            ("ended at (UTC)", _instant(outcomes.ended_at)),
            ("exit code", outcomes.exit_code),
            ("ended by", outcomes.error),
            ("Rescue equals the plan", {True: "yes", False: "no", None: "not read again"}[outcomes.converged]),
            ("digest", outcomes.digest),
            ("edit digest", outcomes.edit_digest),
        )
        page.table("Outcomes", ("what", "count"), list(tally.items()))
        page.guards(outcomes.guards)

    made = outcomes.started_at
    columns = (*OUTCOME_COLUMNS, *ORIGIN) if has_base(outcomes) else OUTCOME_COLUMNS
    return _workbook("Rescue apply", made, columns, summary, outcomes.actions, (), outcomes.findings)


def _workbook(
    title: str,
    made_at: str,
    columns: Sequence[Column],
    summary: Callable[[_Summary], None],
    actions: Sequence[Action],
    stopped: Sequence[Action],
    findings: Sequence[Finding],
) -> bytes:
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    made = BytesIO()
    small = len(actions) + len(stopped) + len(findings) <= IN_MEMORY
    options = {"in_memory": small, "constant_memory": not small, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
    options |= {"strings_to_urls": False, "strings_to_numbers": False, "strings_to_formulas": False}
    book = Workbook(made, options)
    book.set_properties({"title": title, "created": _instant(made_at)})
    formats = _Formats(book)
    summary(_Summary(book.add_worksheet("Summary"), formats))
    sheets = (
        ("Technicians", lines_of(actions, "technician")),
        ("Admins", lines_of(actions, "admin")),
        ("Licences", seat_lines(actions, findings)),
        ("Skipped", skipped_lines(actions, stopped, findings)),
    )
    for name, lines in sheets:
        sheet = book.add_worksheet(name, None if small else long_sheet())
        _fill(sheet, name, columns, lines, formats, whole_rows=not small)
    try:
        book.close()
    except FileCreateError as failed:
        raise OSError(str(failed)) from failed
    return made.getvalue()


def _fill(
    sheet: Any, name: str, columns: Sequence[Column], lines: Iterable[Line], formats: _Formats, *, whole_rows: bool
) -> None:
    """A sheet of lines under a header that stays in sight, with a filter."""
    widths = [len(column.title) + 4 for column in columns]  # room for the arrow of the filter
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3: sixteen columns are not to be read on less
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L{name}&RPage &P of &N")
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.title, formats.header)
    row, left_out = 0, 0
    fields = attrgetter(*(column.field for column in columns))
    cells = Cells(len(columns), lambda at, value, look: _cell(value, formats.cell(look, _number(columns[at], value))))
    for line in lines:
        if row + 2 >= LAST_ROW:  # the last row is kept for saying so
            left_out += 1
            continue
        row += 1
        values = fields(line)
        if whole_rows:
            sheet.write_cells(row, cells.row(values, line.look))
            continue
        for at, (column, value) in enumerate(zip(columns, values, strict=True)):
            shape = formats.cell(line.look, _number(column, value))
            widths[at] = max(widths[at], _put(sheet, row, at, value, shape))
    widths = list(map(max, widths, cells.widths))
    if left_out:
        sheet.write_string(row + 1, 0, f"{left_out} more lines do not fit into a sheet: see the JSON", formats.bold)
    sheet.autofilter(0, 0, row, len(columns) - 1)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, min(widths[at], column.widest))


def _number(column: Column, value: str | int | None) -> str | None:
    return column.number if isinstance(value, int) else None


def _cell(value: str | int | None, shape: Any) -> Cell:
    """As `_put`, for a sheet that takes whole rows."""
    style = shape._get_xf_index()
    if isinstance(value, int) and abs(value) < 10**15:
        return Cell(number_xml(value, style), len(str(value)) + 2)
    if value is None or value == "":
        return Cell(blank_xml(style), 0)
    text = _cell_text(str(value))
    return Cell(text_xml(text, style), _width(text))


class _Formats:
    """Made once each: a workbook holds only so many."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, str | None], Any] = {}
        head = {"bold": True, "font_color": "#FFFFFF", "bg_color": HEADER, "valign": "top"}
        self.header = book.add_format(head)
        self.number_header = book.add_format(head | {"align": "right", "indent": 1})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.bold = book.add_format({"bold": True})
        self.date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})

    def cell(self, look: str = "", number: str | None = None) -> Any:
        """For text, or for numbers in the format given; with the colour of a verb or a severity."""
        key = (look, number)
        if key not in self._made:
            left = number in (None, PLAIN)
            properties: dict[str, Any] = {"valign": "top"}
            properties |= {"quote_prefix": True} if number is None else {"num_format": number}
            properties |= {"align": "left"} if left else {"align": "right", "indent": 1}
            if look in COLOURS:
                properties |= {"bg_color": COLOURS[look], "border": 1, "border_color": "#D0D0D0"}
            self._made[key] = self._book.add_format(properties)
        return self._made[key]


class _Summary:
    """The first sheet, from top to bottom."""

    def __init__(self, sheet: Any, formats: _Formats) -> None:
        self._sheet = sheet
        self._formats = formats
        self._row = 0
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 7, 22)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)

    def title(self, text: str) -> None:
        self._sheet.write_string(0, 0, text, self._formats.title)
        self._row = 2

    def facts(self, *facts: tuple[str, str | int | datetime | None]) -> None:
        for name, value in facts:
            if value is not None:
                self._sheet.write_string(self._row, 0, name, self._formats.bold)
                number = PLAIN if isinstance(value, int) else None
                shape = self._formats.date if isinstance(value, datetime) else self._formats.cell("", number)
                _put(self._sheet, self._row, 1, value, shape)
                self._row += 1

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[str | int | None]]) -> None:
        """Left out where it would be empty. A first cell that is a verb has the colour of its lines."""
        if not rows:
            return
        self._sheet.write_string(self._row + 1, 0, title, self._formats.bold)
        self._row += 2
        for at, head in enumerate(heads):
            right = any(isinstance(row[at], int) for row in rows)
            self._sheet.write_string(
                self._row, at, head, self._formats.number_header if right else self._formats.header
            )
        for row in rows:
            self._row += 1
            look = str(row[0]).replace(" ", "_")
            for at, value in enumerate(row):
                number = "#,##0" if isinstance(value, int) else None
                _put(self._sheet, self._row, at, value, self._formats.cell(look if at == 0 else "", number))
        self._row += 1

    def guards(self, guards: Sequence[Guard]) -> None:
        self.table(
            "Guards",
            ("name", "role", "mapping", "verdict", "measured", "of", "limit", "permitted"),
            [
                (
                    guard.name,
                    guard.role,
                    guard.mapping,
                    "passed" if guard.passed else "REFUSED",
                    guard.measured,
                    guard.of,
                    guard.limit,
                    guard.permitted,
                )
                for guard in guards
            ],
        )


def _put(sheet: Any, row: int, at: int, value: str | int | datetime | None, shape: Any) -> int:
    """One cell; how many columns of text it takes."""
    if isinstance(value, datetime):
        sheet.write_datetime(row, at, value, shape)
        return 20
    if isinstance(value, int) and abs(value) < 10**15:  # a cell keeps fifteen digits
        sheet.write_number(row, at, value, shape)
        return len(str(value)) + 2
    if value is None or value == "":
        sheet.write_blank(row, at, None, shape)
        return 0
    text = _cell_text(str(value))
    sheet.write_string(row, at, text, shape)
    return _width(text)


def _width(text: str) -> int:
    return (len(text) if text.isascii() else width(text[:100])) + 2


def _cell_text(text: str) -> str:
    """What a cell can hold: no controls, and no more than Excel takes."""
    if text.isascii() and text.isprintable() and "_x" not in text and len(text) <= LONGEST:
        return text
    shown = _ESCAPED.sub(r"\\x5f", without_controls(text))
    units = shown.encode("utf-16-le")
    return shown if len(units) <= 2 * LONGEST else units[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"


def _instant(text: str) -> datetime:
    """Excel knows no time zones: the same moment in UTC, without one."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _word(value: str | bool | float | None) -> str | None:
    return None if value is None else word(value)


def _counts(plan: Plan) -> list[tuple[str, int]]:
    rest = ("unchanged", "unmanaged", "blocked", "kept_disabled", "frozen_mappings")
    return [(name.replace("_", " "), getattr(plan.summary, name)) for name in (*VERBS, *rest)]


def _seats(pool: str, count: SeatCount) -> tuple[str | int | None, ...]:
    without = ", ".join(count.without) or None
    return pool, count.bought, count.before, count.freed, count.taken, count.after, without
