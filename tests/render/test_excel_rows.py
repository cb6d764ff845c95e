"""Whole rows hold what XlsxWriter would have written, cell by cell."""

from __future__ import annotations

import zipfile
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from reconciler.render.excel import PLAIN, _cell, _cell_text, _Formats, _put
from reconciler.render.excel_rows import Cells, long_sheet

VALUES = st.none() | st.integers(-(10**16), 10**16) | st.text(st.characters(), max_size=12) | st.just(" a & <b> ")
ROWS = st.lists(st.tuples(st.sampled_from(["create", "disable", ""]), st.lists(VALUES, min_size=3, max_size=3)))


def _sheet(rows: list[tuple[str, list[str | int | None]]], *, whole: bool) -> tuple[bytes, list[int]]:
    made = BytesIO()
    book = Workbook(made, {"constant_memory": True})
    formats = _Formats(book)
    sheet = book.add_worksheet("all", long_sheet() if whole else None)
    sheet.write_string(0, 0, "title")
    widths = [0, 0, 0]

    def shape(look: str, value: str | int | None) -> object:
        return formats.cell(look, PLAIN if isinstance(value, int) else None)

    cells = Cells(3, lambda _, value, look: _cell(value, shape(look, value)))
    for row, (look, values) in enumerate(rows, 1):
        if whole:
            sheet.write_cells(row, cells.row(values, look))
        else:
            taken = [_put(sheet, row, at, value, shape(look, value)) for at, value in enumerate(values)]
            widths = list(map(max, widths, taken))
    book.close()
    with zipfile.ZipFile(made) as archive:
        return archive.read("xl/worksheets/sheet1.xml"), cells.widths if whole else widths


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_rows_are_written_as_single_cells_are(rows: list[tuple[str, list[str | int | None]]]) -> None:
    texts = [_cell_text(str(value)) for _, values in rows for value in values]
    if not any(text.startswith("<r>") and text.endswith("</r>") for text in texts):
        assert _sheet(rows, whole=True) == _sheet(rows, whole=False)


def test_no_text_is_taken_for_xml() -> None:
    xml, _ = _sheet([("", ["<r><t>bold</t></r>", "a", 1])], whole=True)
    assert b"&lt;r&gt;&lt;t&gt;bold&lt;/t&gt;&lt;/r&gt;" in xml
