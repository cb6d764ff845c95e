"""The rows of large sheets, written as they come: half a million of them, eight million cells.

XlsxWriter takes a cell at a time, and as long for each. A line of ours differs from the one before it in a few cells,
so the XML of a cell is made once and taken again while its value stays; it is the XML that XlsxWriter itself writes,
and cells written by either can be mixed. Foreign text is never taken for XML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

_OUTER_BLANK = re.compile(r"^\s|\s$")
_Value = str | int | None


class Cell(NamedTuple):
    """What follows the place of a cell, and how many columns of text it takes."""

    xml: str
    width: int


@cache
def long_sheet() -> Any:
    """The class of sheets for `Workbook.add_worksheet`; made late, for the library is."""
    from xlsxwriter.worksheet import Worksheet

    class LongSheet(Worksheet):  # type: ignore[misc, unused-ignore]
        """A sheet of a workbook in `constant_memory` mode that takes whole rows, in their order, below the first."""

        def write_cells(self, row: int, cells: Sequence[Cell]) -> None:
            self._write_single_row(row)
            self._check_dimensions(row, len(cells) - 1)
            number = row + 1
            parts = [f'<c r="{letter}{number}"{cell.xml}' for letter, cell in zip(_LETTERS, cells, strict=False)]
            self.row_data_fh.write(f'<row r="{number}">{"".join(parts)}</row>')

    return LongSheet


class Cells:
    """Makes the cells of one sheet, column by column; each is kept until the column has another value."""

    def __init__(self, columns: int, make: Callable[[int, _Value, str], Cell]) -> None:
        """`make`: a cell of a column with a value and a look."""
        self._make = make
        self._kept: list[tuple[_Value, Cell]] = [(None, Cell("", 0))] * columns
        self._look = ""
        self.widths = [0] * columns

    def row(self, values: Sequence[_Value], look: str) -> list[Cell]:
        kept, widths = self._kept, self.widths
        new = look != self._look or not kept[0][1].xml
        self._look = look
        cells = []
        for at, value in enumerate(values):
            known, cell = kept[at]
            if new or value != known:
                cell = self._make(at, value, look)
                kept[at] = value, cell
                if cell.width > widths[at]:
                    widths[at] = cell.width
            cells.append(cell)
        return cells


def text_xml(text: str, style: int) -> str:
    """`text` has no control characters."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if _OUTER_BLANK.search(text) else ""
    return f' s="{style}" t="inlineStr"><is><t{space}>{text}</t></is></c>'


def number_xml(number: int, style: int) -> str:
    return f' s="{style}"><v>{number:.16G}</v></c>'


def blank_xml(style: int) -> str:
    return f' s="{style}"/>'


_LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
