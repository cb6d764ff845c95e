"""A second reader of a hierarchy answer, slow and literal, written from `rescue-api.md` §1.3, §3.1 and §7.2 alone.

It walks lines and characters, uses no pattern and shares nothing with `reconciler.target`, so that a mistake of one of
the two shows as a difference. It knows the layout that was seen (§1.3: a field a line, LF, a blank line at the end) and
the blank after the colon. It gives every record in the order sent, or `Unreadable`; it judges no tree.
"""

from __future__ import annotations

from dataclasses import dataclass

KEYS = ("NodeID", "ParentID", "Name", "Email", "Description", "Status", "Type")
DIGITS = frozenset("0123456789")
WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ")


class Unreadable(Exception):
    """The answer is in no layout the document describes."""


@dataclass(frozen=True)
class Record:
    """The seven fields as they stand in the answer, less the one blank that the layout puts after each colon."""

    node_id: int
    parent_id: int | None
    name: str
    email: str
    description: str
    status: str
    type: str


def read_records(answer: str) -> list[Record]:
    """Every record of an answer with one field per line; `Unreadable` for all else, a cut-off end included."""
    lines = answer.removeprefix("\ufeff").split("\n")
    if lines[0] != "OK" or len(lines) < 2 or lines[1] != "":
        raise Unreadable("no OK and blank line at the head")
    if lines[-2:] != ["", ""]:
        raise Unreadable("no blank line at the end")
    starts = [i for i in range(2, len(lines) - 1) if _starts_record(lines[i], lines[i + 1])]
    if not starts:
        raise Unreadable("no record")
    if any(lines[2 : starts[0]]):
        raise Unreadable("text before the first record")
    blank = " " if lines[starts[0]].startswith("NodeID: ") else ""
    ends = [*starts[1:], len(lines)]
    return [_record(lines[start:end], blank) for start, end in zip(starts, ends, strict=True)]


def _starts_record(line: str, following: str) -> bool:
    return line.startswith("NodeID:") and _is_number(_value(line, "NodeID", " ")) and following.startswith("ParentID:")


def _record(lines: list[str], blank: str) -> Record:
    while lines and lines[-1] == "":
        lines.pop()
    if len(lines) < len(KEYS):
        raise Unreadable("too few lines in a record")
    number, parent = _value(lines[0], "NodeID", " "), _value(lines[1], "ParentID", " ")
    if parent and not _is_number(parent):
        raise Unreadable("a parent that is no number")
    if not lines[2].startswith("Name:"):
        raise Unreadable("no name where it belongs")
    status, kind = _value(lines[-2], "Status", " "), _value(lines[-1], "Type", " ")
    if not (set(status) <= WORD and kind and set(kind) <= WORD):
        raise Unreadable("a status or type that is no word")
    # The name ends at the first line that can be the e-mail: the one right before a description.
    for place in range(3, len(lines) - 3):
        if lines[place].startswith("Email:") and lines[place + 1].startswith("Description:"):
            return Record(
                node_id=int(number),
                parent_id=int(parent) if parent else None,
                name=_value("\n".join(lines[2:place]), "Name", blank),
                email=_value(lines[place], "Email", blank),
                description=_value("\n".join(lines[place + 1 : -2]), "Description", blank),
                status=status,
                type=kind,
            )
    raise Unreadable("no e-mail and description where they belong")


def _value(text: str, key: str, blank: str) -> str:
    if not text.startswith(key + ":"):
        raise Unreadable(f"no {key} where it belongs")
    return text[len(key) + 1 :].removeprefix(blank)


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return bool(digits) and set(digits) <= DIGITS
