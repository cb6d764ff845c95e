"""What the file may say and this version cannot act on yet: one row each, to be taken out when it can.

A row names a key by its path (`*` for any item of a list), tells which values are meant, and what to write meanwhile.
A default value written out is never meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from reconciler.config.yaml_lines import Document, Path
from reconciler.model.mappings import NotYet


class Row(NamedTuple):
    path: tuple[str, ...]
    meant: Callable[[Any], bool]
    remedy: str


def _is(*values: Any) -> Callable[[Any], bool]:
    return lambda value: any(value is item or (isinstance(item, str) and value == item) for item in values)


def _said(value: Any) -> bool:
    return value is not None


_MAPPING_ROWS: tuple[tuple[str, Callable[[Any], bool], str], ...] = ()
ROWS = (
    *(Row(("defaults", row[0]), *row[1:]) for row in _MAPPING_ROWS),
    *(Row(("mappings", "*", row[0]), *row[1:]) for row in _MAPPING_ROWS),
)


def not_yet(document: Document) -> tuple[NotYet, ...]:
    """Every key of a valid file that no row lets pass, in the order of the file."""
    found = []
    for row in ROWS:
        for path, value in _at(document.value, row.path, ()):
            if row.meant(value):
                place = document.key_place(path)
                found.append(NotYet(*place, _key_text(path, value), row.remedy))
    return tuple(sorted(found))


def _at(value: Any, path: tuple[str, ...], above: Path) -> Iterator[tuple[Path, Any]]:
    if not path:
        yield above, value
    elif path[0] == "*":
        for index, item in enumerate(value):
            yield from _at(item, path[1:], (*above, index))
    elif path[0] in value:
        yield from _at(value[path[0]], path[1:], (*above, path[0]))


def _key_text(path: Path, value: Any) -> str:
    name = ".".join(str(step) for step in path if isinstance(step, str)).removeprefix("mappings.")
    if isinstance(value, bool):
        return f"{name}: {'true' if value else 'false'}"
    return f"{name}: {value}" if isinstance(value, str) else name
